"""The aggregated API on its port: certificate, site, listening, and its graceful end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from twisted.internet.defer import Deferred
from twisted.logger import Logger

import promoter_view
from promoter_view.access.admission import Access
from promoter_view.api.commits.resource import CommitResource
from promoter_view.api.events.resource import EventResource
from promoter_view.api.openapi.documents import OpenApi
from promoter_view.api.resource import ViewResource
from promoter_view.api.routes import Routes
from promoter_view.api.site import ApiEntrance, Beside, Resources
from promoter_view.api.warnings import Warn
from promoter_view.api.watching import ApiSettings
from promoter_view.boundaries import NotificationsDesk, ViewReader
from promoter_view.journal.serving.views import EventViews
from promoter_view.kubernetes.connection.cluster import ConfigError
from promoter_view.measures.measuring import Measuring
from promoter_view.measures.reading import Remembered, measured
from promoter_view.measures.resource import MeasuresResource
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.listening import Listening
from promoter_view.reading.commits.finder import CommitFinder
from promoter_view.reading.commits.following import CommitFollower
from promoter_view.reading.past.moments import Moments
from promoter_view.reading.past.pasts import Pasts
from promoter_view.reading.pump import Pump
from promoter_view.reading.sights import Sights
from promoter_view.runtime import Runtime
from promoter_view.views.contents import Readings
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.isolation import Isolation
from promoter_view.web.certificates import CertificateFiles, TlsSettings, self_signed
from promoter_view.web.health import HealthChecks
from promoter_view.web.limits import Limits
from promoter_view.web.reloading import Reloader, ServedPair
from promoter_view.web.served import Served
from promoter_view.web.server import HttpSite

_log = Logger()


@dataclass(frozen=True, slots=True)
class Serving:
    """What both ports are made of. ``barrier`` is the event log's, ``commits`` keeps the index of commits.

    ``remembered`` tells what is remembered of a bundle, ``warn`` why a view is empty; ``entries`` are the
    journal's; ``pasts`` reads moments of the past.
    """

    views: ViewReader
    settings: Settings
    runtime: Runtime
    health: HealthChecks
    reloader: Reloader
    barrier: Callable[[], Deferred[None]]
    commits: CommitFollower
    remembered: Remembered
    warn: Warn
    entries: EventViews
    pasts: Pasts
    notifications: NotificationsDesk | None = None

    @property
    def limits(self) -> Limits:
        """What one user may have under way, on each port."""
        return Limits(self.settings.requests.max_requests_per_user, self.settings.requests.max_watches_per_user)

    def pump(self) -> Pump:
        """A port's own."""
        return Pump(self.views, reactor=self.runtime.reactor, barrier=self.barrier)

    def finder(self, definitions: Sequence[ViewDefinition], sights: Sights) -> CommitFinder:
        """Of commits in those views, as those sights allow."""
        plurals, reactor = [definition.plural for definition in definitions], self.runtime.reactor
        return CommitFinder(self.views, plurals, self.commits, sights=sights, readings=Readings(), reactor=reactor)

    def moments(self, sights: Sights) -> Moments:
        """Of the past, as those sights allow."""
        return Moments(self.pasts, sights, now=self.runtime.now)

    def certificate(self, name: str, files: CertificateFiles) -> ServedPair:
        """Followed from now on. Errors: KeyPairError."""
        tls = TlsSettings(self.settings.api.tls_min_version, self.settings.api.tls_cipher_suites)
        return ServedPair(name, files, tls, reloader=self.reloader, metrics=self.runtime.metrics)


class ApiSights(NamedTuple):
    """Of the views' members, and of those in which commits may be looked for."""

    members: Sights
    commits: Sights


