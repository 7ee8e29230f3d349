"""The recent bundle changes, in order: what a cursor reads. Pure; knows nothing of objects or of how bundles are made.

All views share one history, so that one number orders all. It is bounded by bytes; the **horizon** is the position of
the last change dropped (or of what the history was begun from), and a reader before it is told so.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.versions import split

#: A change's tuple, resourceVersion, cost and slots, two bundles' share, in bytes.
_RECORD_BYTES = 240
_DROPPED = BundleChange(0, None, None, 0)


class Expired(Exception):  # noqa: N818 - Kubernetes' reason for a 410
    """That resourceVersion cannot be read from any more: it is before the horizon, lost, or of another generation."""

    def __init__(self, resource_version: int, horizon: int) -> None:
        super().__init__(f"too old resource version: {resource_version} ({horizon})")
        self.resource_version = resource_version
        self.horizon = horizon


class Ahead(Exception):  # noqa: N818 - a state, as Expired is
    """That resourceVersion's offset has not come yet."""

    def __init__(self, resource_version: int, head: int) -> None:
        super().__init__(f"Too large resource version: {resource_version}, current: {head}")
        self.resource_version = resource_version
        self.head = head


def require_come(resource_version: int, head: int) -> None:
    """The newest state is not older than that. Errors: Ahead.

    Offsets are compared: a list's resourceVersion is the last place of its offset, so that a smaller place of the same
    offset is in it, and one of another generation of definitions means the same events.
    """
    if split(resource_version).offset > split(head).offset:
        raise Ahead(resource_version, head)


class _Gap(NamedTuple):
    """Offsets between these two, both excluded, were handed out by a tail that is lost."""

    previous: int
    mark: int


class History:
    """Bundle changes by absolute index: an index keeps its meaning while older changes are dropped.

    ``generation`` is the view definitions' own, ``max_bytes`` what may be kept in memory.
    """

    def __init__(self, *, generation: int, max_bytes: int) -> None:
        self._generation = generation
        self._max_bytes = max_bytes
        self._changes: list[BundleChange] = []
        self._costs: list[int] = []
        self._base = 0  # the absolute index of _changes[0]
        self._dropped = 0  # how many at the front of _changes are gone
        self._gaps: list[_Gap] = []
        self.bytes = 0
        self.head = 0
        self.horizon = 0

    @property
    def first(self) -> int:
        """The absolute index of the oldest change that is still there."""
        return self._base + self._dropped

    @property
    def end(self) -> int:
        """The absolute index that the next change will have."""
        return self._base + len(self._changes)

    def extend(self, changes: Sequence[BundleChange], head: int) -> None:
        """The changes of one offset, in order; then the head moves to ``head``. What no longer fits is dropped."""
        counted: set[int] = set()
        for change in changes:
            cost = _cost(change, counted)
            self._changes.append(change)
            self._costs.append(cost)
            self.bytes += cost
        self.head = head
        while self.bytes > self._max_bytes and self._dropped < len(self._changes):
            self._drop()
        self._compact()

    def restart(self, head: int) -> None:
        """Forget all; head and horizon are ``head``. Every cursor there is has expired, wherever it stood."""
        self._base = self.end + 1
        self._changes, self._costs, self._dropped, self.bytes = [], [], 0, 0
        self._gaps.clear()
        self.head = self.horizon = head

    def gap(self, previous: int, mark: int) -> None:
        """Nobody resumes at an offset between the two (both excluded)."""
        self._gaps.append(_Gap(previous, mark))

    def locate(self, resource_version: int) -> int:
        """The absolute index of the first change after it. Errors: Expired, Ahead."""
        self._check(resource_version)
        found = bisect_right(self._changes, resource_version, self._dropped, key=_resource_version)
        return self._base + found

    def read(self, index: int, limit: int) -> Sequence[BundleChange]:
        """At most ``limit`` changes from that absolute index on, which must not be before ``first``."""
        start = index - self._base
        return self._changes[start : start + limit]

    def since(self, resource_version: int) -> Iterator[BundleChange]:
        """All changes after it, in order. Errors: Expired, Ahead."""
        start = self.locate(resource_version) - self._base
        return (self._changes[index] for index in range(start, len(self._changes)))

    def undone(self, view: str, namespace: str, resource_version: int) -> dict[BundleKey, Bundle | None]:
        """The bundles that have changed after it, as they were before. Errors: Expired, Ahead."""
        found: dict[BundleKey, Bundle | None] = {}
        for change in self.since(resource_version):
            if change.key.view == view and namespace in ("", change.key.namespace):
                found.setdefault(change.key, change.before)
        return found

    def _check(self, resource_version: int) -> None:
        require_come(resource_version, self.head)
        version = split(resource_version)
        foreign = resource_version <= 0 or version.generation != self._generation
        if foreign or resource_version < self.horizon or self._is_lost(version.offset):
            raise Expired(resource_version, self.horizon)

    def _is_lost(self, offset: int) -> bool:
        following = bisect_right(self._gaps, offset, key=_mark)
        return following < len(self._gaps) and self._gaps[following].previous < offset

    def _drop(self) -> None:
        self.bytes -= self._costs[self._dropped]
        self.horizon = self._changes[self._dropped].resource_version
        self._changes[self._dropped] = _DROPPED
        self._dropped += 1

    def _compact(self) -> None:
        # Only when half of it is gone: then each change is moved about once in its life.
        if self._dropped * 2 <= len(self._changes):
            return
        del self._changes[: self._dropped], self._costs[: self._dropped]
        self._base += self._dropped
        self._dropped = 0
        self._prune_gaps()

    def _prune_gaps(self) -> None:
        del self._gaps[: bisect_right(self._gaps, split(self.horizon).offset, key=_mark)]


