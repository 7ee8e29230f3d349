"""The composition root: builds every part, joins them, starts and ends them in order. Nothing is decided here.

The API listens first, so that health and discovery answer from the first moment; then the log is replayed; then the
reflectors go on where it ends. On TERM readyz fails first, then the API drains, the reflectors end, and the log closes
last; each further TERM ends what is being waited for.
"""

from __future__ import annotations

import gc
import os
import platform
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from twisted.application.service import IService, Service
from twisted.internet.defer import CancelledError, Deferred, DeferredList, maybeDeferred
from twisted.internet.process import reapProcessHandlers
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized
from twisted.python.failure import Failure

import promoter_view
from promoter_view import clocks
from promoter_view.access.admission import Access, OpenAccess
from promoter_view.access.delegated_access import OpenPaths, OpenPathsAccess
from promoter_view.api.openapi.documents import OpenApi
from promoter_view.clocks import WallClock
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.kubernetes.connection.cluster import ClusterConfig, Clusters, ConfigError
from promoter_view.log.errors import LogError
from promoter_view.log.settings import EtcdFiles
from promoter_view.log.urls import LogSettings, open_log
from promoter_view.metrics import Metrics
from promoter_view.network.key_pairs import KeyPairError
from promoter_view.program.access import ClusterAccess
from promoter_view.program.api import ServedApi, Serving
from promoter_view.program.clusters import follow_certificates, identities, load_clusters
from promoter_view.program.command_line.options import Options
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.dashboard import ADMITTED, Reviewing, ServedDashboard
from promoter_view.program.demo import IDENTITY, DemoCluster, greet, write_kubeconfig
from promoter_view.program.health import (
    ClockWatch,
    SettledMemory,
    StallMeter,
    log_line,
    log_trouble,
    reflectors_line,
    unreadable_line,
)
from promoter_view.program.logging import observer, twistd_stream
from promoter_view.program.orphans import OrphanReaper, ended_child
from promoter_view.program.promotions import Shard
from promoter_view.program.reflection import Reflection, ReflectionByLeader
from promoter_view.program.role import role_of
from promoter_view.program.schemas import MemberSchemas
from promoter_view.reading.sights import Sights
from promoter_view.runtime import Runtime
from promoter_view.views.definition import GENERATION
from promoter_view.views.known import definitions
from promoter_view.views.projector import Projector
from promoter_view.web.descriptors import raise_limit
from promoter_view.web.expiry import Expiry
from promoter_view.web.health import HealthChecks
from promoter_view.web.reloading import Reloader

__all__ = ["Options", "makeService"]

