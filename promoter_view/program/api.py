"""The aggregated API on its port: certificate, site, listening, and its graceful end."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import CannotListenError

import promoter_view
from promoter_view.access.admission import Access
from promoter_view.api.openapi import OpenApi
from promoter_view.api.resource import ApiSettings
from promoter_view.api.site import make_site
from promoter_view.boundaries import ViewReader
from promoter_view.clocks import WallClock
from promoter_view.kubernetes.connection.cluster import ConfigError
from promoter_view.metrics import Metrics
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.listening import listen_tls, refused
from promoter_view.reading.pump import Pump
from promoter_view.reading.sights import Sights
from promoter_view.views.definition import ViewDefinition
from promoter_view.web.certificates import CertificateFiles, TlsSettings, self_signed
from promoter_view.web.health import HealthChecks
from promoter_view.web.limits import Limits
from promoter_view.web.reloading import Reloader, ServedPair
from promoter_view.web.server import Grace


class ServedApi:
    """What serves the views over TLS. Errors of the constructor: KeyPairError."""

    def __init__(
        self,
        views: ViewReader,
        definitions: Sequence[ViewDefinition],
        settings: Settings,
        *,
        reactor: Any,
        wall: WallClock,
        metrics: Metrics,
        health: HealthChecks,
        openapi: OpenApi,
        access: Access,
        random: random.Random,
        reloader: Reloader,
        sights: Sights | None = None,
        barrier: Callable[[], Deferred[None]],
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._certificate = _certificate_files(settings, wall())
        tls = TlsSettings(settings.tls_min_version, settings.tls_cipher_suites)
        self._connections = ServedPair(
            "serving-certificate", self._certificate, tls, reloader=reloader, metrics=metrics
        ).connections
        self._pump = Pump(views, reactor=reactor, barrier=barrier)
        self._site = make_site(
            views,
            definitions,
            reactor=reactor,
            wall=wall,
            pump=self._pump,
            metrics=metrics,
            health=health,
            openapi=openapi,
            access=access,
            random=random,
            settings=ApiSettings(
                settings.bookmark_interval,
                settings.min_request_timeout,
                Limits(settings.max_requests_per_user, settings.max_watches_per_user),
            ),
            version=promoter_view.__version__,
            sights=sights,
        )
        # Any: IListeningPort promises no port number of its address.
        self._port: Any = None
        self._grace = Grace(settings.shutdown_grace, reactor=reactor)

    @property
    def authority(self) -> bytes:
        """What a client of a self-signed certificate has to trust (PEM)."""
        return self._certificate.certificate.read_bytes()

    @property
    def url(self) -> str:
        """The address, once it listens."""
        host = self._port.getHost()
        return f"https://{f'[{host.host}]' if ':' in host.host else host.host}:{host.port}"

    @property
    def watches(self) -> int:
        """How many are open."""
        return self._site.watches

    def start(self) -> None:
        """Listens, and writes ``--port-file``. Errors: ConfigError."""
        port, address = self._settings.secure_port, self._settings.bind_address
        try:
            self._port = listen_tls(self._reactor, self._site, self._connections, port, address)
        except CannotListenError as error:
            raise refused(error, port="--secure-port", address="--bind-address") from error
        if self._settings.port_file is not None:
            self._write_port(Path(self._settings.port_file))

    def _write_port(self, file: Path) -> None:
        try:
            file.write_text(f"{self._port.getHost().port}\n")
        except OSError as error:
            raise ConfigError(f"--port-file: {file}: {error.strerror or error}") from error

    async def stop(self) -> None:
        """No new connections; watches end with a last bookmark, requests under way finish, within the grace."""
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
        await self._grace.end(self._site.drain, self._site.conclude)
        self._pump.stop()

    def hurry(self) -> None:
        """The grace is over."""
        self._grace.hurry()


def _certificate_files(settings: Settings, now: float) -> CertificateFiles:
    if settings.tls_cert_file is not None and settings.tls_private_key_file is not None:
        return CertificateFiles(Path(settings.tls_cert_file), Path(settings.tls_private_key_file))
    # "Every address" is none that a client could connect to by name.
    names = () if ip_address(settings.bind_address).is_unspecified else (settings.bind_address,)
    return self_signed(Path(settings.cert_dir), names=names, now=datetime.fromtimestamp(now, UTC))
