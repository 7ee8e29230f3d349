"""How entries become transactions, and what the outcome of one means. Pure.

Every transaction puts ``head`` too, and holds only if the leader's key is the one it was won with **and** head is as
it was left: who was deposed, what has been carried out already, and what etcd has forgotten cannot slip in.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promoter_view.log import codec
from promoter_view.log.etcd.client.values import Compare, DeleteKey, Get, Keys, Operation, Outcome, PutKey, Transaction
from promoter_view.log.etcd.layout import Head, KeyLayout, decode_head, encode_head, encode_object, holds_object
from promoter_view.log.mirroring import carried
from promoter_view.log.offsets import OffsetClock, mark_offset
from promoter_view.records import (
    EVERY_PATH,
    UNSHOWN,
    Change,
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
    UndeclaredKind,
    Unknown,
    Unreadable,
    UnreadObject,
)

#: etcd's default bound (--max-txn-ops) is 128; one is head's.
MAX_OBJECTS = 127
MAX_RECORDS = 1000
#: etcd's default bound of a request (--max-request-bytes) is 1.5 MiB.
MAX_BYTES = 1 << 20
#: What an operation takes beside its value, generously.
_OPERATION_BYTES = 512
#: What head takes of etcd's space each time it is put, roughly: for bounding what the log holds.
_HEAD_BYTES = 1024


class TooLarge(ValueError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """An object that fits into no transaction."""


@dataclass(frozen=True, slots=True)
class PreparedEntry:
    """An entry ready to be written. ``value`` is its object's, None where it has none (or is gone)."""

    entry: Entry
    value: bytes | None

    @property
    def size(self) -> int:
        """What it adds to a request, in bytes."""
        return _OPERATION_BYTES + len(self.value or b"")


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the next transaction goes on: ``head`` as it stands, put at ``revision`` (0: there is none yet).

    ``lost`` is the last offset known to have been handed out by a past that etcd has forgotten.
    """

    revision: int
    head: Head
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """A transaction on its way, and the head that it puts."""

    transaction: Transaction
    head: Head


class TransactionVerdict(enum.Enum):
    """What became of a transaction, and why its writer can write no longer."""

    DONE = "done"
    DEPOSED = "the leader's key no longer belongs to this replica: another replica leads, or the lease has ended"
    REWOUND = "head is not as it was left: etcd was restored from a backup, or something else writes there"


def empty_tail() -> Tail:
    """That of a new log."""
    return Tail(0, Head(0, 0, 0, 0, 0, 0, Mirror("", {}), {}, ()))


def item_of(entry: Entry) -> PreparedEntry:
    """Errors: TooLarge."""
    if not isinstance(entry, Change) or not holds_object(entry):
        return PreparedEntry(entry, None)
    value = encode_object(entry)
    if len(value) > MAX_BYTES:
        raise TooLarge(f"{'/'.join(entry.key)} is {len(value)} bytes compressed, above the bound of {MAX_BYTES}")
    return PreparedEntry(entry, value)


def fitting(items: Iterable[PreparedEntry]) -> int:
    """How many of them, from the first on, make one transaction: at least one. It ends before a key repeats."""
    keys: set[object] = set()
    size = 0
    count = 0
    for item in items:
        size += item.size
        entry = item.entry
        key = entry.key if isinstance(entry, Change) else None
        full = key in keys or len(keys) == MAX_OBJECTS or count == MAX_RECORDS or size > MAX_BYTES
        if count and full:
            break
        if key is not None:
            keys.add(key)
        count += 1
    return count


def write(layout: KeyLayout, tail: Tail, items: Sequence[PreparedEntry], *, term: int, now: float) -> Written:
    """The transaction that writes ``items`` behind ``tail``, under the leader's key made at revision ``term``."""
    records = _numbered(tail, [item.entry for item in items], now)
    operations = [operation for item in items for operation in _operations(layout, item)]
    mirror, generation, positions = _folded(tail.head, items)
    head = Head(
        previous=tail.head.offset,
        offset=records[-1].offset,
        term=term,
        size=tail.head.size + _HEAD_BYTES + sum(item.size for item in items),
        events=tail.head.events + codec.count_events(records),
        generation=generation,
        mirror=mirror,
        positions=positions,
        records=records,
        unreadable=_unreadable(tail.head, items),
        kinds=_kinds(tail.head, items),
        schemas=_schemas(tail.head, items),
        cursors=_cursors(tail.head, items),
        shown=_shown(tail.head, records),
        format=max(tail.head.format, codec.format_of(records)),
    )
    conditions = (Compare(layout.leader, term, created=True), Compare(layout.head, tail.revision))
    put = PutKey(layout.head, encode_head(head))
    return Written(Transaction(conditions, (put, *operations), (Get(layout.survey),)), head)


