"""An event log that several replicas share: one writes, every one serves what it reads back. The driver of the core."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Follower, Leading
from promoter_view.log.errors import LogClosed, LogError, LogUnreachable, LogUnusable
from promoter_view.log.etcd.barriers import Barriers
from promoter_view.log.etcd.client.faults import EtcdError
from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.core.machine import ReplicaCore
from promoter_view.log.etcd.core.states import State
from promoter_view.log.etcd.election import Candidate
from promoter_view.log.etcd.following import Following
from promoter_view.log.etcd.loading import Loader
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.etcd.surveying import Survey, Surveyor
from promoter_view.log.etcd.terms import Terms
from promoter_view.log.offsets import require_clock
from promoter_view.log.pausing import Pause
from promoter_view.records import Entry, LogStatus, Mirror

if TYPE_CHECKING:
    from promoter_view.boundaries import EventLog

TICK_SECONDS = 1.0
#: How long a reader's barrier is tried: about what a client waits.
BARRIER_SECONDS = 10.0
_BARRIER_RETRY_SECONDS = 0.2


class EtcdLog:
    """An EventLog in etcd. ``on_fatal`` is told, in one line, what must end the process."""

    _log = Logger()

    def __init__(self, around: Surroundings, *, on_fatal: Callable[[str], None]) -> None:
        self._around = around
        self._on_fatal = on_fatal
        self._core = ReplicaCore(around.identity, random=around.runtime.random.random)
        self._loader = Loader(around.etcd, around.layout, history_bytes=around.settings.history_bytes)
        self._surveyor = Surveyor(around, seen=lambda: self._core.revision)
        self._terms = Terms(around, self._core, loader=self._loader, tell=self._tell)
        self._candidate = Candidate(around, vacated=lambda: self._terms.ended, tell=self._tell)
        self._barriers = Barriers()
        self._pause = Pause(around.runtime.reactor)
        self._following: Following | None = None
        self._handlers: Mapping[type[actions.Action], Callable[[Any], object]] = {}
        self._running: Sequence[Deferred[None]] = ()
        self._started: Deferred[None] = succeed(None)
        self._stopped = False

    def start(self, follower: Follower, mirror: Mirror) -> Deferred[None]:
        """See EventLog. Waits as long as etcd does not answer, or nobody leads."""
        if self._stopped:
            return fail(LogClosed("the log stops"))
        try:
            require_clock(0, self._around.runtime.wall())
        except LogUnusable:
            return fail()
        self._terms.open(follower.snapshot, mirror)
        self._following = following = Following(
            self._around,
            follower,
            loader=self._loader,
            surveyor=self._surveyor,
            tell=self._tell,
        )
        self._handlers = self._handlers_with(following)
        self._started = self._barriers.wait(0)
        self._tell(inputs.Begin())
        self._running = [self._run(following.run()), self._run(self._look_on())]
        self._around.runtime.metrics.replica_lag_seconds.set_function(self._lag_seconds)
        return self._started

    def lead(self, part: Leading) -> None:
        """See EventLog."""
        self._terms.lead_with(part)

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog."""
        return self._terms.append(entries)

    def barrier(self) -> Deferred[None]:
        """See EventLog. One read of etcd for all that wait."""
        if self._stopped or self._following is None:
            return fail(LogClosed("the log is not open"))
        passing = Deferred.fromCoroutine(self._pass())
        return passing.addTimeout(BARRIER_SECONDS, self._around.runtime.reactor, _too_late)

    def stop(self) -> Deferred[None]:
        """See EventLog."""
        return Deferred.fromCoroutine(self._stop())

    def status(self) -> LogStatus:
        """See EventLog. ``size`` is 0: what etcd holds is not this program's alone to know."""
        core, terms, progress = self._core, self._terms, self._core.progress
        return LogStatus(
            head=progress.offset if progress is not None and core.is_live else 0,
            first=progress.first if progress is not None else 0,
            size=0,
            pending_events=terms.pending_events,
            pending_bytes=terms.pending_bytes,
            fault=terms.fault or core.faults.first,
            lag_seconds=self._lag_seconds() if self._following else 0.0,
            standing=f"{self._around.identity} {'leads' if core.leads else 'follows'}",
            term=core.leads,
            is_sole=core.is_sole(self._around.runtime.reactor.seconds()),
        )

    def _lag_seconds(self) -> float:
        return self._core.lag.seconds(self._around.runtime.reactor.seconds())

    def _tell(self, given: inputs.Input) -> None:
        for action in self._core.receive(given, self._around.runtime.reactor.seconds()):
            self._handlers[type(action)](action)

    def _handlers_with(self, following: Following) -> Mapping[type[actions.Action], Callable[[Any], object]]:
        return {
            actions.Load: following.request,
            actions.OpenWatch: following.request,
            actions.TurnToNext: lambda _: self._around.etcd.turn(),
            actions.Apply: following.apply,
            actions.RefuseReads: following.refuse,
            actions.Serve: self._barriers.serve,
            actions.Acknowledge: self._terms.acknowledge,
            actions.Look: lambda _: self._pause.end(),
            actions.Stand: self._candidate.stand,
            actions.Keep: self._candidate.keep,
            actions.GiveUp: self._candidate.give_up,
            actions.BeginTerm: self._terms.begin,
            actions.Lead: self._terms.lead,
            actions.EndTerm: self._terms.end,
            actions.Note: self._note,
            actions.Fail: self._fail,
        }

    def _note(self, action: actions.Note) -> None:
        self._log.emit(action.level, "{words}", words=action.words)
        if action.outcome:
            self._around.runtime.metrics.replica_outcomes.labels(action.outcome).inc()

    def _fail(self, action: actions.Fail) -> None:
        if not isinstance(action.error, LogError):
            self._log.failure("the event log cannot continue", failure=Failure(action.error))
        if not self._barriers.fail(self._started, action.error):
            self._on_fatal(f"the event log cannot continue: {action.error}")

    def _run(self, coroutine: Coroutine[Deferred[Any], Any, None]) -> Deferred[None]:
        running: Deferred[None] = Deferred.fromCoroutine(coroutine)
        return running.addErrback(self._broken)

    def _broken(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            assert isinstance(failure.value, Exception)
            self._tell(inputs.Failed(failure.value))

    async def _look_on(self) -> None:
        while self._core.state is not State.ENDED:
            try:
                await self._survey()
            except EtcdError as error:
                self._tell(inputs.Unanswered(str(error)))
            await self._pause.wait(TICK_SECONDS)

    async def _survey(self) -> Survey:
        survey = await self._surveyor.next()
        assert self._following is not None
        self._tell(inputs.Surveyed(survey, self._around.runtime.wall(), self._following.silent))
        return survey

    async def _pass(self) -> None:
        while True:
            try:
                revision = (await self._survey()).head_revision
            except EtcdError:
                await deferLater(self._around.runtime.reactor, _BARRIER_RETRY_SECONDS)
                continue
            if not (self._core.is_live and self._core.revision >= revision):
                await self._barriers.wait(revision)
            return

    async def _stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        await self._terms.stop()
        self._tell(inputs.Stopped())
        await self._candidate.returned
        for running in self._running:
            running.cancel()
        self._barriers.fail(self._started, LogClosed("the log stops"))
        await self._around.etcd.close()


def _too_late(_: object, seconds: float) -> None:
    raise LogUnreachable(f"etcd did not say within {seconds:.0f} s what has been written")


if TYPE_CHECKING:
    _: type[EventLog] = EtcdLog
