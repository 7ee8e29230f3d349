"""An event log that several replicas share: one writes, every one serves what it reads back. Joins the parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Follower, Leading
from promoter_view.clocks import WallClock
from promoter_view.log.errors import LogClosed, LogError, LogUnreachable, LogUnusable
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.client.values import Etcd
from promoter_view.log.etcd.election import Election, Term
from promoter_view.log.etcd.following import Following
from promoter_view.log.etcd.layout import Layout
from promoter_view.log.etcd.loading import Loader
from promoter_view.log.etcd.pausing import Pause
from promoter_view.log.etcd.progress import Progress
from promoter_view.log.etcd.surveying import Survey, Surveyor
from promoter_view.log.etcd.terms import Terms
from promoter_view.log.file.worker import Worker
from promoter_view.log.offsets import refusal, require_clock
from promoter_view.log.settings import LogSettings
from promoter_view.metrics import Metrics
from promoter_view.records import Entry, LogStatus, Mirror, Snapshot

if TYPE_CHECKING:
    from promoter_view.boundaries import EventLog

#: How long a reader's barrier is tried: about what a client waits.
BARRIER_SECONDS = 10.0
_BARRIER_RETRY_SECONDS = 0.2


class EtcdLog:
    """An EventLog under ``prefix`` of an etcd. ``identity`` names this replica to the others, and to people."""

    _log = Logger()

    def __init__(
        self,
        etcd: Etcd,
        prefix: str,
        *,
        identity: str,
        reactor: IReactorTime,
        wall: WallClock,
        worker: Worker,
        metrics: Metrics,
        settings: LogSettings,
        on_fatal: Callable[[str], None],
        random: Callable[[], float],
    ) -> None:
        self._etcd = etcd
        self._layout = Layout(prefix)
        self._identity = identity
        self._clock = reactor
        self._wall = wall
        self._worker = worker
        self._metrics = metrics
        self._settings = settings
        self._on_fatal = on_fatal
        self._random = random
        self._following: Following | None = None
        self._clock_fault: str | None = None
        self._follower: Follower | None = None
        self._loader = Loader(etcd, self._layout, history_bytes=settings.history_bytes)
        self._surveyor = Surveyor(etcd, self._layout, clock=reactor, seen=self._seen)
        self._progress = Progress(clock=reactor, applied_offset=self._applied)
        self._terms = Terms(
            etcd,
            self._layout,
            progress=self._progress,
            clock=reactor,
            wall=wall,
            random=random,
            metrics=metrics,
            settings=settings,
            loader=self._loader,
            snapshot=self._snapshot,
            resign=self._resign,
        )
        self._election = Election(
            etcd,
            self._layout,
            self._surveyor,
            identity=identity,
            lease_seconds=settings.lease_seconds,
            clock=reactor,
            may_stand=self._may_stand,
            surveyed=self._surveyed,
            won=self._won,
            lost=self._terms.lost,
        )
        self._running: list[Deferred[None]] = []
        self._failed: Deferred[None] = Deferred()
        self._stopped = False

    def start(self, follower: Follower, mirror: Mirror) -> Deferred[None]:
        """See EventLog. Waits as long as etcd does not answer, or nobody leads."""
        if self._stopped:
            return fail(LogClosed("the log stops"))
        try:
            require_clock(0, self._wall())
        except LogUnusable:
            return fail()
        self._terms.mirror = mirror
        self._follower = follower
        self._following = self._follow(follower)
        self._run(self._following.run())
        self._run(self._election.run())
        self._metrics.replica_lag_seconds.set_function(lambda: self._progress.lag_seconds)
        started: Deferred[None] = Deferred()
        self._progress.becoming_live().chainDeferred(started)
        self._failed.addErrback(lambda failure: None if started.called else started.errback(failure))
        return started

    def lead(self, part: Leading) -> None:
        """See EventLog."""
        self._terms.lead(part)

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog."""
        return self._terms.append(entries)

    def barrier(self) -> Deferred[None]:
        """See EventLog. One read of etcd for all that wait."""
        if self._stopped or self._following is None:
            return fail(LogClosed("the log is not open"))
        passing = Deferred.fromCoroutine(self._pass())
        return passing.addTimeout(BARRIER_SECONDS, self._clock, _too_late)

    def stop(self) -> Deferred[None]:
        """See EventLog."""
        return Deferred.fromCoroutine(self._stop())

    def status(self) -> LogStatus:
        """See EventLog. ``size`` is 0: what etcd holds is not this program's alone to know."""
        progress, terms = self._progress, self._terms
        return LogStatus(
            head=progress.offset if progress.live else 0,
            first=progress.first,
            size=0,
            pending_events=terms.pending_events,
            pending_bytes=terms.pending_bytes,
            fault=terms.fault or (self._following.fault if self._following else None) or self._fault(),
            lag_seconds=progress.lag_seconds if self._following else 0.0,
            standing=self._standing(),
        )

    def _fault(self) -> str | None:
        return self._clock_fault or self._election.fault

    def _follow(self, follower: Follower) -> Following:
        return Following(
            self._etcd,
            self._layout,
            follower,
            loader=self._loader,
            surveyor=self._surveyor,
            progress=self._progress,
            clock=self._clock,
            worker=self._worker,
            random=self._random,
            metrics=self._metrics,
            leader_gone=self._election.hurry,
            dropped=self._resign,
        )

    def _seen(self) -> int:
        return 0 if self._following is None else self._following.revision

    def _snapshot(self) -> Snapshot:
        assert self._follower is not None
        return self._follower.snapshot()

    def _surveyed(self, survey: Survey) -> None:
        assert self._following is not None
        if survey.leader is not None:
            self._clock_fault = None
        self._following.surveyed(survey)

    def _applied(self, offset: int) -> None:
        self._terms.applied(offset)

    def _won(self, term: Term) -> None:
        self._log.info("{identity} leads, term {term}", identity=self._identity, term=term.number)
        self._terms.won(term)

    def _resign(self, reason: str) -> None:
        self._election.resign(reason)

    def _may_stand(self) -> bool:
        """A replica whose clock is not believed leaves leading to the others."""
        if not (self._progress.caught_up and self._terms.idle):
            return False
        fault = refusal(self._progress.offset, self._wall())
        if fault is not None and fault != self._clock_fault:
            self._log.error("{identity} does not stand for leader: {fault}", identity=self._identity, fault=fault)
        self._clock_fault = fault
        return fault is None

    def _standing(self) -> str:
        return f"{self._identity} {'leads' if self._terms.leads else 'follows'}"

    async def _pass(self) -> None:
        while True:
            try:
                survey = await self._surveyor.next()
            except EtcdError:
                await Pause(self._clock).wait(_BARRIER_RETRY_SECONDS)
                continue
            self._surveyed(survey)
            await self._progress.reached(survey.head_revision)
            return

    def _run(self, coroutine: object) -> None:
        running: Deferred[None] = Deferred.fromCoroutine(coroutine)  # type: ignore[arg-type]
        running.addErrback(self._broken)
        self._running.append(running)

    def _broken(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        if not failure.check(LogError):
            self._log.failure("the event log cannot go on", failure=failure)
        self._terms.lost("the event log cannot go on")
        self._election.stop()
        if self._progress.becoming_live().called:
            self._on_fatal(f"the event log cannot go on: {failure.getErrorMessage()}")
        else:
            self._failed.errback(failure)

    async def _stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        await self._terms.stop()
        await self._election.stop()
        for running in self._running:
            running.cancel()
        if self._following is not None and not self._progress.becoming_live().called and not self._failed.called:
            self._failed.errback(LogClosed("the log stops"))
        await self._etcd.close()
        self._worker.stop()


def _too_late(_: object, seconds: float) -> None:
    raise LogUnreachable(f"etcd did not say within {seconds:.0f} s what has been written")


if TYPE_CHECKING:
    _: type[EventLog] = EtcdLog