def judge(layout: KeyLayout, written: Written, outcome: Outcome) -> tuple[TransactionVerdict, Tail | None]:
    """What the outcome means, and where to go on. Errors: LogDamaged.

    A transaction that was sent twice, its first outcome unknown, fails the second time and finds its own head.
    """
    if outcome.succeeded:
        return TransactionVerdict.DONE, Tail(outcome.revision, written.head)
    items = {item.key: item for found in outcome.found for item in found.items}
    found_head, leader = items.get(layout.head), items.get(layout.leader)
    if found_head is not None:
        head = decode_head(layout.head, found_head.value)
        if (head.offset, head.term) == (written.head.offset, written.head.term):
            return TransactionVerdict.DONE, Tail(found_head.mod_revision, written.head)
    if leader is None or leader.create_revision != written.head.term:
        return TransactionVerdict.DEPOSED, None
    return TransactionVerdict.REWOUND, None


def _operations(layout: KeyLayout, item: PreparedEntry) -> Iterable[Operation]:
    if not isinstance(item.entry, Change):
        return
    key = layout.object_key(item.entry.key)
    yield DeleteKey(Keys(key)) if item.value is None else PutKey(key, item.value)


def _numbered(tail: Tail, entries: Sequence[Entry], now: float) -> Sequence[Record]:
    last = tail.head.offset
    least = mark_offset(last, now, tail.lost) if isinstance(entries[-1], Mark) else 0
    end = max(last + len(entries), OffsetClock(last, least).next(now))
    first = end - len(entries) + 1
    return [Record(first + at, int(now * 1000), entry) for at, entry in enumerate(entries)]


def _unreadable(head: Head, items: Sequence[PreparedEntry]) -> Mapping[ObjectKey, UnreadObject]:
    found = dict(head.unreadable)
    for entry in (item.entry for item in items):
        if isinstance(entry, Unreadable):
            found[entry.key] = entry.found
        elif isinstance(entry, Change):
            found.pop(entry.key, None)
    return found


def _kinds(head: Head, items: Sequence[PreparedEntry]) -> tuple[UndeclaredKind, ...]:
    changes = [item.entry.kinds for item in items if isinstance(item.entry, KindsChanged)]
    return changes[-1] if changes else head.kinds


def _schemas(head: Head, items: Sequence[PreparedEntry]) -> Mapping[str, str]:
    mirror, schemas = head.mirror, dict(head.schemas)
    for entry in (item.entry for item in items):
        if isinstance(entry, Mark):
            mirror, schemas = entry.mirror, carried(mirror, entry.mirror, schemas)
        elif isinstance(entry, SchemaRead):
            schemas[entry.path] = entry.schema
    return schemas


def _cursors(head: Head, items: Sequence[PreparedEntry]) -> Mapping[str, CursorPlace]:
    moved = {item.entry.subscription: item.entry.place for item in items if isinstance(item.entry, CursorMoved)}
    return {name: place for name, place in {**head.cursors, **moved}.items() if place is not None}


def _shown(head: Head, records: Sequence[Record]) -> int:
    shown = [record.offset for record in records if not isinstance(record.entry, UNSHOWN)]
    return shown[-1] if shown else head.shown or head.offset


def _folded(head: Head, items: Sequence[PreparedEntry]) -> tuple[Mirror, int, Mapping[str, str]]:
    mirror, generation, positions = head.mirror, head.generation, dict(head.positions)
    for entry in (item.entry for item in items):
        if isinstance(entry, Mark):
            positions = carried(mirror, entry.mirror, positions)
            mirror, generation = entry.mirror, entry.generation
        elif isinstance(entry, Position) and entry.path == EVERY_PATH:
            positions = dict.fromkeys(positions, entry.position)
        elif (
            not isinstance(entry, KindsChanged | SchemaRead | CursorMoved | DerivedBundles | Unknown)
            and entry.position is not None
        ):
            positions[entry.path] = entry.position
    return mirror, generation, positions
