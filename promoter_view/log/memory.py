"""An event log without a disk: for tests and throw-away runs. It forgets when it stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from promoter_view.clocks import WallClock
from promoter_view.log.errors import LogUnusable
from promoter_view.log.group_commit import GroupCommit
from promoter_view.log.offsets import mark_offset, require_clock
from promoter_view.metrics import Metrics
from promoter_view.records import Entry, LogStatus, Mark, Mirror, Record

if TYPE_CHECKING:
    from promoter_view.boundaries import EventLog, Follower, Leading


class MemoryLog:
    """The contract of every EventLog, but what it holds is the follower's state alone.

    ``delay_seconds`` passes before a group counts as durable, as on a disk.
    """

    def __init__(
        self,
        *,
        reactor: IReactorTime,
        wall: WallClock,
        metrics: Metrics,
        generation: int,
        on_fatal: Callable[[str], None],
        delay_seconds: float = 0.0,
    ) -> None:
        self._reactor = reactor
        self._wall = wall
        self._generation = generation
        self._delay_seconds = delay_seconds
        self._first = 0
        self._groups = GroupCommit(reactor=reactor, wall=wall, metrics=metrics, commit=self._commit, on_fatal=on_fatal)

    def start(self, follower: Follower, mirror: Mirror) -> Deferred[None]:
        """See EventLog."""
        now = self._wall()
        try:
            require_clock(0, now)
        except LogUnusable:
            return fail()
        self._first = mark_offset(0, now)
        self._groups.begin(follower, last=0, least=self._first)
        return self._groups.append((Mark(0, mirror, self._generation),))

    def lead(self, part: Leading) -> None:
        """See EventLog."""
        part.begin()

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog."""
        return self._groups.append(entries)

    def barrier(self) -> Deferred[None]:
        """See EventLog. Nobody else writes."""
        return succeed(None)

    def stop(self) -> Deferred[None]:
        """See EventLog."""
        return Deferred.fromCoroutine(self._groups.stop())

    def status(self) -> LogStatus:
        """See EventLog. It holds no bytes of its own."""
        groups = self._groups
        return LogStatus(groups.head, self._first, 0, groups.queue.pending_events, groups.queue.pending_bytes)

    async def _commit(self, previous: int, records: Sequence[Record]) -> None:  # noqa: ARG002
        if self._delay_seconds:
            await deferLater(self._reactor, self._delay_seconds)


if TYPE_CHECKING:
    _: type[EventLog] = MemoryLog
