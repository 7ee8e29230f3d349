"""The journal's keys and values in etcd."""

from __future__ import annotations

import zlib

import pytest

from promoter_view.journal.entries import EntryIdentity
from promoter_view.journal.etcd.layout import (
    JournalHead,
    JournalKeys,
    decode_head,
    encode_head,
    pieces_of,
    read_piece,
)
from promoter_view.journal.store import JournalError
from tests.support.journal.journals import entry

KEYS = JournalKeys("view")


def test_keys_are_in_the_order_of_identities() -> None:
    """And say which entry is their first."""
    identities = [
        EntryIdentity(9, 0),
        EntryIdentity(10, 0),
        EntryIdentity(10, 11),
        EntryIdentity(4708187087012560896, 2),
    ]
    keys = [KEYS.key(each) for each in identities]
    assert keys == sorted(keys)
    assert [KEYS.first_of(each) for each in keys] == identities
    assert KEYS.first_of(KEYS.entries.key + b"something else") is None
    behind = KEYS.behind(10)
    assert [behind.key <= each < behind.end for each in keys] == [False, False, False, True]


def test_a_head_is_read_as_it_was_written() -> None:
    """With all that it says."""
    head = JournalHead(12, EntryIdentity(3, 1), 7, 4096)
    assert decode_head(KEYS.head, encode_head(head)) == head
    assert decode_head(KEYS.head, encode_head(JournalHead())) == JournalHead()


@pytest.mark.parametrize("value", [b"junk", b"[]", b"{}"])
def test_what_is_no_head(value: bytes) -> None:
    """One line that names the key."""
    with pytest.raises(JournalError, match=r"^etcd key /view/journal/head cannot be read"):
        decode_head(KEYS.head, value)


def test_a_newer_program_has_written_it() -> None:
    """One line that says what to do."""
    with pytest.raises(JournalError, match=r"written by a newer program .its format is 2"):
        decode_head(KEYS.head, b'{"format": 2}')


def test_entries_become_pieces() -> None:
    """In order, each of a bounded size; nothing becomes none."""
    entries = [entry(version) for version in range(1, 301)]
    pieces = list(pieces_of(entries))
    assert 1 < len(pieces) < 20
    assert [each for piece in pieces for each in read_piece(piece.value)] == entries
    assert (pieces[0].first, pieces[-1].last) == ((1, 0), (300, 0))
    assert sum(piece.count for piece in pieces) == 300
    assert list(pieces_of([])) == []


def test_what_is_no_piece() -> None:
    """Has no entries, as far as it is none."""
    (piece,) = pieces_of([entry(1), entry(2)])
    lines = zlib.decompress(piece.value).split(b"\n")
    assert read_piece(b"junk") == []
    assert read_piece(piece.value[:-20]) == []
    assert read_piece(zlib.compress(b"\n".join([lines[0], b"junk", b"[]"]))) == [entry(1)]