class ServedApi(Served):
    """What serves the views over TLS. Errors of the constructor: KeyPairError."""

    def __init__(
        self,
        serving: Serving,
        definitions: Sequence[ViewDefinition],
        *,
        openapi: OpenApi,
        access: Access,
        sights: ApiSights,
        beside: Beside | None = None,
    ) -> None:
        settings, runtime, pump = serving.settings, serving.runtime, serving.pump()
        self._certificate = _certificate_files(settings, runtime.now())
        self._port_file = settings.api.port_file
        chosen = ApiSettings(settings.requests.bookmark_interval, settings.requests.min_request_timeout)
        self._resource = ViewResource(
            serving.views,
            definitions,
            runtime=runtime,
            pump=pump,
            settings=chosen,
            sights=sights.members,
            moments=serving.moments(sights.members),
            warn=serving.warn,
        )
        finder, moments = serving.finder(definitions, sights.commits), serving.moments(sights.commits)
        commits = CommitResource(serving.views, finder, pump=pump, moments=moments)
        events = EventResource(
            serving.entries,
            [definition.plural for definition in definitions],
            runtime=runtime,
            settings=chosen,
            sights=sights.members,
        )
        routes = _routes(serving, definitions, openapi)
        measures = _measures(serving, definitions, pump) if definitions else None
        entrance = ApiEntrance(
            definitions,
            Resources(self._resource, commits, events),
            routes,
            measures,
            runtime=runtime,
            access=access,
            limits=serving.limits,
            beside=beside,
        )
        connections = serving.certificate("serving-certificate", self._certificate).connections
        where = Listening(
            settings.api.secure_port, settings.api.bind_address, "--secure-port", "--bind-address", connections
        )
        super().__init__(
            HttpSite(entrance, reactor=runtime.reactor, metrics=runtime.metrics),
            lambda site: where.open(runtime.reactor, site),
            secure=True,
            grace_seconds=settings.program.shutdown_grace,
            reactor=runtime.reactor,
            ended=lambda: end_pumps(pump, events.pump),
        )

    @property
    def authority(self) -> bytes:
        """What a client of a self-signed certificate has to trust (PEM)."""
        return self._certificate.certificate.read_bytes()

    @property
    def watches(self) -> int:
        """How many are open."""
        return len(self._resource.watches)

    def listen(self) -> None:
        """Listens, and writes ``--port-file``. Errors: ConfigError."""
        super().listen()
        if self._port_file is not None:
            self._write_port(Path(self._port_file))

    def _write_port(self, file: Path) -> None:
        try:
            file.write_text(f"{self.number}\n")
        except OSError as error:
            raise ConfigError(f"--port-file: {file}: {error.strerror or error}") from error


def end_pumps(*pumps: Pump) -> None:
    """Nothing is pumped any more."""
    for pump in pumps:
        pump.stop()


def _routes(serving: Serving, definitions: Sequence[ViewDefinition], openapi: OpenApi) -> Routes:
    return Routes(
        definitions,
        openapi=openapi,
        health=serving.health,
        metrics=serving.runtime.metrics,
        version=promoter_view.__version__,
        notifications=serving.notifications,
    )


def _measures(serving: Serving, definitions: Sequence[ViewDefinition], pump: Pump) -> MeasuresResource:
    runtime = serving.runtime
    measuring = Measuring(
        serving.views,
        measured(definitions, serving.remembered),
        max_series=serving.settings.requests.metrics_max_series,
        isolation=Isolation(runtime.metrics),
        warn=lambda line: _log.warn("{line}", line=line),
    )
    return MeasuresResource(serving.views, measuring, pump=pump, wall=runtime.wall)


def _certificate_files(settings: Settings, now: datetime) -> CertificateFiles:
    if settings.api.tls_cert_file is not None and settings.api.tls_private_key_file is not None:
        return CertificateFiles(Path(settings.api.tls_cert_file), Path(settings.api.tls_private_key_file))
    # "Every address" is none that a client could connect to by name.
    names = () if ip_address(settings.api.bind_address).is_unspecified else (settings.api.bind_address,)
    return self_signed(Path(settings.api.cert_dir), names=names, now=now)
