"""The aggregated API on its port: certificate, site, listening, and its graceful end."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from twisted.internet.defer import Deferred, maybeDeferred

import promoter_view
from promoter_view.access.admission import Access
from promoter_view.access.outlook import Outlooks
from promoter_view.api.openapi import OpenApi
from promoter_view.api.resource import ApiSettings
from promoter_view.api.site import make_site
from promoter_view.boundaries import ViewReader
from promoter_view.listening import listen_tls
from promoter_view.metrics import Metrics
from promoter_view.settings import Settings
from promoter_view.streaming import Pump
from promoter_view.views.definition import ViewDefinition
from promoter_view.web.certificates import (
    CertificateFiles,
    ServingConnections,
    TlsSettings,
    self_signed,
    serving_context,
)
from promoter_view.web.health import HealthChecks
from promoter_view.web.limits import Limits
from promoter_view.web.reloading import ReloadedFiles, Reloader
from promoter_view.web.server import Grace


class ServedApi:
    """What serves the views over TLS. Errors of the constructor: OSError, SSL.Error for unusable certificates."""

    def __init__(
        self,
        views: ViewReader,
        definitions: Sequence[ViewDefinition],
        settings: Settings,
        *,
        reactor: Any,
        metrics: Metrics,
        health: HealthChecks,
        openapi: OpenApi,
        access: Access,
        random: random.Random,
        reloader: Reloader,
        outlooks: Outlooks | None = None,
        barrier: Callable[[], Deferred[None]],
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._certificate = _certificate_files(settings)
        pair = [self._certificate.certificate, self._certificate.key]
        reloader.add(ReloadedFiles("serving-certificate", pair, self._renew, metrics=metrics))
        self._connections = ServingConnections(self._context())
        self._pump = Pump(views, reactor=reactor, barrier=barrier)
        self._site = make_site(
            views,
            definitions,
            reactor=reactor,
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
            outlooks=outlooks,
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
        """Listens, and writes ``--port-file``. Errors: CannotListenError, OSError."""
        settings = self._settings
        self._port = listen_tls(
            self._reactor, self._site, self._connections, settings.secure_port, settings.bind_address
        )
        if settings.port_file is not None:
            Path(settings.port_file).write_text(f"{self._port.getHost().port}\n")

    def _renew(self) -> None:
        """Connections made from now on see the new certificate; those that are open stay as they are."""
        self._connections.replace(self._context())

    def _context(self) -> SSL.Context:
        settings = self._settings
        return serving_context(self._certificate, TlsSettings(settings.tls_min_version, settings.tls_cipher_suites))

    async def stop(self) -> None:
        """No new connections; watches end with a last bookmark, requests under way finish, within the grace."""
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
        await self._grace.end(self._site.drain, self._site.conclude)
        self._pump.stop()

    def hurry(self) -> None:
        """The grace is over."""
        self._grace.hurry()


def _certificate_files(settings: Settings) -> CertificateFiles:
    if settings.tls_cert_file is not None and settings.tls_private_key_file is not None:
        return CertificateFiles(Path(settings.tls_cert_file), Path(settings.tls_private_key_file))
    return self_signed(Path(settings.cert_dir), names=(settings.bind_address,), now=datetime.now(UTC))
