"""What stands under the prefix in etcd: keys, and values as bytes. Pure.

``log/head`` says where the log ends; it is put by every transaction of events, and lists the records of that
transaction without their objects. ``log/leader`` is the key of who writes. ``log/objects/KIND/NAMESPACE/NAME`` is an
object as it stands. ``checkpoints/OFFSET`` is small, and says how many pieces of ``pieces/OFFSET/N`` belong to it.
Values are msgpack, compressed by zlib.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promoter_view.log import codec, memories
from promoter_view.log.entry_queue import MAX_BODY_BYTES
from promoter_view.log.errors import LogDamaged
from promoter_view.log.etcd.client.values import Keys
from promoter_view.records import (
    BundleKey,
    Change,
    ChangeType,
    CursorPlace,
    Mirror,
    ObjectKey,
    Record,
    SourceObject,
    UndeclaredKind,
    UnreadObject,
)

#: zlib's fastest: objects shrink to a third, for a few microseconds a KB.
_LEVEL = 1
#: No value unpacks to more: the largest is one object, or a piece of a checkpoint.
_MAX_BYTES = MAX_BODY_BYTES + (1 << 20)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends. ``previous`` is the offset before this transaction's records, 0 in a new log.

    ``term`` is the revision that made its leader's key. ``size`` and ``events`` count all that was ever written, in
    bytes and events. ``records`` are this transaction's, the bodies of their changes left out. ``format`` is the
    lowest that holds all that was ever written: who cannot read some of it refuses the head.
    """

    previous: int
    offset: int
    term: int
    size: int
    events: int
    generation: int
    mirror: Mirror
    positions: Mapping[str, str]
    records: Sequence[Record]
    unreadable: Mapping[ObjectKey, UnreadObject] = field(default_factory=dict)
    kinds: tuple[UndeclaredKind, ...] = ()
    schemas: Mapping[str, str] = field(default_factory=dict)
    cursors: Mapping[str, CursorPlace] = field(default_factory=dict)
    shown: int = 0
    format: int = codec.FIRST_FORMAT

    @property
    def newer(self) -> codec.Newer:
        """What stands behind all that the first format has."""
        return codec.Newer(self.unreadable, self.kinds, self.schemas, self.cursors, self.shown)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a replay may begin: at ``revision``, whose last offset is ``offset``. ``pieces`` hold its bundles, the last
    ``memories`` of them the memory of these.

    ``size`` and ``events`` are the head's at that revision, ``time_ms`` when it was written.
    """

    offset: int
    revision: int
    size: int
    events: int
    time_ms: int
    generation: int
    complete: bool
    pieces: int
    memories: int = 0


class KeyLayout:
    """The keys under one prefix, e.g. ``promoter-view``: then all of them begin with ``/promoter-view/``."""

    def __init__(self, prefix: str) -> None:
        self._root = f"/{prefix.strip('/')}/".encode()
        self.head = self._root + b"log/head"
        self.leader = self._root + b"log/leader"
        #: Head and leader, in one read; nothing else sorts between the two.
        self.survey = Keys(self.head, self.leader + b"\0")
        self.log = below(self._root + b"log/")
        self.objects = below(self._root + b"log/objects/")
        self.checkpoints = below(self._root + b"checkpoints/")

    def object_key(self, key: ObjectKey) -> bytes:
        """The key of one object. Kubernetes allows no slash in any of the three."""
        return self.objects.key + "/".join(key).encode()

    def object_of(self, key: bytes) -> ObjectKey:
        """The inverse. Errors: LogDamaged."""
        parts = key.removeprefix(self.objects.key).decode("utf-8", "replace").split("/")
        if len(parts) != 3:
            raise damaged(key, "it names no object")
        return ObjectKey(*parts)

    def checkpoint_key(self, offset: int) -> bytes:
        """The key of a checkpoint."""
        return b"%bcheckpoints/%020d" % (self._root, offset)

    def pieces(self, offset: int) -> Keys:
        """The keys of a checkpoint's pieces."""
        return below(b"%bpieces/%020d/" % (self._root, offset))

    def piece_key(self, offset: int, number: int) -> bytes:
        """The key of one piece, from 0."""
        return b"%b%06d" % (self.pieces(offset).key, number)


def below(folder: bytes) -> Keys:
    """All keys that begin with that; it ends with a slash."""
    return Keys(folder, folder[:-1] + b"0")  # "0" follows "/"


