"""One replay of a log, from where one may start up to a moment, into a projector of its own.

What is read is decoded in a thread. It is folded in slices of the reactor's time: no two threads run Python at once.
Where the log tells what its records made of bundles, these are made once, at the moment (folding.py).
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
from promoter_view.reading.past import folding
from promoter_view.reading.past.cleaned import CleanedPast
from promoter_view.reading.past.folding import Fold, can_fold
from promoter_view.reading.past.times import Validity, latest_ms
from promoter_view.records import UNSHOWN, DerivedBundles, Mark, Record, Snapshot
from promoter_view.slices import in_slices, outcome_in_slices
from promoter_view.views.history import Expired
from promoter_view.views.projector import Projector
from promoter_view.views.versions import LAST_PLACE, join, split

#: Whether a record belongs to the moment, given the latest time of all up to it.
Admits = Callable[[Record, int], bool]
_CHANGES = 256
#: Records that are looked through for the next change behind a moment.
_MOST_BEHIND = 2000
#: Records that are looked through for what became of bundles before it.
_MOST_AHEAD = 2048
#: Beyond any offset.
NO_LIMIT = 1 << 62


class Replay:
    """``begin`` it, go ``through`` what a moment holds, and read ``projector``; then look for what is ``following``.

    ``untold`` gives what became of the last bundles, as far as the log does not tell it yet; None: that is not known.

    ``changed`` is the resourceVersion of the last change that was seen, 0 for none; ``latest_ms`` the latest time of
    the records until then, 0 for none.
    """

    def __init__(
        self,
        log: LogPast,
        point: int,
        projector: Projector,
        cleaned: CleanedPast,
        untold: Callable[[], DerivedBundles | None],
        *,
        generation: int,
        limit: int = NO_LIMIT,
        reactor: IReactorTime,
    ) -> None:
        self._log = log
        self._point = point
        self._cleaned = cleaned
        self._reactor = reactor
        self._generation = generation
        self._limit = limit
        self._untold = untold
        self._records = log.records(point)
        self._fold: Fold | None = None
        self._following = 0
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
        return self._fold is not None or self.projector.built

    @property
    def time_ms(self) -> int:
        """The time of the last record that counts as written at one."""
        return self.latest_ms or milliseconds_of(self.last)

    def span(self, time_ms: int, newest: int) -> Validity:
        """Of which moments this is the state, among them ``time_ms``; ``newest`` is the newest resourceVersion."""
        following = self.next
        if following is None or isinstance(following.entry, UNSHOWN):
            return Validity(self.time_ms, time_ms + 1, newest)
        return Validity(self.time_ms, latest_ms(self.time_ms, following))

    async def close(self) -> None:
        """No more of the log is read."""
        await self._records.aclose()

    async def begin(self) -> None:
        """Takes in the state at the point. Errors: LogError."""
        snapshot = await self._log.snapshot(self._point)
        if snapshot is not None:
            cleaned = await outcome_in_slices(self._cleaned.snapshot(snapshot), reactor=self._reactor)
            # Whatever clocks said before, no moment of theirs is later than the offset's.
            self.latest_ms = milliseconds_of(self._point)
            if self._log.derives and can_fold(cleaned, self._generation):
                self._fold = Fold(cleaned, self._limit)
                await in_slices(self._fold.begin(), reactor=self._reactor)
            else:
                await self._restore(cleaned)

    async def through(self, admits: Admits, *, most: int = 1 << 20) -> None:
        """Takes in all records until one that is not admitted, so many in one go. Errors: LogError.

        ``limit``: of an offset beyond it each change is to be had.
        """
        while admitted := await self._admitted(admits, most):
            if self._fold is None:
                await self._apply(admitted)
                continue
            await in_slices(self._fold.take(await self._clean(admitted)), reactor=self._reactor)
            self.last = admitted[-1].offset
            if self._fold.is_stuck:
                await self._make(self._fold)
        if self._fold is not None:
            await self._look_ahead(self._fold)
            await self._make(self._fold)

    async def following(self) -> int:
        """The resourceVersion of a state with one change more; 0 where none is near. Errors: LogError."""
        before = self.changed
        if self._following:
            return at_end_of(self._following)
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
        return bool(self._ahead) or await self._read_on()

    async def _read_on(self) -> bool:
        """Whether there was something."""
        before = len(self._ahead)
        with suppress(StopAsyncIteration):
            self._ahead.extend(await anext(self._records))
        return len(self._ahead) > before

    async def _admitted(self, admits: Admits, most: int) -> Sequence[Record]:
        admitted: list[Record] = []
        while len(admitted) < most and (self._ahead or (not admitted and await self._filled())):
            latest = latest_ms(self.latest_ms, self._ahead[0])
            if not admits(self._ahead[0], latest):
                break
            admitted.append(self._ahead.popleft())
            self.latest_ms = latest
        return admitted

    async def _look_ahead(self, fold: Fold) -> None:
        """What became of the last bundles stands behind the moment, and what followed, if it is in the log yet."""
        seen = size = 0
        while (fold.waits or not fold.following) and seen < _MOST_AHEAD and size <= folding.MOST_WAITING_BYTES:
            if seen == len(self._ahead) and not await self._read_on():
                break
            await in_slices(fold.look_ahead(self._ahead[seen], self.last), reactor=self._reactor)
            size += folding.size_of(self._ahead[seen])
            seen += 1
        untold = self._untold() if fold.waits or not fold.following else None
        if untold is not None:
            await in_slices(fold.hear(untold, self.last), reactor=self._reactor)

    async def _make(self, fold: Fold) -> None:
        """All bundles of the moment: of what is folded at once, of what waits one after the other."""
        self._fold, self.changed, self._following = None, fold.changed, fold.following
        await self._restore(self._cleaned.rooted(fold.snapshot()))
        await self._take(tuple(fold.waiting))

    async def _restore(self, snapshot: Snapshot) -> None:
        await in_slices(self.projector.restore(snapshot), reactor=self._reactor)
        self._note()

    async def _apply(self, records: Sequence[Record]) -> None:
        await self._take(await self._clean(records))
        self.last = records[-1].offset

    async def _clean(self, records: Sequence[Record]) -> Sequence[Record]:
        return await outcome_in_slices(self._cleaned.records(records), reactor=self._reactor)

    async def _take(self, cleaned: Sequence[Record]) -> None:
        steps = batched(cleaned, self.projector.apply, seconds=self._reactor.seconds)
        await in_slices(steps, reactor=self._reactor)
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
