"""The joints of the program: who talks to whom, as Protocols. The way of an event is the order of this page.

reflector -> Recorder -> EventLog -> Follower (the projector) -> ViewReader, Cursor -> readers, woken by ``Wakeable``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from promoter_view.records import (
    Bundle,
    BundleChange,
    BundleKey,
    Entry,
    ListPath,
    LogStatus,
    Mirror,
    ObjectKey,
    Record,
    Snapshot,
    SourceObject,
    UndeclaredKind,
    UnreadObject,
)
from promoter_view.slices import Steps


class Quota(Protocol):
    """How much may be recorded of one kind. Sizes in bytes."""

    def admits(self, size: int, before: int | None, *, changed: bool) -> bool:
        """Whether an object of that size may be recorded; ``before``: the size that it had, None where it is new.

        ``changed``: a watch told of it, and not a list.
        """

    def frees(self, size: int) -> None:
        """An object of that size is gone."""


class Recorder(Protocol):
    """What a reflector writes to, and asks what it has already written (the queue included)."""

    def position(self, path: ListPath) -> str | None:
        """Where that path's watch goes on; ABSENT: known to be empty; None: it must be listed."""

    def is_known(self, path: ListPath) -> bool:
        """Whether that path has ever had a position, also where it must be listed again."""

    def objects(self, path: ListPath) -> Iterator[tuple[ObjectKey, SourceObject]]:
        """The objects of that path as they stand after all that is already queued."""

    def keys(self, path: ListPath) -> Iterator[ObjectKey]:
        """The keys of those objects, and of those that are known only as unreadable."""

    def put(self, path: ListPath, key: ObjectKey, found: SourceObject, position: str | None) -> bool:
        """An object was added or modified. False when its bytes are those it had: then nothing is appended."""

    def pass_over(self, path: ListPath, key: ObjectKey, found: UnreadObject, position: str | None) -> bool:
        """An object's newest state cannot be read: the one before it stays. False where that was known."""

    def delete(self, path: ListPath, key: ObjectKey, resource_version: str, position: str | None) -> bool:
        """An object is gone. False when it was not there: then nothing is appended."""

    def bookmark(self, path: ListPath, position: str) -> None:
        """That path's watch now goes on from there, or a list of it is complete at it."""

    def forget(self, path: ListPath) -> None:
        """That path's watch cannot go on from its position: it must be listed, also when a restart comes first."""

    def forget_all(self) -> None:
        """The same for every path, in one record: a cluster is restored as a whole."""

    def read_by(self, path: ListPath, schema: str) -> None:
        """From here on that path is read by that schema. Whatever was read by another is forgotten before."""

    @property
    def kinds(self) -> tuple[UndeclaredKind, ...]:
        """The undeclared kinds that are taken up."""

    def take_up(self, kinds: tuple[UndeclaredKind, ...]) -> None:
        """From here on these are, and no others."""

    def limit(self, kind: str, quota: Quota | None) -> None:
        """Record no more of that kind than the quota admits, which is told of what there is already; None: any."""

    @property
    def restorations(self) -> int:
        """How often all was forgotten: what was read of the cluster before the last time is of another past."""

    def room(self) -> Deferred[None]:
        """Fires while the queue is below its bound. A reflector reads no further until it has fired."""


class Follows(Protocol):
    """A pure fold of a log's records, in offset order, each once; fed beside the follower that counts."""

    def restore(self, snapshot: Snapshot) -> Steps:
        """Begin from a snapshot. What was applied before is there until the last step, and dropped with it."""

    def apply(self, records: Sequence[Record]) -> None:
        """Take durable records, a few at a time. Never raises for what a record holds."""


class Follower(Protocol):
    """What a log replays into and then feeds, a pure fold of its records; the log may keep its state.

    Whoever begins steps takes them all before anything else is asked of it but what readers see.
    """

    def restore(self, snapshot: Snapshot) -> Steps:
        """Begin from a snapshot. What was applied before is shown until the last step; then its readers start over."""

    def apply(self, records: Sequence[Record]) -> Steps:
        """Take durable records, in offset order, each once. Never raises for what a record holds."""

    def snapshot(self) -> Snapshot:
        """All that was applied so far; shares bytes, copies references, does not change afterwards."""