def damaged(key: bytes, what: str) -> LogDamaged:
    """The error for a key that this program did not write so."""
    return LogDamaged(f"etcd key {key.decode('utf-8', 'replace')}: {what}")


def encode_head(head: Head) -> bytes:
    """The value of ``log/head``."""
    mirror = (head.mirror.cluster, dict(head.mirror.paths))
    counts = (head.previous, head.offset, head.term, head.size, head.events, head.generation)
    records = codec.encode_records([_stripped(record) for record in head.records])
    newer = codec.encode_newer(head.newer, head.format)
    return _deflate(codec.pack((head.format, counts, mirror, dict(head.positions), records, *newer)))


def decode_head(key: bytes, value: bytes) -> Head:
    """The inverse. Errors: LogDamaged, also for another format."""
    found = _value(key, value)
    if not isinstance(found, tuple) or not found or found[0] not in codec.FORMATS:
        raise damaged(
            key, f"it is of none of the formats {codec.FORMATS}: another program, or another version, writes there"
        )
    try:
        number, counts, mirror, positions, records, *more = found
        previous, offset, term, size, events, generation = counts
        decoded = codec.decode_records(records)
        told = (Mirror(*mirror), positions, decoded, *codec.decode_newer(*more), number)
        return Head(previous, offset, term, size, events, generation, *told)
    except codec.MALFORMED as error:
        raise damaged(key, f"it cannot be read ({error})") from error


def encode_object(change: Change) -> bytes:
    """The value of an object's key."""
    return _deflate(codec.pack((change.resource_version, change.body)))


def decode_object(key: bytes, value: bytes) -> SourceObject:
    """The inverse. Errors: LogDamaged."""
    try:
        resource_version, body = _value(key, value)
        return SourceObject(body, resource_version)
    except codec.MALFORMED as error:
        raise damaged(key, f"it cannot be read ({error})") from error


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """The value of a checkpoint's key."""
    found = checkpoint
    counts = (found.offset, found.revision, found.size, found.events, found.time_ms)
    memories = (found.memories,) if found.memories else ()
    return _deflate(codec.pack((*counts, found.generation, found.complete, found.pieces, *memories)))


def decode_checkpoint(key: bytes, value: bytes) -> Checkpoint:
    """The inverse. Errors: LogDamaged."""
    try:
        return Checkpoint(*_value(key, value))
    except codec.MALFORMED as error:
        raise damaged(key, f"it cannot be read ({error})") from error


def encode_piece(bundles: Sequence[tuple[BundleKey, int]]) -> bytes:
    """The value of one piece of a checkpoint: some bundles' resourceVersions."""
    return _deflate(codec.encode_bundles(bundles))


def decode_piece(key: bytes, value: bytes) -> Sequence[tuple[BundleKey, int]]:
    """The inverse. Errors: LogDamaged."""
    try:
        return codec.decode_bundles(_inflate(value))
    except codec.MALFORMED as error:
        raise damaged(key, f"it cannot be read ({error})") from error


def encode_memory_piece(piece: Iterable[memories.Remembered]) -> bytes:
    """The value of one piece of a checkpoint that holds memory."""
    return _deflate(memories.encode(piece))


def decode_memory_piece(key: bytes, value: bytes) -> Sequence[memories.Remembered]:
    """The inverse. Errors: LogDamaged."""
    try:
        return memories.decode(_inflate(value))
    except codec.MALFORMED as error:
        raise damaged(key, f"it cannot be read ({error})") from error


def encode_leader(identity: str) -> bytes:
    """The value of ``log/leader``: who holds it."""
    return identity.encode()


def holds_object(change: Change) -> bool:
    """Whether its object's key has a value afterwards."""
    return change.type is not ChangeType.DELETED


def _stripped(record: Record) -> Record:
    entry = record.entry
    return replace(record, entry=replace(entry, body=b"")) if isinstance(entry, Change) else record


def _value(key: bytes, value: bytes) -> Any:
    try:
        return codec.unpack(_inflate(value))
    except codec.MALFORMED as error:
        raise damaged(key, f"it cannot be read ({error})") from error


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data, _LEVEL)


def _inflate(data: bytes) -> bytes:
    """Errors: ValueError."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not inflater.eof:
        raise ValueError("it is cut short, or longer than anything written there")
    return found
