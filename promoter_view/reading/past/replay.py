"""One replay of a log, from where one may start up to a moment, into a projector of its own.

What is read is decoded in a thread. It is folded in slices of the reactor's time: no two threads run Python at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from twisted.internet.interfaces import IReactorTime

from promoter_view.boundaries import Cursor
from promoter_view.log.group_commit import batched
from promoter_view.log.offsets import milliseconds_of
from promoter_view.log.past import LogPast
from promoter_view.reading.past.cleaned import CleanedPast
from promoter_view.records import Mark, Record
from promoter_view.slices import in_slices, outcome_in_slices
from promoter_view.views.history import Expired
from promoter_view.views.projector import Projector
from promoter_view.views.versions import LAST_PLACE, join, split

#: Whether a record belongs to the moment, given the latest time of all up to it.
Admits = Callable[[Record, int], bool]
_CHANGES = 256
#: Records that are looked through for the next change behind a moment.
_MOST_BEHIND = 2000


class Replay:
    """``begin`` it, go ``through`` what a moment holds, and read ``projector``; then look for what is ``following``.

    ``changed`` is the resourceVersion of the last change that was seen, 0 for none; ``latest_ms`` the latest time of
    the records until then, 0 for none.
    """

    def __init__(
        self, log: LogPast, point: int, projector: Projector, cleaned: CleanedPast, *, reactor: IReactorTime
    ) -> None:
        self._log = log
        self._point = point
        self._cleaned = cleaned
        self._reactor = reactor
        self._records = log.records(point)
        self._ahead: deque[Record] = deque()
        self._cursor: Cursor | None = None
        self.projector = projector
        self.changed = 0
        self.latest_ms = 0
        self.last = point

    @property
    def next(self) -> Record | None:
        """The first record that did not belong to the moment; None where the log ends."""
        return self._ahead[0] if self._ahead else None

    @property
    def built(self) -> bool:
        """There is a complete state."""
        return self.projector.built

    async def close(self) -> None:
        """No more of the log is read."""
        await self._records.aclose()

    async def begin(self) -> None:
        """Takes in the state at the point. Errors: LogError."""
        snapshot = await self._log.snapshot(self._point)
        if snapshot is not None:
            cleaned = await outcome_in_slices(self._cleaned.snapshot(snapshot), reactor=self._reactor)
            await in_slices(self.projector.restore(cleaned), reactor=self._reactor)
            # Whatever clocks said before, no moment of theirs is later than the offset's.
            self.latest_ms = milliseconds_of(self._point)
            self._note()

    async def through(self, admits: Admits, *, most: int = 1 << 20) -> None:
        """Takes in all records until one that is not admitted, so many in one go. Errors: LogError."""
        while await self._filled():
            admitted: list[Record] = []
            while self._ahead and len(admitted) < most:
                latest = max(self.latest_ms, self._ahead[0].time_ms)
                if not admits(self._ahead[0], latest):
                    break
                admitted.append(self._ahead.popleft())
                self.latest_ms = latest
            if not admitted:
                return
            await self._apply(admitted)

    async def following(self) -> int:
        """The resourceVersion of a state with one change more; 0 where none is near. Errors: LogError."""
        before = self.changed
        for _ in range(_MOST_BEHIND):
            if self.changed != before or not await self._filled():
                break
            await self._apply([self._ahead.popleft()])
        return at_end_of(self.changed) if self.changed != before else 0

    def is_lost(self, offset: int) -> bool:
        """That offset stands between a mark and what the mark follows: it was handed out by a tail that is lost."""
        following = self.next
        return following is not None and isinstance(following.entry, Mark) and following.entry.previous < offset

    async def _filled(self) -> bool:
        if not self._ahead:
            with suppress(StopAsyncIteration):
                self._ahead.extend(await anext(self._records))
        return bool(self._ahead)

    async def _apply(self, records: Sequence[Record]) -> None:
        cleaned = tuple(self._cleaned.records(records))
        steps = batched(cleaned, self.projector.apply, seconds=self._reactor.seconds)
        await in_slices(steps, reactor=self._reactor)
        self.last = records[-1].offset
        self._note()

    def _note(self) -> None:
        """Which change was the last one. Where the history begins anew, the newest bundle's."""
        try:
            self._drain()
        except Expired:
            self._cursor = None
            self._drain()

    def _drain(self) -> None:
        if self._cursor is None and self.built:
            self._cursor = self.projector.cursor("", "", self.projector.horizon)
            self.changed = max([self.changed, *self.projector.snapshot().bundles.values()])
        while self._cursor is not None and not self._cursor.caught_up:
            for change in self._cursor.take(_CHANGES):
                self.changed = change.resource_version


def at_end_of(resource_version: int) -> int:
    """The resourceVersion of a list after all changes of that offset."""
    version = split(resource_version)
    return join(version.offset, version.generation, LAST_PLACE)
