"""One resource's objects, and the events that led to them: a small copy of what etcd keeps. Pure.

The history is bounded by a number of events; what is dropped moves the horizon, and a reader behind it is told.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from promoter_view.kubernetes.kinds import Kind
from promoter_view.records import ChangeType
from promoter_view.simulator.kubernetes.objects import Stored


class TableEvent(NamedTuple):
    """One change of one object. ``before`` is None for ADDED; for DELETED ``after`` is None."""

    resource_version: int
    before: Stored | None
    after: Stored | None

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        found = self.after or self.before
        assert found is not None
        return found.namespace

    @property
    def key(self) -> str:
        """The object's storage key."""
        found = self.after or self.before
        assert found is not None
        return found.key


@dataclass(frozen=True, slots=True)
class Selected:
    """What one watcher sees of an event: its type, and the object as the event shows it."""

    type: ChangeType
    found: Stored


@dataclass(frozen=True, slots=True)
class TableBackup:
    """A table as it was."""

    kind: Kind
    status: bool
    objects: Mapping[str, Stored]
    events: Sequence[TableEvent]
    horizon: int


class Table:
    """The state and the history of one resource. ``status``: it has a status subresource."""

    def __init__(self, kind: Kind, *, status: bool, history_events: int) -> None:
        self.kind = kind
        self.status = status
        self.objects: dict[str, Stored] = {}
        self.horizon = 0
        self._events: list[TableEvent] = []
        self._history_events = history_events

    def record(self, event: TableEvent) -> None:
        """Takes one change: the state moves, the history grows, and its oldest part goes where it is too long."""
        if event.after is None:
            del self.objects[event.key]
        else:
            self.objects[event.key] = event.after
        self._events.append(event)
        if len(self._events) > self._history_events:
            self._drop(len(self._events) - self._history_events // 2)

    def after(self, resource_version: int, limit: int) -> Sequence[TableEvent]:
        """The next events after that resourceVersion, oldest first. The caller has looked at the horizon."""
        start = bisect_right(self._events, resource_version, key=_version_of)
        return self._events[start : start + limit]

    def at(self, resource_version: int) -> dict[str, Stored]:
        """The objects as they were, by undoing what came later. The caller has looked at the horizon."""
        objects = dict(self.objects)
        start = bisect_right(self._events, resource_version, key=_version_of)
        for event in reversed(self._events[start:]):
            if event.before is None:
                del objects[event.key]
            else:
                objects[event.key] = event.before
        return objects

    def compact(self, resource_version: int) -> None:
        """Forgets the events up to that resourceVersion."""
        self._drop(bisect_right(self._events, resource_version, key=_version_of))
        self.horizon = max(self.horizon, resource_version)

    def _drop(self, count: int) -> None:
        if count:
            self.horizon = max(self.horizon, self._events[count - 1].resource_version)
            del self._events[:count]

    def backup(self) -> TableBackup:
        """A copy that does not change afterwards."""
        return TableBackup(self.kind, self.status, dict(self.objects), tuple(self._events), self.horizon)

    def restore(self, backup: TableBackup) -> None:
        """Goes back to what a backup holds."""
        self.objects = dict(backup.objects)
        self._events = list(backup.events)
        self.horizon = backup.horizon


def _version_of(event: TableEvent) -> int:
    return event.resource_version
