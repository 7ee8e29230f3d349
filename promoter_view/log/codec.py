"""Records and snapshots to bytes and back. Pure; the only module that knows msgpack.

A frame's payload is one msgpack value, so that one call decodes it and each body is copied once. WordTable that repeat
(kinds, namespaces, paths) stand in a table at its head and are numbered in the rows. Bodies are opaque.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

import msgpack

from promoter_view.records import (
    BundleKey,
    Change,
    ChangeType,
    Entry,
    KindsChanged,
    Mark,
    Mirror,
    ObjectKey,
    Position,
    Record,
    SchemaRead,
    Snapshot,
    SourceObject,
    UndeclaredKind,
    Unreadable,
    UnreadObject,
)

_TYPES = (ChangeType.ADDED, ChangeType.MODIFIED, ChangeType.DELETED)
_NUMBERS = {change: number for number, change in enumerate(_TYPES)}
_POSITION = 3
_MARK = 4
_UNREADABLE = 5
_KINDS_CHANGED = 6
_SCHEMA_READ = 7

#: Formats of a log: each record of a newer type raises it once, so that older programs refuse what they cannot read.
#: Their digits differ in two bits, so that no flipped one makes another of them.
FIRST_FORMAT = 1
_UNREADABLE_FORMAT = 2
_KINDS_FORMAT = 4
#: That of a log in which the memory of bundles is kept.
MEMORY_FORMAT = 7
_SCHEMAS_FORMAT = 8
#: Those that are read.
FORMATS = (FIRST_FORMAT, _UNREADABLE_FORMAT, _KINDS_FORMAT, MEMORY_FORMAT, _SCHEMAS_FORMAT)
#: How much of what stands behind all that the first format has a log of each has.
_NEWER_PARTS = dict(zip(FORMATS, (0, 1, 2, 2, 3), strict=True))

#: What decoding raises for bytes that are not what they should be.
MALFORMED = (ValueError, TypeError, IndexError, KeyError)

_FORMAT_OF: Mapping[type[Entry], int] = {
    Unreadable: _UNREADABLE_FORMAT,
    KindsChanged: _KINDS_FORMAT,
    SchemaRead: _SCHEMAS_FORMAT,
}
#: What newer formats have: unreadable objects, undeclared kinds, schemas by path.
Newer = tuple[Mapping[ObjectKey, UnreadObject], tuple[UndeclaredKind, ...], Mapping[str, str]]


class SnapshotCounts(NamedTuple):
    """How many objects, bundles, and bundles with a memory there are in a snapshot."""

    objects: int
    bundles: int
    memory: int = 0


class WordTable:
    """Numbers words in the order in which they are first seen: the table at the head of a payload."""

    __slots__ = ("numbers",)

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """Its number, the same each time."""
        return self.numbers.setdefault(word, len(self.numbers))


def format_of(records: Iterable[Record]) -> int:
    """The lowest format of a log that can hold these."""
    return max((_format_of(record.entry) for record in records), default=FIRST_FORMAT)


def _format_of(entry: Entry) -> int:
    if isinstance(entry, Mark) and entry.remembers:
        return MEMORY_FORMAT
    return _FORMAT_OF.get(type(entry), FIRST_FORMAT)


def format_of_snapshot(snapshot: Snapshot) -> int:
    """The lowest format of a log that can begin with it."""
    if snapshot.schemas:
        return _SCHEMAS_FORMAT
    if snapshot.memory is not None:
        return MEMORY_FORMAT
    if snapshot.kinds:
        return _KINDS_FORMAT
    return _UNREADABLE_FORMAT if snapshot.unreadable else FIRST_FORMAT


def encode_records(records: Sequence[Record]) -> bytes:
    """The payload of one frame."""
    words = WordTable()
    rows = [(record.offset, record.time_ms, *_row(record.entry, words)) for record in records]
    return pack((list(words.numbers), rows))


def decode_records(payload: bytes | memoryview) -> list[Record]:
    """The inverse. Errors: those in ``MALFORMED``."""
    table, rows = unpack(payload)
    words = [intern(word) for word in table]
    return [Record(row[0], row[1], _entry(row, words)) for row in rows]


def _row(entry: Entry, words: WordTable) -> tuple[Any, ...]:
    if isinstance(entry, Change):
        kind, namespace, name = entry.key
        key = (words.number(kind), words.number(namespace), name)
        path = words.number(entry.path)
        return (_NUMBERS[entry.type], *key, entry.resource_version, path, entry.position, entry.body)
    if isinstance(entry, Position):
        return _POSITION, words.number(entry.path), entry.position
    if isinstance(entry, Unreadable):
        kind, namespace, name = entry.key
        key = (words.number(kind), words.number(namespace), name)
        return (_UNREADABLE, *key, *entry.found, words.number(entry.path), entry.position)
    if isinstance(entry, KindsChanged):
        return _KINDS_CHANGED, entry.kinds
    if isinstance(entry, SchemaRead):
        return _SCHEMA_READ, words.number(entry.path), entry.schema
    remembers = (True,) if entry.remembers else ()
    return _MARK, entry.previous, entry.mirror.cluster, dict(entry.mirror.paths), entry.generation, *remembers


def _entry(row: Sequence[Any], words: Sequence[str]) -> Entry:
    number = row[2]
    if number < _POSITION:
        _, _, _, kind, namespace, name, version, path, position, body = row
        key = ObjectKey(words[kind], words[namespace], name)
        return Change(_TYPES[number], key, body, version, words[path], position)
    if number == _POSITION:
        return Position(words[row[3]], row[4])
    if number == _MARK:
        return Mark(row[3], Mirror(row[4], row[5]), *row[6:])
    if number == _UNREADABLE:
        _, _, _, kind, namespace, name, version, reason, path, position = row
        key = ObjectKey(words[kind], words[namespace], name)
        return Unreadable(key, UnreadObject(version, reason), words[path], position)
    if number == _KINDS_CHANGED:
        return KindsChanged(_kinds(row[3]))
    if number == _SCHEMA_READ:
        return SchemaRead(words[row[3]], row[4])
    raise ValueError(f"no such type of record: {number!r}")


def encode_snapshot_head(snapshot: Snapshot) -> bytes:
    """All of a snapshot but its objects, its bundles and their memory; of these how many they are."""
    mirror = snapshot.mirror
    state = (snapshot.offset, mirror.cluster, dict(mirror.paths), snapshot.generation, snapshot.complete)
    counts = (len(snapshot.objects), len(snapshot.bundles))
    number = format_of_snapshot(snapshot)
    newer = encode_newer((snapshot.unreadable, snapshot.kinds, snapshot.schemas), number)
    remembered = (None if snapshot.memory is None else len(snapshot.memory),) if number >= MEMORY_FORMAT else ()
    return pack((*state, dict(snapshot.positions), *counts, *newer, *remembered))


def decode_snapshot_head(payload: bytes | memoryview) -> tuple[Snapshot, SnapshotCounts]:
    """A snapshot without all these, and how many there are to be. Errors: those in ``MALFORMED``."""
    offset, cluster, paths, generation, complete, positions, objects, bundles, *more = unpack(payload)
    *newer, remembered = more if len(more) > _NEWER_PARTS[_KINDS_FORMAT] else (*more, None)
    told = decode_newer(*newer)
    empty = Snapshot(offset, Mirror(cluster, paths), generation, complete, positions, {}, {}, *told)
    if remembered is not None:
        empty = replace(empty, memory={})
    return empty, SnapshotCounts(objects, bundles, remembered or 0)


def encode_newer(newer: Newer, number: int) -> tuple[Any, ...]:
    """What stands behind all that format 1 has, in a log of format ``number``; as a part of something larger."""
    unreadable, kinds, schemas = newer
    rows = [(*key, *unread) for key, unread in unreadable.items()]
    return (rows, kinds, dict(schemas))[: _NEWER_PARTS[number]]


def decode_newer(
    unreadable: Iterable[Sequence[str]] = (),
    kinds: Iterable[Sequence[Any]] = (),
    schemas: Mapping[str, str] = MappingProxyType({}),
) -> Newer:
    """The inverse. Errors: those in ``MALFORMED``."""
    found = {
        ObjectKey(kind, namespace, name): UnreadObject(version, reason)
        for kind, namespace, name, version, reason in unreadable
    }
    return found, _kinds(kinds), dict(schemas)


def _kinds(rows: Iterable[Sequence[Any]]) -> tuple[UndeclaredKind, ...]:
    return tuple(UndeclaredKind(*row) for row in rows)


def encode_objects(objects: Iterable[tuple[ObjectKey, SourceObject]]) -> bytes:
    """Some objects of a snapshot."""
    words = WordTable()
    rows = [
        (words.number(key.kind), words.number(key.namespace), key.name, found.resource_version, found.body)
        for key, found in objects
    ]
    return pack((list(words.numbers), rows))


def decode_objects(payload: bytes | memoryview) -> list[tuple[ObjectKey, SourceObject]]:
    """The inverse. Errors: those in ``MALFORMED``."""
    table, rows = unpack(payload)
    words = [intern(word) for word in table]
    return [
        (ObjectKey(words[kind], words[namespace], name), SourceObject(body, version))
        for kind, namespace, name, version, body in rows
    ]


def encode_bundles(bundles: Iterable[tuple[BundleKey, int]]) -> bytes:
    """Some bundles' resourceVersions of a snapshot."""
    words = WordTable()
    rows = [(words.number(key.view), words.number(key.namespace), key.name, version) for key, version in bundles]
    return pack((list(words.numbers), rows))


def decode_bundles(payload: bytes | memoryview) -> list[tuple[BundleKey, int]]:
    """The inverse. Errors: those in ``MALFORMED``."""
    table, rows = unpack(payload)
    words = [intern(word) for word in table]
    return [(BundleKey(words[view], words[namespace], name), version) for view, namespace, name, version in rows]


def pack(value: object) -> bytes:
    """Plain values (numbers, text, bytes, sequences, mappings) as bytes."""
    packed: bytes = msgpack.packb(value)
    return packed


def unpack(payload: bytes | memoryview) -> Any:
    """The inverse; sequences come back as tuples. Errors: those in ``MALFORMED``."""
    return msgpack.unpackb(payload, use_list=False)