class Leading(Protocol):
    """What runs beside the log on the one replica that writes it, and there only: the reflectors."""

    def begin(self) -> None:
        """This replica leads: its follower holds all that others wrote, and its own mark. It may append from now on."""

    def end(self) -> Deferred[None]:
        """It leads no more: what it appends fails. Fires once nothing runs; it does not begin again before that."""


class EventLog(Protocol):
    """The ordered, durable record of source events. One writer: of several replicas the one that leads."""

    def start(self, follower: Follower, mirror: Mirror) -> Deferred[None]:
        """Opens the log, replays it into ``follower``, then appends a mark and applies that too.

        Where another replica leads, the mark is that one's. Errors: LogDamaged, LogLocked, LogUnusable, Unsafe
        (promoter_view.log.errors).
        """

    def lead(self, part: Leading) -> None:
        """Has ``part`` begin whenever this replica leads, at once where it does now, and end when it leads no more.

        Call it once, after ``start`` has fired. A log with one process leads from the start to ``stop``.
        """

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """Queues entries, in order. Fires once they are durable and applied to the follower.

        While the disk is full it waits, and nothing is lost. Errors: LogClosed when the log stops first, or where
        this replica does not lead, or no longer.
        """

    def barrier(self) -> Deferred[None]:
        """Fires once all that was durable when this was called, by any replica's doing, is applied to the follower.

        So a reader who waits for it never sees an older state than one he saw elsewhere. Fires at once where there is
        one process. May be cancelled. Errors: LogUnreachable when that cannot be found out in time, LogClosed.
        """

    def stop(self) -> Deferred[None]:
        """Writes what is queued where that is possible, closes and unlocks."""

    def status(self) -> LogStatus:
        """Head, extent and health, for metrics and ``/readyz?verbose``."""


class NotificationsDesk(Protocol):
    """What people ask of notifications. Errors: those of ``web.errors``."""

    def document(self) -> Mapping[str, Any]:
        """How they stand, as JSON (docs/notifications.md)."""

    def replay(self, name: str, since: str) -> Deferred[Mapping[str, Any]]:
        """Sends again what has happened since then."""

    def test(self, name: str) -> Deferred[Mapping[str, Any]]:
        """Sends a made-up event, and tells what was answered."""


class Wakeable(Protocol):
    """A reader that is told when the head has moved; it does no work inside the call."""

    def wake(self) -> None:
        """There may be something to read."""


class Cursor(Protocol):
    """A position in the history of one view, or of all: a watch. Holds no frames and no queue."""

    @property
    def position(self) -> int:
        """The resourceVersion up to which everything has been examined; the head's once caught up."""

    @property
    def caught_up(self) -> bool:
        """Nothing is left to read until the head moves."""

    def take(self, limit: int) -> Sequence[BundleChange]:
        """Examines the next ``limit`` changes, moves on, and returns those of this view and namespace.

        Errors: Expired when the horizon has passed the position (promoter_view.views.history).
        """


class ViewReader(Protocol):
    """What the API and the dashboard read. Synchronous: what one call returns is of one head."""

    @property
    def ready(self) -> bool:
        """Bundles are built: every path has had a position."""

    @property
    def head(self) -> int:
        """The resourceVersion of a list made now: the last place of the head offset."""

    @property
    def horizon(self) -> int:
        """The oldest resourceVersion from which a cursor can still resume."""

    def get(self, key: BundleKey) -> Bundle | None:
        """The bundle as it is now."""

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:
        """The bundles as they are now, by (namespace, name); namespace "" means all. Never changes afterwards."""

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:
        """The bundles as they were at that resourceVersion. Errors: Expired, Ahead (promoter_view.views.history)."""

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:
        """A cursor that reads what came after that resourceVersion; view "" means all. Errors: Expired, Ahead."""

    def subscribe(self, reader: Wakeable) -> None:
        """Have ``reader.wake`` called each time the head has moved, until unsubscribed."""

    def unsubscribe(self, reader: Wakeable) -> None:
        """No more of that; unknown readers are ignored."""
