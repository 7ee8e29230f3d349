"""The way of an entry through any log: queued, numbered, committed in a group, applied, acknowledged.

While one group is being made durable, the next one gathers: the slower the disk, the larger the groups. What makes a
group durable comes in as ``commit``; nothing here knows of files.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from promoter_view.boundaries import Follower
from promoter_view.clocks import WallClock
from promoter_view.log.bounds import MAX_PAYLOAD_BYTES
from promoter_view.log.errors import LogClosed
from promoter_view.log.offsets import OffsetClock
from promoter_view.metrics import Metrics
from promoter_view.records import Change, Entry, Record
from promoter_view.slices import SLICE_SECONDS, begin_slice

GROUP_BYTES = 4 << 20
GROUP_EVENTS = 10_000
#: An entry's own bytes beside the body, generously.
ENTRY_BYTES = 512
MAX_BODY_BYTES = MAX_PAYLOAD_BYTES // 2
#: How many records go in one call at most.
SLICE_RECORDS = 16

Commit = Callable[[int, Sequence[Record]], Awaitable[None]]


class Queued(NamedTuple):
    """An entry that waits. ``waiter`` is that of the append whose last entry this is."""

    entry: Entry
    size: int
    queued_at: float
    waiter: Deferred[None] | None


class CommitPhase(enum.Enum):
    """The life of a GroupCommit."""

    NEW = enum.auto()
    RUNNING = enum.auto()
    STOPPING = enum.auto()
    CLOSED = enum.auto()


async def in_slices(
    records: Sequence[Record], take: Callable[[Sequence[Record]], None], *, reactor: IReactorTime
) -> None:
    """Has ``take`` take them in order, and lets the reactor turn when a slice of its time is over.

    As many go in one call as suits what the last ones took: one may touch a bundle of megabytes, or be stored only.
    """
    at, count, is_over = 0, 1, begin_slice(reactor)
    while at < len(records):
        if is_over():
            await deferLater(reactor, 0)
            is_over = begin_slice(reactor)
        began = reactor.seconds()
        take(records[at : at + count])
        at += count
        took_long = reactor.seconds() - began > SLICE_SECONDS / SLICE_RECORDS
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
        self._metrics = metrics
        self._commit = commit
        self._on_fatal = on_fatal
        self._phase = CommitPhase.NEW
        self._queue: deque[Queued] = deque()
        self._in_flight: deque[Queued] = deque()
        self._awoken: Deferred[None] | None = None
        self._applied: Deferred[None] = succeed(None)
        self._ended: Deferred[None] = succeed(None)
        self.head = 0
        self.pending_bytes = 0

    @property
    def pending_events(self) -> int:
        """Entries that are not acknowledged yet."""
        return len(self._queue) + len(self._in_flight)

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
        sizes = [_size(entry) for entry in entries]
        if any(size > MAX_BODY_BYTES for size in sizes):
            return fail(ValueError(f"an entry of {max(sizes)} bytes is above the bound of {MAX_BODY_BYTES}"))
        if not entries:
            return succeed(None)
        return self._enqueue(entries, sizes)

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
        self._refuse()

    def _enqueue(self, entries: Sequence[Entry], sizes: Sequence[int]) -> Deferred[None]:
        waiter: Deferred[None] = Deferred()
        now = self._reactor.seconds()
        last = len(entries) - 1
        for at, (entry, size) in enumerate(zip(entries, sizes, strict=True)):
            self._queue.append(Queued(entry, size, now, waiter if at == last else None))
            self.pending_bytes += size
        self._wake()
        return waiter

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
        while not self._queue and self._phase is CommitPhase.RUNNING:
            self._awoken = Deferred()
            await self._awoken
        return bool(self._queue) and self._phase in (CommitPhase.RUNNING, CommitPhase.STOPPING)

    async def _commit_group(self) -> None:
        group = self._take()
        previous = self._offsets.last
        records = [self._number(queued.entry) for queued in group]
        await self._commit(previous, records)
        self._measure(group)
        await self.settled()
        self._applied = Deferred.fromCoroutine(self._apply(records))

    def _take(self) -> Sequence[Queued]:
        group: list[Queued] = []
        size = 0
        while self._queue and len(group) < GROUP_EVENTS and size < GROUP_BYTES:
            queued = self._queue.popleft()
            group.append(queued)
            size += queued.size
        self._in_flight.extend(group)
        return group

    def _number(self, entry: Entry) -> Record:
        now = self._wall()
        return Record(self._offsets.next(now), int(now * 1000), entry)

    def _measure(self, group: Sequence[Queued]) -> None:
        now = self._reactor.seconds()
        self._metrics.log_sync_batch_events.observe(len(group))
        for queued in group:
            if queued.waiter is not None:
                self._metrics.log_append_seconds.observe(now - queued.queued_at)

    async def _apply(self, records: Sequence[Record]) -> None:
        try:
            await in_slices(records, self._apply_slice, reactor=self._reactor)
        except Exception as error:  # a follower that raises has lost its place: nothing may follow
            self._break(error)

    def _apply_slice(self, records: Sequence[Record]) -> None:
        self._follower.apply(records)
        self.head = records[-1].offset
        for _ in records:
            queued = self._in_flight.popleft()
            self.pending_bytes -= queued.size
            if queued.waiter is not None:
                queued.waiter.callback(None)

    def _break(self, error: Exception) -> None:
        self._phase = CommitPhase.CLOSED
        self._log.failure("the event log cannot go on")
        self._on_fatal(f"the event log cannot go on: {error}")

    def _refuse(self) -> None:
        waiting = [*self._in_flight, *self._queue]
        self._in_flight.clear()
        self._queue.clear()
        self.pending_bytes = 0
        for queued in waiting:
            if queued.waiter is not None:
                queued.waiter.errback(LogClosed("the log stopped before this was durable"))


def _size(entry: Entry) -> int:
    return ENTRY_BYTES + len(entry.body) if isinstance(entry, Change) else ENTRY_BYTES
