"""This replica's terms of leading: each begins with a mark, runs what leads (the reflectors), and ends as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from twisted.internet.defer import CancelledError, Deferred, fail, maybeDeferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from promoter_view.boundaries import Leading
from promoter_view.clocks import WallClock, steady
from promoter_view.log.errors import LogClosed
from promoter_view.log.etcd.client.values import Etcd
from promoter_view.log.etcd.election import Term
from promoter_view.log.etcd.layout import Layout, decode_head
from promoter_view.log.etcd.loading import Loader
from promoter_view.log.etcd.progress import Progress
from promoter_view.log.etcd.transactions import Tail, empty_tail
from promoter_view.log.etcd.upkeep import Upkeep
from promoter_view.log.etcd.writing import Writer
from promoter_view.log.settings import LogSettings
from promoter_view.metrics import Metrics
from promoter_view.records import Entry, Mark, Mirror, Snapshot

NOT_LEADING = "this replica does not lead: another one writes"


class Terms:
    """At most one at a time. ``resign`` gives the leader's key back, with a reason."""

    _log = Logger()

    def __init__(
        self,
        etcd: Etcd,
        layout: Layout,
        *,
        progress: Progress,
        clock: IReactorTime,
        wall: WallClock,
        random: Callable[[], float],
        metrics: Metrics,
        settings: LogSettings,
        loader: Loader,
        snapshot: Callable[[], Snapshot],
        resign: Callable[[str], None],
    ) -> None:
        self._etcd = etcd
        self._layout = layout
        self._progress = progress
        self._clock = clock
        self._wall = wall
        self._steady = steady(wall, clock.seconds)
        self._random = random
        self._metrics = metrics
        self._settings = settings
        self._loader = loader
        self._snapshot = snapshot
        self._resign = resign
        self._upkeep: Deferred[None] = succeed(None)
        self._writer: Writer | None = None
        self._part: Leading | None = None
        self._beginning: Deferred[None] = succeed(None)
        self._part_runs = False
        self.mirror = Mirror("", {})
        self.idle = True
        self.leads = False

    @property
    def fault(self) -> str | None:
        """What is in the way of appending."""
        return None if self._writer is None else self._writer.fault

    @property
    def pending_events(self) -> int:
        """Entries that are not acknowledged yet."""
        return 0 if self._writer is None else self._writer.pending_events

    @property
    def pending_bytes(self) -> int:
        """Their size."""
        return 0 if self._writer is None else self._writer.pending_bytes

    def lead(self, part: Leading) -> None:
        """See EventLog.lead."""
        self._part = part
        self._begin_part()

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog.append."""
        return fail(LogClosed(NOT_LEADING)) if self._writer is None else self._writer.append(entries)

    def applied(self, offset: int) -> None:
        """Everything up to that offset has been applied."""
        if self._writer is not None:
            self._writer.applied(offset)

    def won(self, term: Term) -> None:
        """A term begins."""
        self.idle = False
        self._progress.lead()
        self._metrics.replica_term.set(term.number)
        self._beginning = Deferred.fromCoroutine(self._begin(term))
        self._beginning.addErrback(lambda failure: failure.trap(LogClosed, CancelledError))

    def lost(self, reason: str) -> None:
        """It is over."""
        if self.idle:
            return
        self._log.info("this replica leads no more: {reason}", reason=reason)
        Deferred.fromCoroutine(self._end(reason))

    async def stop(self) -> None:
        """Writes what is queued, where that is possible, and ends."""
        if self._writer is not None:
            await self._writer.stop()
        await self._end("the log has stopped")

    async def _begin(self, term: Term) -> None:
        tail = self._tail(term)
        # It holds all that stood there when the term was won; nothing came since, for nobody else could write.
        await self._progress.reached(tail.revision, live=False)
        self._writer = Writer(
            self._etcd,
            self._layout,
            tail,
            term=term.number,
            clock=self._clock,
            wall=self._wall,
            random=self._random,
            metrics=self._metrics,
            deposed=self._resign,
        )
        await self._writer.append((Mark(tail.head.offset, self.mirror, self._settings.generation),))
        self.leads = True
        self._metrics.replica_leads.set(1)
        self._upkeep = Deferred.fromCoroutine(self._keep_up(term))
        self._upkeep.addErrback(lambda failure: failure.trap(CancelledError))
        self._begin_part()

    async def _keep_up(self, term: Term) -> None:
        upkeep = Upkeep(
            self._etcd,
            self._layout,
            term=term.number,
            loader=self._loader,
            progress=self._progress,
            snapshot=self._snapshot,
            clock=self._clock,
            now=self._steady,
            metrics=self._metrics,
            settings=self._settings,
        )
        await upkeep.run()

    def _tail(self, term: Term) -> Tail:
        item = term.found.head
        found = empty_tail() if item is None else Tail(item.mod_revision, decode_head(item.key, item.value))
        return replace(found, lost=self._progress.seen)

    def _begin_part(self) -> None:
        if self.leads and self._part is not None and not self._part_runs:
            self._part_runs = True
            self._part.begin()

    async def _end(self, reason: str) -> None:
        self.leads = False
        self._metrics.replica_leads.set(0)
        self._beginning.cancel()
        self._upkeep.cancel()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.end(reason)
        if self._part is not None and self._part_runs:
            self._part_runs = False
            await maybeDeferred(self._part.end)
        self.idle = True
