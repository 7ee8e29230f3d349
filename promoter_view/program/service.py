"""The composition root: builds every part, joins them, starts and ends them in order. Nothing is decided here.

The API listens first, so that health and discovery answer from the first moment; then the log is replayed; then the
reflectors go on where it ends. On TERM readyz fails first, then the API drains, the reflectors end, and the log closes
last; each further TERM ends what is being waited for.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from twisted.application.service import IService, Service
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized
from twisted.python.failure import Failure

import promoter_view
from promoter_view import clocks
from promoter_view.api.openapi.documents import OpenApi
from promoter_view.journal.store import JournalError
from promoter_view.kubernetes.connection.cluster import Clusters, ConfigError
from promoter_view.log.errors import LogError
from promoter_view.metrics import Metrics
from promoter_view.network.key_pairs import KeyPairError
from promoter_view.program.api import ServedApi
from promoter_view.program.clusters import follow_certificates, identities, load_clusters
from promoter_view.program.command_line.options import Options
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.demo.cluster import IDENTITY, SEEDED_TIME, DemoCluster, greet, write_kubeconfig
from promoter_view.program.demo.front import ClusterFront
from promoter_view.program.housekeeping import Housekeeping
from promoter_view.program.logging import observer, twistd_stream
from promoter_view.program.pipeline import Pipeline, replica_name
from promoter_view.program.ports import Ports
from promoter_view.program.report import ProgramReport
from promoter_view.program.role import role_of
from promoter_view.program.schemas import MemberSchemas
from promoter_view.runtime import Runtime
from promoter_view.simulator.company.releases import NEWEST, RELEASES
from promoter_view.views.known import definitions
from promoter_view.web.descriptors import raise_limit
from promoter_view.web.expiry import Expiry
from promoter_view.web.reloading import Reloader

__all__ = ["Options", "makeService"]

DEMO_KUBECONFIG = Path("promoter-view-demo/kubeconfig")
#: For whoever ends this demo, and no other. Nothing reads it at a start: a number in it may be another process by then.
DEMO_PID = DEMO_KUBECONFIG.with_name("pid")
#: Which option names the place of which fault.
_OPTION_OF = {LogError: "--event-log", JournalError: "--journal"}
#: What ends the program at its start with one line instead of a traceback: somebody can put it right.
_EXPECTED = (ConfigError, JournalError, KeyPairError, LogError, OSError)


class Program(Service):
    """The whole program as one Twisted service.

    ``stream`` is where log lines go; ``warnings`` are the first of them; ``exit_process`` ends the process with a
    status once the reactor has stopped.
    """

    _log = Logger()

    def __init__(
        self,
        settings: Settings,
        *,
        runtime: Runtime,
        stream: IO[str],
        warnings: Sequence[str] = (),
        exit_process: Callable[[int], object] = os._exit,
    ) -> None:
        self._settings = settings
        self._warnings = warnings
        self._runtime = runtime
        self._reactor = runtime.reactor
        self._stream = stream
        self._exit_process = exit_process
        self._ending = self._draining = False
        self._starting: Deferred[None] | None = None
        self._lingering: Deferred[None] | None = None
        self._demo: DemoCluster | None = None
        self._build()

    def _build(self) -> None:
        settings, runtime = self._settings, self._runtime
        views = definitions(settings.argocd.namespace[0], settings.dashboard.url or "")
        role = role_of(settings, views)
        self._reloader = Reloader(clock=runtime.reactor, expiry=Expiry(metrics=runtime.metrics, now=runtime.wall))
        self._pipeline = Pipeline(settings, role, views, runtime=runtime, on_fatal=self._end)
        projector = self._pipeline.projector
        openapi = OpenApi(self._pipeline.served, version=promoter_view.__version__)
        self._front = ClusterFront(openapi) if settings.program.demo else None
        self._schemas = MemberSchemas(
            self._pipeline.served,
            views=projector,
            openapi=openapi,
            runtime=runtime,
            poll_seconds=settings.cluster.schema_poll_interval,
        )
        self._housekeeping = Housekeeping(self._pipeline, runtime=runtime)
        self._report = ProgramReport(
            settings,
            role,
            pipeline=self._pipeline,
            schemas=self._schemas,
            clock=self._housekeeping.clock,
            is_ending=lambda: self._draining,
            runtime=runtime,
        )
        self._ports = Ports(
            settings,
            role,
            pipeline=self._pipeline,
            openapi=openapi,
            report=self._report,
            reloader=self._reloader,
            runtime=runtime,
            refused=lambda reason: self._end(f"cannot start: {reason}"),
        )

    def setServiceParent(self, parent: Any) -> None:
        """Also tells twistd's application how log lines look."""
        if isinstance(parent, Componentized):
            program = self._settings.program
            lines = observer(self._stream, program.log_format, program.log_level, replica_name(self._settings))
            parent.setComponent(ILogObserver, lines)
        super().setServiceParent(parent)

    def startService(self) -> None:
        """Begin; what goes wrong ends the program with one line."""
        super().startService()
        for warning in self._warnings:
            self._log.warn("{warning}", warning=warning)
        self._starting = Deferred.fromCoroutine(self._start())
        self._starting.addErrback(self._cannot_start)

    def stopService(self) -> Deferred[None]:
        """Fires when everything is ended, the log last."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    def terminate(self) -> None:
        """For TERM: begin to end. Each further one ends what is being waited for."""
        if not self._ending:
            self._ending = True
            self._reactor.stop()
        elif self._lingering is not None and not self._lingering.called:
            self._lingering.cancel()
        else:
            self._ports.hurry()

    def reload(self) -> None:
        """Read certificates again, now."""
        self._reloader.reload()

    async def _start(self) -> None:
        clusters = load_clusters(self._settings, self._runtime.environ)
        follow_certificates(self._settings, clusters, self._reloader.expiry)
        api = self._ports.listen(None if clusters is None else clusters.main, self._front)
        self._reloader.start()
        self._housekeeping.start()
        self._log.info("serving at {url}", url=api.url)
        await self._pipeline.replay(*((IDENTITY,) if clusters is None else identities(clusters)))
        await self._pipeline.journal.open()
        if clusters is None:
            # Not before the log is its own: another demo in this folder keeps its kubeconfig and its pid.
            self._greet(api)
            release = RELEASES[self._settings.program.demo_promoter or NEWEST]
            self._demo = DemoCluster(self._runtime, release=release, seed=self._settings.program.demo_seed)
            clusters = Clusters(self._demo.start())
            self._open_front(self._demo)
        self._schemas.start(clusters.main)
        self._pipeline.lead(clusters)

    def _open_front(self, demo: DemoCluster) -> None:
        if self._front is not None:
            self._front.open(demo.api)

    def _greet(self, api: ServedApi) -> None:
        write_kubeconfig(DEMO_KUBECONFIG, api.url, api.authority)
        DEMO_PID.write_text(f"{os.getpid()}\n")
        dashboard = self._ports.dashboard
        greet(self._stream.write, api.url, DEMO_KUBECONFIG, None if dashboard is None else dashboard.url)

    async def _linger(self) -> None:
        """Go on serving, so that whoever sends requests here has time to see that we are not ready any more."""
        self._draining = True
        if self._settings.program.shutdown_delay_duration:
            self._lingering = deferLater(self._reactor, self._settings.program.shutdown_delay_duration)
            with suppress(CancelledError):
                await self._lingering

    async def _stop(self) -> None:
        self._ending = True
        if not self._draining:
            await self._linger()
        self._housekeeping.stop()
        if self._starting is not None:
            self._starting.cancel()
        steps: list[Callable[[], object]] = [self._ports.close, self._reloader.stop, self._ports.stop_asking]
        steps += [self._schemas.stop, *self._pipeline.endings()]
        steps += [self._demo.stop] if self._demo is not None else []
        for step in (*steps, self._pipeline.event_log.stop):
            await self._attempt(step)

    async def _attempt(self, step: Callable[[], object]) -> None:
        try:
            await maybeDeferred(step)
        except Exception:  # whatever it is, the log is still to be closed
            self._log.failure("a part of the program did not end as it should")

    def _cannot_start(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        if failure.check(*_EXPECTED):
            self._end(f"cannot start: {_cause(failure)}")
        else:
            self._log.failure("cannot start", failure=failure)
            self._end("cannot start: a fault in promoter-view, see above")

    def _end(self, reason: str) -> None:
        """End the process with status 1, after the reactor's orderly stop; the reason is its last line."""
        self._reactor.addSystemEventTrigger("after", "shutdown", self._exit, reason)
        self._draining = True
        if not self._ending:  # else the reactor is on its way down, and may not be stopped twice
            self._ending = True
            self._reactor.callWhenRunning(self._reactor.stop)

    def _exit(self, reason: str) -> None:
        # Not before: what is cut off on the way down may still complain, and would seem to be the cause.
        self._log.critical("{reason}", reason=reason)
        self._exit_process(1)


