"""What one watch says: a cursor on a table's history, as frames of a watch stream. Pure.

It holds no queue: what was not taken yet is read from the table later. Source: API conventions ("Efficient detection
of changes"), KEP-956 (bookmarks), KEP-3157 (initial events).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import orjson

from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.errors import StatusError, too_large, too_old
from promoter_view.simulator.kubernetes.listing import select, selects
from promoter_view.simulator.kubernetes.objects import Document, Stored
from promoter_view.simulator.kubernetes.query import QueryOptions
from promoter_view.simulator.kubernetes.table import Table

_INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


class WatchCursor:
    """The position of one watch. ``reorder`` may change the order in which the first state is told (a fault)."""

    def __init__(
        self,
        cluster: ObjectStore,
        table: Table,
        namespace: str,
        options: QueryOptions,
        reorder: Callable[[list[Stored]], None] | None = None,
    ) -> None:
        self._cluster = cluster
        self._table = table
        self._namespace = namespace
        self._options = options
        self._epoch = cluster.epoch
        self._position = cluster.resource_version if options.begins_now else options.resource_version or 0
        self._initial: deque[Stored] = deque()
        self._state_end_due = False
        self.ended = False
        if options.begins_with_state and not self._ahead:
            self._take_state(reorder)

    @property
    def severed(self) -> bool:
        """The cluster was restored since: its server went down with every connection."""
        return self._cluster.epoch != self._epoch

    @property
    def _ahead(self) -> bool:
        return self._position > self._cluster.resource_version

    def take(self, limit: int) -> list[bytes] | None:
        """Examines up to ``limit`` events and returns the frames of those that are seen; None: nothing is left."""
        if self._initial:
            count = min(limit, len(self._initial))
            return [frame("ADDED", self._initial.popleft().body) for _ in range(count)]
        if self._state_end_due:
            self._state_end_due = False
            return [self._bookmark(_INITIAL_EVENTS_END)]
        if self._options.begins_with_state and self._ahead:
            self.ended = True
            return [error_frame(too_large(self._position, self._cluster.resource_version))]
        if self._position < self._table.horizon:
            self.ended = True
            return [error_frame(too_old(self._position, self._table.horizon))]
        return self._take_events(limit)

    def bookmark(self) -> bytes | None:
        """A bookmark at this watch's own position; None while that is where it began, as kube-apiserver has it."""
        return None if self._position <= (self._options.resource_version or 0) else self._bookmark({})

    def _take_state(self, reorder: Callable[[list[Stored]], None] | None) -> None:
        found = [one for one in self._table.objects.values() if selects(one, self._namespace, self._options)]
        found.sort(key=lambda one: one.key)
        if reorder is not None:
            reorder(found)
        self._initial.extend(found)
        self._position = self._cluster.resource_version
        self._state_end_due = self._options.bookmarks

    def _take_events(self, limit: int) -> list[bytes] | None:
        events = self._table.after(self._position, limit)
        if not events:
            kind = self._table.kind
            self.ended = self._cluster.table(kind.group, kind.plural) is not self._table
            # A position from before a restore may be ahead: such a watch waits in silence, as kube-apiserver's do.
            self._position = max(self._position, self._cluster.resource_version)
            return None
        self._position = events[-1].resource_version
        seen = (select(event, self._namespace, self._options) for event in events)
        return [frame(selected.type, selected.found.body) for selected in seen if selected is not None]

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        metadata: Document = {"annotations": annotations} if annotations else {}
        metadata["resourceVersion"] = str(self._position)
        kind = self._table.kind
        document = {"apiVersion": kind.api_version.lstrip("/"), "kind": kind.kind, "metadata": metadata}
        return frame("BOOKMARK", orjson.dumps(document))


def frame(event_type: str, body: bytes) -> bytes:
    """One line of a watch stream."""
    return b'{"type":"%s","object":%s}\n' % (event_type.encode(), body)


def error_frame(error: StatusError) -> bytes:
    """An error inside a stream whose headers said 200."""
    return frame("ERROR", orjson.dumps(error.document()))
