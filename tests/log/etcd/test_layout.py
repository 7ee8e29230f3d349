"""Keys and values under the prefix: there and back, and what is damaged is named."""

from __future__ import annotations

import zlib

import pytest

from promoter_view.log import codec
from promoter_view.log.errors import LogDamaged
from promoter_view.log.etcd.layout import (
    Checkpoint,
    Head,
    KeyLayout,
    decode_checkpoint,
    decode_head,
    decode_object,
    decode_piece,
    encode_checkpoint,
    encode_head,
    encode_object,
    encode_piece,
)
from promoter_view.records import BundleKey, Mark, ObjectKey, Position, Record, SourceObject
from tests.support.log.fakes import MIRROR, PATH, change

LAYOUT = KeyLayout("/team/view/")


def test_keys_stand_below_the_prefix():
    """Everything a person looks for has its place; head and leader are neighbours."""
    assert LAYOUT.head == b"/team/view/log/head"
    assert LAYOUT.object_key(ObjectKey("Kind", "", "name")) == b"/team/view/log/objects/Kind//name"
    assert LAYOUT.checkpoint_key(7) == b"/team/view/checkpoints/00000000000000000007"
    assert LAYOUT.piece_key(7, 1) == b"/team/view/pieces/00000000000000000007/000001"
    first, end = LAYOUT.survey
    assert first <= LAYOUT.head < LAYOUT.leader < end
    assert not first <= LAYOUT.objects.key < end


@pytest.mark.parametrize("key", [ObjectKey("Kind", "", "name"), ObjectKey("Kind", "space", "a.b:c")])
def test_an_objects_key_names_it(key):
    """Of the cluster or of a namespace."""
    assert LAYOUT.object_of(LAYOUT.object_key(key)) == key
    begin, end = LAYOUT.objects
    assert begin <= LAYOUT.object_key(key) < end


def test_head_comes_back_without_the_bodies():
    """All but the objects' bytes, which stand under keys of their own."""
    records = (
        Record(11, 5, change("a", b"body", position="7")),
        Record(12, 5, Position(PATH, "8")),
        Record(13, 5, Mark(12, MIRROR, 3)),
    )
    head = Head(10, 13, 4, 900, 30, 3, MIRROR, {PATH: "8"}, records)
    found = decode_head(LAYOUT.head, encode_head(head))
    assert (found.previous, found.offset, found.term, found.size, found.events) == (10, 13, 4, 900, 30)
    assert (found.generation, found.mirror, found.positions) == (3, MIRROR, {PATH: "8"})
    assert [record.entry for record in found.records] == [
        change("a", b"", position="7"),
        *(r.entry for r in records[1:]),
    ]


def test_objects_pieces_and_checkpoints_come_back():
    """As they were written."""
    assert decode_object(b"k", encode_object(change("a", b"{}" * 999, version="5"))) == SourceObject(b"{}" * 999, "5")
    bundles = [(BundleKey("v", "n", "a"), 1 << 60), (BundleKey("v", "n", "b"), 7)]
    assert decode_piece(b"k", encode_piece(bundles)) == bundles
    checkpoint = Checkpoint(13, 44, 900, 30, 5_000, 3, complete=True, pieces=2)
    assert decode_checkpoint(b"k", encode_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize("decode", [decode_head, decode_object, decode_piece, decode_checkpoint])
@pytest.mark.parametrize(
    "value", [b"", b"junk", zlib.compress(b"junk"), zlib.compress(b"\xc0"), encode_object(change("a"))[:-3]]
)
def test_what_was_not_written_so_is_named(decode, value):
    """Never a traceback: the error says which key it is."""
    with pytest.raises(LogDamaged, match="etcd key /view/k: it"):
        decode(b"/view/k", value)


def test_another_format_is_named():
    """A log of a later version is not taken for one of ours."""
    with pytest.raises(LogDamaged, match="none of the formats"):
        decode_head(b"/view/k", zlib.compress(codec.pack((max(codec.FORMATS) + 1, "?"))))


def test_a_value_that_unpacks_without_end_is_refused(monkeypatch):
    """A bomb costs no more memory than the largest value that is ever written."""
    monkeypatch.setattr("promoter_view.log.etcd.layout._MAX_BYTES", 1000)
    with pytest.raises(LogDamaged, match="longer than anything written there"):
        decode_object(b"k", zlib.compress(bytes(100_000)))


def test_a_key_that_names_no_object_is_named():
    """Somebody else writes below the prefix."""
    with pytest.raises(LogDamaged, match="it names no object"):
        LAYOUT.object_of(LAYOUT.objects.key + b"one/two")
