"""Snapshot files: all of it, or LogDamaged."""

from __future__ import annotations

from io import BytesIO

import pytest

from promoter_view.log.errors import LogDamaged
from promoter_view.log.file import snapshot
from promoter_view.log.file.frames import FileHeader, FileKind
from promoter_view.records import BundleKey, Memory, ObjectKey, Snapshot, SourceObject, UnreadObject, Word
from tests.support.log.fakes import MIRROR, kinds


def a_snapshot(objects, body=b'{"a":1}'):
    found = {ObjectKey("Stage", f"ns{n % 3}", f"s{n}"): SourceObject(body + b"%d" % n, str(n)) for n in range(objects)}
    bundles = {BundleKey("view", key.namespace, key.name): 7 + at for at, key in enumerate(found)}
    unreadable = {ObjectKey("Stage", "ns1", "deep"): UnreadObject("9", "cannot be decoded")}
    newer = (unreadable, kinds("Gate").kinds, {"/a": "digest"}) if objects else ({}, (), {})
    state = ({"/a": "5", "/b": ""}, found, bundles, *newer)
    memory = {key: Memory("u", {"": Word("Healthy", at)}, {"seen": (at,)}) for at, key in enumerate(bundles)}
    return Snapshot(42, MIRROR, 1, True, *state, memory if objects else None)


def encoded(taken):
    return b"".join(snapshot.encode(taken, FileHeader(FileKind.SNAPSHOT, 2, taken.offset, 9, 1)))


@pytest.mark.parametrize("objects", [0, 1, 5000])
def test_a_snapshot_comes_back_as_it_was(objects):
    """Objects, positions, bundles and what is mirrored are the same after writing and reading."""
    taken = a_snapshot(objects)
    assert snapshot.decode("s", BytesIO(encoded(taken)), 42) == taken


def test_pieces_are_bounded():
    """No piece is much larger than the bound, so none holds up an append for long."""
    pieces = list(snapshot.encode(a_snapshot(300, b"x" * 10_000), FileHeader(FileKind.SNAPSHOT, 2, 42, 9, 1)))
    assert max(map(len, pieces)) < snapshot.PIECE_BYTES + 20_000
    assert len(pieces) > 10


def test_every_truncation_is_seen():
    """A part of a snapshot is never taken for the whole."""
    data = encoded(a_snapshot(4))
    for size in range(len(data)):
        with pytest.raises(LogDamaged, match=r"s, byte \d+"):
            snapshot.decode("s", BytesIO(data[:size]), 42)


def test_every_flipped_bit_is_seen():
    """No flipped bit gives another object."""
    data = encoded(a_snapshot(4))
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LogDamaged):
            snapshot.decode("s", BytesIO(bytes(flipped)), 42)


def test_more_than_a_snapshot_is_seen():
    """Bytes behind the end are damage."""
    with pytest.raises(LogDamaged):
        snapshot.decode("s", BytesIO(encoded(a_snapshot(4)) + b"x"), 42)


def test_a_snapshot_of_another_offset_is_refused():
    """A file that was renamed is not taken for what its name says."""
    with pytest.raises(LogDamaged, match="offset 43"):
        snapshot.decode("s", BytesIO(encoded(a_snapshot(4))), 43)