def _cause(failure: Failure) -> str:
    """The message, behind the option that it came from, where it names none."""
    message = failure.getErrorMessage()
    option = next((option for kind, option in _OPTION_OF.items() if failure.check(kind)), "")
    return f"{option}: {message}" if option and "--" not in message else message


def makeService(options: Options) -> IService:
    """What ``twistd promoter-view`` runs."""
    from twisted.internet import reactor  # noqa: PLC0415 - installed by twistd, and imported nowhere else

    clocks.make_monotonic(reactor)
    raise_limit()
    randomness = random.Random()  # noqa: S311 - jitter, nothing secret
    still = options.settings.program.demo_seed is not None
    wall = clocks.steady(lambda: SEEDED_TIME, clocks.monotonic) if still else clocks.wall
    program = Program(
        options.settings,
        runtime=Runtime(reactor, wall, Metrics(), randomness, os.environ),
        stream=twistd_stream(options.parent),
        warnings=options.warnings,
    )
    end = partial(reactor.callFromThread, program.terminate)  # type: ignore[attr-defined]
    _end_on_signals(end)
    # Once more when it runs, for the reactor sets handlers of its own; by these twistd would not end with status 0.
    reactor.callWhenRunning(_end_on_signals, end)
    if not options.settings.program.demo:
        # A demo ends with its terminal; its certificate is its own.
        signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(program.reload))  # type: ignore[attr-defined]
    return program


def _end_on_signals(end: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end())
