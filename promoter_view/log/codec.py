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
    UNSHOWN,
    BundleKey,
    Change,
    ChangeType,
    CursorMoved,
    CursorPlace,
    DerivedBundles,
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
    Unknown,
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
_CURSOR_MOVED = 8
_DERIVED = 9

#: Formats of a log: each record of a newer type raises it once, so that older programs refuse what they cannot read.
#: Their digits differ in two bits, so that no flipped one makes another of them.
FIRST_FORMAT = 1
_UNREADABLE_FORMAT = 2
_KINDS_FORMAT = 4
#: That of a log in which the memory of bundles is kept.
MEMORY_FORMAT = 7
_SCHEMAS_FORMAT = 8
#: From this one on a record of a newer type that older programs may pass over does not raise it.
_CURSORS_FORMAT = 11
#: Those that are read.
FORMATS = (FIRST_FORMAT, _UNREADABLE_FORMAT, _KINDS_FORMAT, MEMORY_FORMAT, _SCHEMAS_FORMAT, _CURSORS_FORMAT)
#: How much of what stands behind all that the first format has a log of each has.
_NEWER_PARTS = dict(zip(FORMATS, (0, 1, 2, 2, 3, 4), strict=True))

#: What decoding raises for bytes that are not what they should be.
MALFORMED = (ValueError, TypeError, IndexError, KeyError)

_FORMAT_OF: Mapping[type[Entry], int] = {
    Unreadable: _UNREADABLE_FORMAT,
    KindsChanged: _KINDS_FORMAT,
    SchemaRead: _SCHEMAS_FORMAT,
    CursorMoved: _CURSORS_FORMAT,
    DerivedBundles: _CURSORS_FORMAT,
    Unknown: _CURSORS_FORMAT,
}


class Newer(NamedTuple):
    """What newer formats have: unreadable objects, undeclared kinds, schemas by path, cursors and what is shown."""

    unreadable: Mapping[ObjectKey, UnreadObject]
    kinds: tuple[UndeclaredKind, ...]
    schemas: Mapping[str, str]
    cursors: Mapping[str, CursorPlace]
    shown: int


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


def count_events(records: Iterable[Record]) -> int:
    """How many of them are events, and not cursors."""
    return sum(not isinstance(record.entry, UNSHOWN) for record in records)


def format_of_snapshot(snapshot: Snapshot) -> int:
    """The lowest format of a log that can begin with it."""
    if snapshot.cursors or snapshot.shown not in (0, snapshot.offset):
        return _CURSORS_FORMAT
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
    if isinstance(entry, Mark):
        remembers = (True,) if entry.remembers else ()
        return _MARK, entry.previous, entry.mirror.cluster, dict(entry.mirror.paths), entry.generation, *remembers
    return _newer_row(entry, words)


def _newer_row(
    entry: KindsChanged | SchemaRead | CursorMoved | DerivedBundles | Unknown, words: WordTable
) -> tuple[Any, ...]:
    if isinstance(entry, KindsChanged):
        return _KINDS_CHANGED, entry.kinds
    if isinstance(entry, SchemaRead):
        return _SCHEMA_READ, words.number(entry.path), entry.schema
    if isinstance(entry, CursorMoved):
        return _CURSOR_MOVED, entry.subscription, entry.place
    if isinstance(entry, DerivedBundles):
        return _DERIVED, entry.generation, entry.previous, entry.through, entry.rows
    raise TypeError("a record of a kind that is not known cannot be written")


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
    return _newer_entry(row, words)


def _newer_entry(row: Sequence[Any], words: Sequence[str]) -> Entry:
    number = row[2]
    if number == _KINDS_CHANGED:
        return KindsChanged(_kinds(row[3]))
    if number == _SCHEMA_READ:
        return SchemaRead(words[row[3]], row[4])
    if number == _CURSOR_MOVED:
        return CursorMoved(row[3], None if row[4] is None else CursorPlace(*row[4]))
    if number == _DERIVED:
        return DerivedBundles(*row[3:7])
    if isinstance(number, int) and number > _DERIVED:
        return Unknown()
    raise ValueError(f"no such type of record: {number!r}")


def encode_snapshot_head(snapshot: Snapshot) -> bytes:
    """All of a snapshot but its objects, its bundles and their memory; of these how many they are."""
    mirror = snapshot.mirror
    state = (snapshot.offset, mirror.cluster, dict(mirror.paths), snapshot.generation, snapshot.complete)
    counts = (len(snapshot.objects), len(snapshot.bundles))
    number = format_of_snapshot(snapshot)
    known = Newer(snapshot.unreadable, snapshot.kinds, snapshot.schemas, snapshot.cursors, snapshot.shown)
    newer = encode_newer(known, number)
    remembered = (None if snapshot.memory is None else len(snapshot.memory),) if number >= MEMORY_FORMAT else ()
    return pack((*state, dict(snapshot.positions), *counts, *newer, *remembered))


def decode_snapshot_head(payload: bytes | memoryview) -> tuple[Snapshot, SnapshotCounts]:
    """A snapshot without all these, and how many there are to be. Errors: those in ``MALFORMED``."""
    offset, cluster, paths, generation, complete, positions, objects, bundles, *more = unpack(payload)
    *newer, remembered = more if len(more) > _NEWER_PARTS[_KINDS_FORMAT] else (*more, None)
    told = decode_newer(*newer)
    empty = Snapshot(offset, Mirror(cluster, paths), generation, complete, positions, {}, {}, **told._asdict())
    if remembered is not None:
        empty = replace(empty, memory={})
    return empty, SnapshotCounts(objects, bundles, remembered or 0)


def encode_newer(newer: Newer, number: int) -> tuple[Any, ...]:
    """What stands behind all that format 1 has, in a log of format ``number``; as a part of something larger."""
    rows = [(*key, *unread) for key, unread in newer.unreadable.items()]
    return (rows, newer.kinds, dict(newer.schemas), (dict(newer.cursors), newer.shown))[: _NEWER_PARTS[number]]


def decode_newer(
    unreadable: Iterable[Sequence[str]] = (),
    kinds: Iterable[Sequence[Any]] = (),
    schemas: Mapping[str, str] = MappingProxyType({}),
    told: tuple[Mapping[str, Sequence[int]], int] = (MappingProxyType({}), 0),
) -> Newer:
    """The inverse. Errors: those in ``MALFORMED``."""
    found = {
        ObjectKey(kind, namespace, name): UnreadObject(version, reason)
        for kind, namespace, name, version, reason in unreadable
    }
    cursors, shown = told
    places = {name: CursorPlace(*place) for name, place in cursors.items()}
    return Newer(found, _kinds(kinds), dict(schemas), places, shown)


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
