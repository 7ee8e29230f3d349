"""Snapshots as files: frames of bounded size, counted by the first, so that a part is never taken for all. Pure.

Frame 1 is the head, which says how many objects and bundles there are, and how many of these have a memory; then come
the objects, the bundles, the memory. The frames are chained by their numbers; the number of records in the head's own
header is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from promoter_view.log import codec, memories
from promoter_view.log.chunks import chunks
from promoter_view.log.errors import LogDamaged
from promoter_view.log.file import frames
from promoter_view.log.file.segment import damaged
from promoter_view.records import BundleKey, Memory, ObjectKey, Snapshot, SourceObject

#: One piece is written and synced in a few milliseconds, and appends go on between two of them.
PIECE_BYTES = 256 * 1024
#: About what a row takes beside an object's body.
_ROW_BYTES = 96


def encode(snapshot: Snapshot, header: frames.FileHeader) -> Iterator[bytes]:
    """The file, piece by piece, made as they are asked for."""
    yield frames.encode_file_header(header)
    yield frames.encode_frame(0, 1, 0, codec.encode_snapshot_head(snapshot))
    for number, (rows, payload) in enumerate(_bodies(snapshot), 1):
        yield frames.encode_frame(number, number + 1, rows, payload)


def decode(name: str, file: BinaryIO, base: int) -> Snapshot:
    """A snapshot at offset ``base`` from its file, held in memory once. Errors: LogDamaged, OSError."""
    header = frames.decode_file_header(file.read(frames.FILE_HEADER_BYTES))
    if header is None or header.kind is not frames.FileKind.SNAPSHOT or header.base != base:
        raise damaged(name, 0, f"this does not begin a snapshot at offset {base}")
    pieces = _Pieces(name, file)
    try:
        return _assemble(pieces, base)
    except codec.MALFORMED as error:
        raise pieces.damaged(f"the frame is whole but cannot be read ({error})") from error


def _bodies(snapshot: Snapshot) -> Iterator[tuple[int, bytes]]:
    for objects in chunks(snapshot.objects.items(), lambda row: len(row[1].body) + _ROW_BYTES, PIECE_BYTES):
        yield len(objects), codec.encode_objects(objects)
    for bundles in chunks(snapshot.bundles.items(), lambda _: _ROW_BYTES, PIECE_BYTES):
        yield len(bundles), codec.encode_bundles(bundles)
    for piece in memories.pieces(snapshot.memory):
        yield len(piece), memories.encode(piece)


class _Pieces:
    """Reads frame after frame and checks the chain."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name = name
        self._file = file
        self._at = frames.FILE_HEADER_BYTES
        self._number = 0

    def next(self) -> bytes:
        data = self._file.read(frames.FRAME_HEADER_BYTES)
        header = frames.frame_header_at(data, 0)
        if header is None or (header.previous, header.last) != (self._number, self._number + 1):
            raise self.damaged("the snapshot is broken or cut short")
        payload = self._file.read(header.length)
        if not frames.payload_is_sound(header, payload):
            raise self.damaged("the snapshot is broken or cut short")
        self._number += 1
        self._at += len(data) + len(payload)
        return payload

    def at_end(self) -> bool:
        return not self._file.read(1)

    def damaged(self, what: str) -> LogDamaged:
        return damaged(self._name, self._at, what)


def _assemble(pieces: _Pieces, base: int) -> Snapshot:
    snapshot, counts = codec.decode_snapshot_head(pieces.next())
    objects: dict[ObjectKey, SourceObject] = {}
    while len(objects) < counts.objects:
        objects.update(codec.decode_objects(pieces.next()))
    bundles: dict[BundleKey, int] = {}
    while len(bundles) < counts.bundles:
        bundles.update(codec.decode_bundles(pieces.next()))
    memory: dict[BundleKey, Memory] = {}
    while len(memory) < counts.memory:
        memory.update(memories.decode(pieces.next()))
    if snapshot.offset != base or not pieces.at_end():
        raise pieces.damaged("the snapshot is not what its head says")
    return replace(snapshot, objects=objects, bundles=bundles, memory=None if snapshot.memory is None else memory)