DEMO_KUBECONFIG = Path("promoter-view-demo/kubeconfig")
#: For whoever ends this demo, and no other. Nothing reads it at a start: a number in it may be another process by then.
DEMO_PID = DEMO_KUBECONFIG.with_name("pid")
#: What ends the program at its start with one line instead of a traceback: somebody can put it right.
_EXPECTED = (ConfigError, KeyPairError, LogError, OSError)


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
        reactor: Any,
        environ: Mapping[str, str],
        stream: IO[str],
        warnings: Sequence[str] = (),
        wall: WallClock = clocks.wall,
        exit_process: Callable[[int], object] = os._exit,
    ) -> None:
        self._settings = settings
        self._warnings = warnings
        self._reactor = reactor
        self._wall = wall
        self._environ = environ
        self._stream = stream
        self._exit_process = exit_process
        self._random = random.Random()  # noqa: S311 - jitter, nothing secret
        self._ending = self._draining = False
        self._starting: Deferred[None] | None = None
        self._lingering: Deferred[None] | None = None
        self._api: ServedApi | None = None
        self._dashboard: ServedDashboard | None = None
        self._demo: DemoCluster | None = None
        self._access: ClusterAccess | None = None

        self._metrics = Metrics()
        self._reloader = Reloader(clock=reactor, expiry=Expiry(metrics=self._metrics, now=wall))
        views = definitions(settings.argocd.namespace[0])
        self._role = role_of(settings, views)
        self._openapi = OpenApi(self._role.served, version=promoter_view.__version__)
        self._projector = Projector(
            views,
            generation=GENERATION,
            history_bytes=settings.event_log.history_bytes,
            metrics=self._metrics,
            warn=lambda line: self._log.warn("{line}", line=line),
            is_live=lambda: bool(self._event_log.status().head),
            make_view=self._role.make_view,
        )
        self._shard = self._shard_of(settings.argocd.shard)
        self._follower = self._projector if self._shard is None else self._shard.fed_after(self._projector)
        self._stalls = StallMeter(reactor=reactor, metrics=self._metrics)
        self._clock_watch = ClockWatch(
            reactor=reactor, wall=wall, metrics=self._metrics, newest=lambda: self._event_log.status().head
        )
        self._orphans = OrphanReaper(
            reactor=reactor,
            peek=ended_child,
            reap=lambda pid: os.waitpid(pid, 0),
            is_ours=reapProcessHandlers.__contains__,
        )
        self._memory = SettledMemory(self._projector, reactor=reactor, collector=gc)
        self._event_log = open_log(
            settings.event_log.url,
            reactor=reactor,
            wall=wall,
            metrics=self._metrics,
            settings=_log_settings(settings),
            on_fatal=self._end,
            environ=environ,
        )
        self._reflection = Reflection(
            self._role.paths,
            self._role.rules,
            event_log=self._event_log,
            reactor=reactor,
            environ=environ,
            random=self._random,
            metrics=self._metrics,
            aggregated=self._role.aggregated,
            needs=self._role.needs,
        )
        self._schemas = MemberSchemas(
            self._role.served, openapi=self._openapi, reactor=reactor, environ=environ, random=self._random
        )

    def setServiceParent(self, parent: Any) -> None:
        """Also tells twistd's application how log lines look."""
        if isinstance(parent, Componentized):
            lines = observer(self._stream, self._settings.program.log_format, self._settings.program.log_level)
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
            for server in (self._api, self._dashboard):
                if server is not None:
                    server.hurry()

    def reload(self) -> None:
        """Read certificates again, now."""
        self._reloader.reload()

    async def _start(self) -> None:
        clusters = load_clusters(self._settings, self._environ)
        follow_certificates(self._settings, clusters, self._reloader.expiry)
        self._serve(self._admit(None if clusters is None else clusters.main))
        self._memory.start()
        mirror = self._reflection.mirror(*((IDENTITY,) if clusters is None else identities(clusters)))
        await self._event_log.start(self._follower, mirror)
        if clusters is None:
            self._demo = DemoCluster(reactor=self._reactor, wall=self._wall, random=self._random)
            clusters = Clusters(self._demo.start())
        self._schemas.start(clusters.main)
        reflecting = ReflectionByLeader(self._reflection, clusters, self._projector.snapshot)
        self._event_log.lead(reflecting if self._shard is None else self._shard.led_after(reflecting, clusters))

    def _shard_of(self, name: str | None) -> Shard | None:
        """What runs Promotions; where no shard is named there is nothing that could write to a cluster."""
        if name is None:
            return None
        return Shard(
            name,
            self._settings,
            views=self._projector,
            reactor=self._reactor,
            wall=self._wall,
            environ=self._environ,
            random=self._random,
            metrics=self._metrics,
            hostname=self._settings.event_log.replica_id or platform.node(),
        )

    def _admit(self, config: ClusterConfig | None) -> Access:
        """Who may ask: everybody, or whom the cluster admits."""
        if config is None or self._settings.open:
            return OpenAccess()
        if self._settings.asks_nobody:
            return OpenPathsAccess(OpenPaths(self._settings.access.authorization_always_allow_paths))
        self._access = ClusterAccess(
            self._settings,
            config,
            reactor=self._reactor,
            wall=self._wall,
            environ=self._environ,
            random=self._random,
            metrics=self._metrics,
            reloader=self._reloader,
            refused=lambda reason: self._end(f"cannot start: {reason}"),
        )
        self._access.start()
        return self._access.access

    def _serve(self, access: Access) -> None:
        serving = self._serving()
        self._api = ServedApi(
            serving, self._role.served, openapi=self._openapi, access=access, sights=self._member_sights()
        )
        self._api.start()
        if self._settings.has_dashboard:
            self._dashboard = self._serve_dashboard(serving)
        self._reloader.start()
        self._stalls.start()
        if os.getpid() == 1:
            self._orphans.start()
        self._clock_watch.start()
        if self._settings.program.demo:
            write_kubeconfig(DEMO_KUBECONFIG, self._api.url, self._api.authority)
            DEMO_PID.write_text(f"{os.getpid()}\n")
            dashboard = None if self._dashboard is None else self._dashboard.url
            greet(self._stream.write, self._api.url, DEMO_KUBECONFIG, dashboard)
        self._log.info("serving at {url}", url=self._api.url)

    def _serving(self) -> Serving:
        runtime = Runtime(self._reactor, self._wall, self._metrics, self._random)
        health, barrier = self._health_checks(), self._event_log.barrier
        return Serving(self._projector, self._settings, runtime, health, self._reloader, barrier)

    def _serve_dashboard(self, serving: Serving) -> ServedDashboard:
        dashboard = ServedDashboard(serving, self._role.shown, reviewing=self._reviewing(), facts=self._facts)
        dashboard.start()
        self._log.info("the dashboard is at {url}", url=dashboard.url)
        return dashboard

    def _reviewing(self) -> Reviewing | None:
        if self._access is None:
            return None
        return Reviewing(self._access.tokens, self._access.dashboard_sights(self._projector, self._role.shown))

    def _facts(self) -> ProgramFacts:
        """For the page about the program itself."""
        projector, settings = self._projector, self._settings
        return ProgramFacts(
            version=promoter_view.__version__,
            ready=projector.ready,
            reason="" if projector.ready else self._reflection.waiting_for(),
            log=self._event_log.status(),
            log_url=settings.event_log.url,
            head=projector.head,
            horizon=projector.horizon,
            history_bytes=projector.history_bytes,
            history_limit_bytes=settings.event_log.history_bytes,
            bundles=sum(projector.count(definition.plural) for definition in self._role.shown),
            streams=0 if self._dashboard is None else self._dashboard.streams,
            watches=0 if self._api is None else self._api.watches,
            seconds=self._reactor.seconds(),
            reflectors=self._reflection.statuses(),
            access=ADMITTED[settings.dashboard.auth],
            shard="" if self._shard is None else self._shard.line(),
            unreadable=Counter(key.kind for key in projector.unreadable),
        )

    def _member_sights(self) -> Sights:
        if self._access is None or not self._settings.access.member_authorization:
            return Sights(self._projector)
        return self._access.member_sights(self._projector, self._role.shown)

    def _health_checks(self) -> HealthChecks:
        checks = HealthChecks()
        checks.add("log", lambda: log_trouble(self._event_log.status()))
        checks.add("first-state", lambda: None if self._projector.ready else self._reflection.waiting_for())
        checks.add("shutdown", lambda: "the program is ending" if self._draining else None)
        if self._access is not None:
            checks.add("authentication", self._access.check)
            checks.inform("authentication", self._access.line)
        checks.inform("clock", self._clock_watch.line)
        checks.inform("event-log", lambda: log_line(self._event_log.status()))
        checks.inform("reflectors", lambda: reflectors_line(self._reflection.statuses(), self._reactor.seconds()))
        checks.inform("unreadable-objects", lambda: unreadable_line(self._projector.unreadable))
        checks.inform("schemas", self._schemas.line)
        if self._shard is not None:
            checks.inform("argocd-shard", self._shard.line)
        return checks

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
        self._stalls.stop()
        self._orphans.stop()
        self._clock_watch.stop()
        self._memory.stop()
        if self._starting is not None:
            self._starting.cancel()
        steps: list[Callable[[], object]] = [self._stop_serving, self._reloader.stop]
        steps += [self._access.stop] if self._access is not None else []
        steps += [self._shard.close] if self._shard is not None else []
        steps += [self._schemas.stop, *self._reflection.endings()]
        steps += [self._demo.stop] if self._demo is not None else []
        for step in (*steps, self._event_log.stop):
            await self._attempt(step)

    async def _stop_serving(self) -> None:
        servers = [server for server in (self._api, self._dashboard) if server is not None]
        await DeferredList([Deferred.fromCoroutine(server.stop()) for server in servers], fireOnOneErrback=True)

    async def _attempt(self, step: Callable[[], object]) -> None:
        try:
            await maybeDeferred(step)
        except Exception:  # whatever it is, the log is still to be closed
            self._log.failure("a part of the program did not end as it should")

    def _cannot_start(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        if failure.check(*_EXPECTED):
            self._end(f"cannot start: {failure.getErrorMessage()}")
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


def makeService(options: Options) -> IService:
    """What ``twistd promoter-view`` runs."""
    from twisted.internet import reactor  # noqa: PLC0415 - installed by twistd, and imported nowhere else

    clocks.make_monotonic(reactor)
    raise_limit()
    program = Program(
        options.settings,
        reactor=reactor,
        environ=os.environ,
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


def _log_settings(settings: Settings) -> LogSettings:
    return LogSettings(
        retention_age_seconds=settings.event_log.retention_age,
        retention_bytes=settings.event_log.retention_bytes,
        retention_events=settings.event_log.retention_events,
        history_bytes=settings.event_log.history_bytes,
        repair=settings.event_log.repair,
        generation=GENERATION,
        replica_id=settings.event_log.replica_id or platform.node() or "promoter-view",
        etcd=EtcdFiles(
            settings.etcd.cafile,
            settings.etcd.certfile,
            settings.etcd.keyfile,
            settings.etcd.user,
            settings.etcd.password_file,
        ),
    )