class HistoryCursor:
    """A position in the history, filtered by one view and one namespace, "" for all. A ``boundaries.Cursor``."""

    def __init__(self, history: History, view: str, namespace: str, after: int) -> None:
        self._history = history
        self._view = view
        self._namespace = namespace
        self._index = history.locate(after)
        self._position = after

    @property
    def caught_up(self) -> bool:
        """Nothing is left to read until the head moves."""
        return self._index == self._history.end

    @property
    def position(self) -> int:
        """The resourceVersion up to which everything has been examined; it never goes back."""
        if self.caught_up:
            self._position = self._history.head
        return self._position

    def take(self, limit: int) -> Sequence[BundleChange]:
        """Examines the next ``limit`` changes; returns those of this view and namespace. Errors: Expired."""
        if self._index < self._history.first:
            raise Expired(self._position, self._history.horizon)
        examined = self._history.read(self._index, limit)
        if examined:
            self._index += len(examined)
            self._position = examined[-1].resource_version
        return [change for change in examined if self._admits(change)]

    def _admits(self, change: BundleChange) -> bool:
        key = change.key
        return self._view in ("", key.view) and self._namespace in ("", key.namespace)


def _resource_version(change: BundleChange) -> int:
    return change.resource_version


def _mark(gap: _Gap) -> int:
    return gap.mark


def _cost(change: BundleChange, counted: set[int]) -> int:
    """What keeping this change costs: its record, the new sequence and metadata, and the pieces that left the bundle.

    From here on the history alone may keep those alive. A piece that leaves many bundles of one offset counts once:
    ``counted`` holds the ids of those.
    """
    before, after = change.before, change.after
    made = 0 if after is None else sys.getsizeof(after.tail) + len(after.head)
    return _RECORD_BYTES + made + sum(map(len, _departed(before, after, counted)))


def _departed(before: Bundle | None, after: Bundle | None, counted: set[int]) -> Iterator[bytes]:
    if before is None:
        return
    staying = set(map(id, after.tail)) if after is not None else set()
    for piece in before.tail:
        if id(piece) not in staying and id(piece) not in counted:
            counted.add(id(piece))
            yield piece
