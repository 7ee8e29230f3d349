"""What reflectors write to: the accepted state, and only the differences from it appended to the log.

The accepted state is what was replayed and all that was appended since, durable or not: a change is compared with the
one before it in the queue. Who decides what the cluster's answers mean is the reflector.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import EventLog, Quota
from promoter_view.log.errors import LogClosed
from promoter_view.metrics import Metrics
from promoter_view.records import (
    EVERY_PATH,
    LOST,
    Change,
    ChangeType,
    Entry,
    KindsChanged,
    ListPath,
    ObjectKey,
    Position,
    SchemaRead,
    Snapshot,
    SourceObject,
    UndeclaredKind,
    Unreadable,
    UnreadObject,
)
from promoter_view.slices import Steps

if TYPE_CHECKING:
    from promoter_view.boundaries import Recorder

MAX_PENDING_BYTES = 32 << 20
MAX_PENDING_EVENTS = 20_000
#: So many objects are named as unreadable, one after the other; beyond it they are counted by the reflectors alone.
MAX_UNREADABLE = 1_000
#: The path of a deletion that stems from no path: nobody lists the object any more.
NO_PATH = ""

_Objects = dict[ObjectKey, SourceObject]


class LogRecorder:
    """The Recorder of one log that has started.

    ``past`` is what was replayed.
    """

    _log = Logger()

    def __init__(
        self,
        log: EventLog,
        *,
        past: Snapshot,
        metrics: Metrics,
        max_pending_bytes: int = MAX_PENDING_BYTES,
        max_pending_events: int = MAX_PENDING_EVENTS,
    ) -> None:
        self._event_log = log
        self._metrics = metrics
        self._max_pending_bytes = max_pending_bytes
        self._max_pending_events = max_pending_events
        self._positions = dict(past.positions)
        self._unreadable = dict(past.unreadable)
        self._taken_up = past.kinds
        self._schemas = dict(past.schemas)
        self._quotas: dict[str, Quota] = {}
        self._restorations = 0
        self._kinds: dict[str, dict[str, _Objects]] = {}
        self._pending_bytes = 0
        self._pending_events = 0
        self._waiting: list[Deferred[None]] = []
        for key, found in past.objects.items():
            self._namespace(key)[key] = found

    def position(self, path: ListPath) -> str | None:
        """See Recorder."""
        position = self._positions.get(path.id)
        return None if position == LOST else position

    def is_known(self, path: ListPath) -> bool:
        """See Recorder."""
        return path.id in self._positions

    def objects(self, path: ListPath) -> Iterator[tuple[ObjectKey, SourceObject]]:
        """See Recorder. What it yields does not change while the caller puts and deletes."""
        namespaces = self._kinds.get(path.kind, {})
        chosen = [namespaces.get(path.namespace, {})] if path.namespace else list(namespaces.values())
        return iter([item for objects in chosen for item in objects.items()])

    def keys(self, path: ListPath) -> Iterator[ObjectKey]:
        """See Recorder. What it yields does not change while the caller puts and deletes."""
        known = dict.fromkeys(key for key, _ in self.objects(path))
        return iter(known | dict.fromkeys(key for key in self._unreadable if path.holds(key)))

    def put(self, path: ListPath, key: ObjectKey, found: SourceObject, position: str | None) -> bool:
        """See Recorder. A suppressed event does not move the path's position; the next bookmark does."""
        objects = self._namespace(key)
        known = objects.get(key)
        if known is not None and known.body == found.body and key not in self._unreadable:
            self._metrics.log_suppressed_events.inc()
            return False
        if not self._admits(key, found, known, changed=position is not None):
            return False
        self._unreadable.pop(key, None)
        objects[key] = found
        change = ChangeType.ADDED if known is None else ChangeType.MODIFIED
        self._append_change(Change(change, key, found.body, found.resource_version, path.id, position))
        return True

    def pass_over(self, path: ListPath, key: ObjectKey, found: UnreadObject, position: str | None) -> bool:
        """See Recorder. Beyond MAX_UNREADABLE nothing is appended."""
        if self._unreadable.get(key) == found:
            self._metrics.log_suppressed_events.inc()
            return False
        if key not in self._unreadable and len(self._unreadable) >= MAX_UNREADABLE:
            self._log.warn(
                "{kind} {namespace}/{name} cannot be read, nor can {count} others: the log names no more of them",
                kind=key.kind,
                namespace=key.namespace,
                name=key.name,
                count=len(self._unreadable),
            )
            return False
        self._unreadable[key] = found
        if position is not None:
            self._positions[path.id] = position
        self._append(Unreadable(key, found, path.id, position), 0)
        return True

    def delete(self, path: ListPath, key: ObjectKey, resource_version: str, position: str | None) -> bool:
        """See Recorder."""
        if not self._forget(key):
            self._metrics.log_suppressed_events.inc()
            return False
        self._append_change(Change(ChangeType.DELETED, key, b"", resource_version, path.id, position))
        return True

    def bookmark(self, path: ListPath, position: str) -> None:
        """See Recorder. A position that the path already has is not appended again."""
        if self._positions.get(path.id) == position:
            return
        self._positions[path.id] = position
        self._append(Position(path.id, position), 0)

    def forget(self, path: ListPath) -> None:
        """See Recorder. Never listed and to be listed again are two things: only the latter counts as known."""
        if path.id in self._positions:
            self.bookmark(path, LOST)

    def forget_all(self) -> None:
        """See Recorder."""
        self._positions = dict.fromkeys(self._positions, LOST)
        self._restorations += 1
        self._append(Position(EVERY_PATH, LOST), 0)

    def schema(self, path: ListPath) -> str:
        """By which schema that path was read; "" where that is not known."""
        return self._schemas.get(path.id, "")

    def read_by(self, path: ListPath, schema: str) -> None:
        """See Recorder. What is known already is not appended again."""
        if self._schemas.get(path.id) != schema:
            self._schemas[path.id] = schema
            self._append(SchemaRead(path.id, schema), 0)

    def take_up(self, kinds: tuple[UndeclaredKind, ...]) -> None:
        """See Recorder. The set that is in force already is not appended again."""
        if kinds != self._taken_up:
            self._taken_up = kinds
            self._append(KindsChanged(kinds), 0)

    def limit(self, kind: str, quota: Quota | None) -> None:
        """See Recorder."""
        self._quotas.pop(kind, None)
        if quota is not None:
            self._quotas[kind] = quota
            for objects in self._kinds.get(kind, {}).values():
                for found in objects.values():
                    quota.admits(len(found.body), None, changed=False)

    @property
    def kinds(self) -> tuple[UndeclaredKind, ...]:
        """See Recorder."""
        return self._taken_up

    @property
    def restorations(self) -> int:
        """See Recorder."""
        return self._restorations

    def drop_strays(self, paths: Iterable[ListPath]) -> Steps:
        """Deletes the objects that none of ``paths`` lists, after the options have changed, an object a step.

        Nothing else is recorded before the last step.
        """
        listed: dict[str, list[ListPath]] = {}
        for path in paths:
            listed.setdefault(path.kind, []).append(path)
        strays: dict[ObjectKey, str] = {}
        unreadable = ((key, found.resource_version) for key, found in self._unreadable.items())
        for key, version in chain(unreadable, ((key, found.resource_version) for key, found in self._all())):
            if not any(path.holds(key) for path in listed.get(key.kind, ())):
                strays[key] = version
            yield
        for key, version in strays.items():
            self._forget(key)
            self._append_change(Change(ChangeType.DELETED, key, b"", version, NO_PATH))
            yield
        if strays:
            self._log.info("{count} objects are no longer mirrored and leave the log", count=len(strays))

    def room(self) -> Deferred[None]:
        """See Recorder. May be cancelled."""
        if self._has_room():
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def _all(self) -> Iterator[tuple[ObjectKey, SourceObject]]:
        for namespaces in self._kinds.values():
            for objects in namespaces.values():
                yield from objects.items()

    def _admits(self, key: ObjectKey, found: SourceObject, known: SourceObject | None, *, changed: bool) -> bool:
        quota = self._quotas.get(key.kind)
        before = None if known is None else len(known.body)
        return quota is None or quota.admits(len(found.body), before, changed=changed)

    def _namespace(self, key: ObjectKey) -> _Objects:
        return self._kinds.setdefault(key.kind, {}).setdefault(key.namespace, {})

    def _forget(self, key: ObjectKey) -> bool:
        was_unreadable = self._unreadable.pop(key, None) is not None
        namespaces = self._kinds.get(key.kind, {})
        objects = namespaces.get(key.namespace, {})
        found = objects.pop(key, None)
        if found is None:
            return was_unreadable
        if key.kind in self._quotas:
            self._quotas[key.kind].frees(len(found.body))
        if not objects:
            del namespaces[key.namespace]
        return True

    def _append_change(self, change: Change) -> None:
        if change.position is not None:
            self._positions[change.path] = change.position
        self._append(change, len(change.body))

    def _append(self, entry: Entry, size: int) -> None:
        self._pending_events += 1
        self._pending_bytes += size
        self._event_log.append((entry,)).addBoth(self._acknowledged, size).addErrback(_closed)

    def _acknowledged(self, result: Failure | None, size: int) -> Failure | None:
        self._pending_events -= 1
        self._pending_bytes -= size
        if self._waiting and self._has_room():
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                waiter.callback(None)
        return result

    def _has_room(self) -> bool:
        return self._pending_bytes < self._max_pending_bytes and self._pending_events < self._max_pending_events


def _closed(failure: Failure) -> None:
    """The log has stopped, and with it the program: what was not durable comes again from the path's position."""
    failure.trap(LogClosed)


if TYPE_CHECKING:
    _: type[Recorder] = LogRecorder
