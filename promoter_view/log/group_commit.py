"""The way of an entry through any log: queued, numbered, committed in a group, applied, acknowledged.

While one group is being made durable, the next one gathers: the slower the disk, the larger the groups. What makes a
group durable comes in as ``commit``; nothing here knows of files.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from promoter_view.boundaries import Follower
from promoter_view.clocks import WallClock
from promoter_view.log.entry_queue import EntryQueue
from promoter_view.log.errors import LogClosed
from promoter_view.log.offsets import OffsetClock
from promoter_view.metrics import Metrics
from promoter_view.records import UNSHOWN, Entry, Record
from promoter_view.slices import SLICE_SECONDS, Steps, in_slices

GROUP_BYTES = 4 << 20
GROUP_EVENTS = 10_000
#: How many records go in one call at most.
SLICE_RECORDS = 16

Commit = Callable[[int, Sequence[Record]], Awaitable[None]]


class CommitPhase(enum.Enum):
    """The life of a GroupCommit."""

    NEW = enum.auto()
    RUNNING = enum.auto()
    STOPPING = enum.auto()
    CLOSED = enum.auto()


def batched(
    records: Sequence[Record], take: Callable[[Sequence[Record]], Steps], *, seconds: Callable[[], float]
) -> Steps:
    """Has ``take`` take them in order, as many in one call as suits what each of the last took.

    One may touch a bundle of megabytes, or be stored only.
    """
    at, count = 0, 1
    while at < len(records):
        began = seconds()
        yield from take(records[at : at + count])
        yield
        at += count
        took_long = (seconds() - began) / count > SLICE_SECONDS / SLICE_RECORDS
        count = 1 if took_long else min(2 * count, SLICE_RECORDS)


class GroupCommit:
    """Queues entries, has them committed in groups, applies and acknowledges them in order.

    ``commit(previous, records)`` makes a group durable; it raises LogClosed when it gives up because the log stops,
    and whatever else it raises ends the log: ``on_fatal`` is told, and nothing is acknowledged from then on.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        reactor: IReactorTime,
        wall: WallClock,
        metrics: Metrics,
        commit: Commit,
        on_fatal: Callable[[str], None],
    ) -> None:
        self._reactor = reactor
        self._wall = wall
        self._commit = commit
        self._on_fatal = on_fatal
        self._phase = CommitPhase.NEW
        self.queue: EntryQueue[Entry] = EntryQueue(lambda entry: entry, clock=reactor, metrics=metrics)
        self._awoken: Deferred[None] | None = None
        self._applied: Deferred[None] = succeed(None)
        self._ended: Deferred[None] = succeed(None)
        self.head = 0

    def begin(self, follower: Follower, *, last: int, least: int) -> None:
        """From now on entries are taken; the first offset is ``least`` or more, the last one before it ``last``."""
        self._follower = follower
        self._offsets = OffsetClock(last, least)
        self._phase = CommitPhase.RUNNING
        self._ended = Deferred.fromCoroutine(self._run())

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog.append. Errors: LogClosed, ValueError for a body above MAX_BODY_BYTES."""
        if self._phase is not CommitPhase.RUNNING:
            return fail(LogClosed("the log is not open"))
        appended = self.queue.add(entries)
        self._wake()
        return appended

    async def settled(self) -> None:
        """Returns once all that is durable is applied. Errors: LogClosed when the follower has failed."""
        applied, self._applied = self._applied, succeed(None)
        await applied
        if self._phase is CommitPhase.CLOSED:
            raise LogClosed("what is durable could not be applied")

    async def stop(self) -> None:
        """Commits what is queued where that is possible; the rest fails with LogClosed."""
        if self._phase is CommitPhase.RUNNING:
            self._phase = CommitPhase.STOPPING
            self._wake()
            ended, self._ended = self._ended, succeed(None)
            await ended
        self._phase = CommitPhase.CLOSED
        self.queue.refuse("the log stopped before this was durable")

    def _wake(self) -> None:
        if self._awoken is not None:
            awoken, self._awoken = self._awoken, None
            awoken.callback(None)

    async def _run(self) -> None:
        try:
            while await self._has_work():
                await self._commit_group()
            await self.settled()
        except LogClosed:
            await self._applied
        except Exception as error:  # whatever it is, nothing may be acknowledged after it
            self._break(error)

    async def _has_work(self) -> bool:
        while not self.queue and self._phase is CommitPhase.RUNNING:
            self._awoken = Deferred()
            await self._awoken
        return bool(self.queue) and self._phase in (CommitPhase.RUNNING, CommitPhase.STOPPING)

    async def _commit_group(self) -> None:
        group = self.queue.take(self._fitting())
        previous = self._offsets.last
        records = [self._number(queued.item) for queued in group]
        await self._commit(previous, records)
        self.queue.measure(group)
        await self.settled()
        self._applied = Deferred.fromCoroutine(self._apply(records))

    def _fitting(self) -> int:
        """How many entries make the next group: it ends with the one that fills it."""
        count, size = 0, 0
        for queued in islice(self.queue, GROUP_EVENTS):
            if size >= GROUP_BYTES:
                break
            count += 1
            size += queued.size
        return count

    def _number(self, entry: Entry) -> Record:
        now = self._wall()
        return Record(self._offsets.next(now), int(now * 1000), entry)

    async def _apply(self, records: Sequence[Record]) -> None:
        try:
            steps = batched(records, self._apply_batch, seconds=self._reactor.seconds)
            await in_slices(steps, reactor=self._reactor)
        except Exception as error:  # a follower that raises has lost its place: nothing may follow
            self._break(error)

    def _apply_batch(self, records: Sequence[Record]) -> Steps:
        yield from self._follower.apply(records)
        if self.head or not all(isinstance(record.entry, UNSHOWN) for record in records):
            self.head = records[-1].offset  # what an earlier process mirrored may not be served for a cursor's sake
        self.queue.settle(len(records))

    def _break(self, error: Exception) -> None:
        self._phase = CommitPhase.CLOSED
        self._log.failure("the event log cannot continue")
        self._on_fatal(f"the event log cannot continue: {error}")
