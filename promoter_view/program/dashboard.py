"""The dashboard on its port: who may look, pages, streams, listening, and its graceful end."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort

from promoter_view.access.authorities import Authorities
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.boundaries import ViewReader
from promoter_view.clocks import WallClock
from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.data_resource import DataResource
from promoter_view.dashboard.following import ActivityFollower, RowWarmer
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.pages import Pages
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.dashboard.reading import Reading
from promoter_view.dashboard.sign_in import SignIn
from promoter_view.dashboard.site import DashboardSite, Entrance, Front
from promoter_view.dashboard.stream_resource import StreamResource
from promoter_view.dashboard.visitors import Door, OpenDoor, ProxyDoor, ProxyHeaders, ProxyProof, TokenDoor
from promoter_view.metrics import Metrics
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.command_line.values import Port
from promoter_view.program.listening import listen_tcp, listen_tls, refused
from promoter_view.reading.pump import Pump
from promoter_view.reading.sights import Sights, Unrestricted
from promoter_view.reading.wire import Frames
from promoter_view.slices import cooperator
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy_details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage_details import STAGE_DETAILS
from promoter_view.web.certificates import CertificateFiles, ServingConnections, TlsSettings
from promoter_view.web.health import HealthChecks
from promoter_view.web.limits import Limits
from promoter_view.web.reloading import Reloader, ServedPair, follow_file
from promoter_view.web.server import Grace

#: The view that the pages are made of.
_SHOWN = PROMOTION_STRATEGY_DETAILS.plural
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_MAX_SECRETS = 2
#: What the page about the program says of ``--dashboard-auth``.
ADMITTED = {
    "": "everybody who can connect, on this machine only",
    "none": "everybody who can connect",
    "token": "whoever has a token of the cluster, as far as the cluster lets him list and watch",
    "proxy": "whom the proxy names, as far as the cluster lets him list and watch",
}


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The cluster's word on who looks, and on what he may see."""

    tokens: TokenReviews
    sights: Sights


class ServedDashboard:
    """What serves pages and streams. ``reviewing`` None: only ``--dashboard-auth none`` can be.

    Errors of the constructor: ConfigError, KeyPairError for files that are no good.
    """

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
        random: random.Random,
        reloader: Reloader,
        reviewing: Reviewing | None,
        facts: Callable[[], ProgramFacts],
        barrier: Callable[[], Deferred[None]],
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._wall = wall
        self._metrics = metrics
        self._reloader = reloader
        self._pump = Pump(views, reactor=reactor, barrier=barrier)
        plurals = tuple(definition.plural for definition in definitions)
        sights = _sights(settings, reviewing, views, plurals)
        reading, assets, frames = Reading(), Assets(), Frames()
        isolation = Isolation(metrics)
        activity = Activity(reading, isolation)
        cooperating = cooperator(reactor)
        self._follower = ActivityFollower(views, plurals, activity, cooperator=cooperating)
        pages = Pages(
            reading=reading,
            activity=activity,
            isolation=isolation,
            assets=assets,
            root_path=settings.dashboard_root_path,
            has_stages=STAGE_DETAILS in plurals,
            argocd_url=settings.argocd_url or "",
        )
        self._warmer = RowWarmer(views, _SHOWN, pages, cooperator=cooperating)
        page_resource = PageResource(
            views,
            plurals,
            pages,
            assets,
            sights=sights,
            pump=self._pump,
            wall=wall,
            facts=facts,
        )
        self._streams = StreamResource(
            views, pump=self._pump, frames=frames, reactor=reactor, metrics=metrics, random=random
        )
        data = DataResource(
            views,
            plurals,
            self._streams,
            pages,
            sights=sights,
            pump=self._pump,
            frames=frames,
            now=page_resource.now,
        )
        front = self._front(self._door(reviewing), data, page_resource, health)
        self._site = DashboardSite(front, reactor=reactor, metrics=metrics)
        self._connections = self._tls()
        # Any: IListeningPort promises no port number of its address.
        self._port: Any = None
        self._grace = Grace(settings.shutdown_grace, reactor=reactor)

    def _front(self, door: Door, data: DataResource, pages: PageResource, health: HealthChecks) -> Front:
        """Where every request comes in: hosts and shares first, then the door."""
        settings = self._settings
        root_path = settings.dashboard_root_path
        local = None if settings.dashboard_auth in ("token", "proxy") else _LOCAL_HOSTS
        hosts = settings.dashboard_allowed_hosts or local
        limits = Limits(settings.max_requests_per_user, settings.max_watches_per_user)
        sign_in = None
        if isinstance(door, TokenDoor):
            own = settings.dashboard_allowed_hosts
            sign_in = SignIn(door, pages, clock=self._reactor, wall=self._wall, root_path=root_path, hosts=own)
        return Front(Entrance(door, hosts, root_path, limits), data, pages, sign_in, health=lambda: _fault(health))

    @property
    def url(self) -> str:
        """The address, once it listens."""
        host = self._port.getHost()
        scheme = "http" if self._connections is None else "https"
        name = f"[{host.host}]" if ":" in host.host else host.host
        return f"{scheme}://{name}:{host.port}{self._settings.dashboard_root_path}"

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._streams.streams)

    def start(self) -> None:
        """Listens. Errors: ConfigError."""
        try:
            self._port = self._listen(self._settings.dashboard_port, self._settings.dashboard_bind_address)
        except CannotListenError as error:
            raise refused(error, port="--dashboard-port", address="--dashboard-bind-address") from error
        self._follower.start()
        self._warmer.start()

    def _listen(self, port: Port, address: str) -> IListeningPort:
        if self._connections is None:
            return listen_tcp(self._reactor, self._site, port, address)
        return listen_tls(self._reactor, self._site, self._connections, port, address)

    async def stop(self) -> None:
        """No new connections; streams end with GOODBYE, requests under way finish, within the grace."""
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
            self._follower.stop()
        self._warmer.stop()
        await self._grace.end(self._site.drain, self._site.conclude)
        self._pump.stop()

    def hurry(self) -> None:
        """The grace is over."""
        self._grace.hurry()

    def _door(self, reviewing: Reviewing | None) -> Door:
        settings = self._settings
        if settings.dashboard_auth == "token" and reviewing is not None:
            return TokenDoor(reviewing.tokens)
        if settings.dashboard_auth != "proxy":
            return OpenDoor()
        headers = ProxyHeaders(
            settings.dashboard_proxy_user_header,
            settings.dashboard_proxy_groups_header,
            settings.dashboard_proxy_groups_separator,
            settings.dashboard_proxy_user_prefix,
            settings.dashboard_proxy_groups_prefix,
        )
        return ProxyDoor(headers, self._proof())

    def _proof(self) -> ProxyProof:
        proof = ProxyProof(wall=self._wall)
        secrets, authorities = self._settings.dashboard_proxy_secret_file, self._settings.dashboard_client_ca_file

        def take_secrets(content: bytes) -> None:
            proof.secrets = _secrets(content)

        def take_authorities(content: bytes) -> None:
            proof.authorities = Authorities(content)

        def believed() -> bytes:
            return b"" if proof.authorities is None else proof.authorities.pem

        if secrets is not None:
            self._follow("dashboard-proxy-secret-file", Path(secrets), take_secrets)
        if authorities is not None:
            self._follow("dashboard-client-ca-file", Path(authorities), take_authorities)
            self._reloader.expiry.follow_bundle("dashboard-client-ca-file", believed)
        return proof

    def _follow(self, option: str, path: Path, take: Callable[[bytes], None]) -> None:
        follow_file(option, path, take, reloader=self._reloader, metrics=self._metrics)

    def _tls(self) -> ServingConnections | None:
        certificate, key = self._settings.dashboard_tls_cert_file, self._settings.dashboard_tls_private_key_file
        if certificate is None or key is None:
            return None
        files = CertificateFiles(
            Path(certificate), Path(key), "--dashboard-tls-cert-file", "--dashboard-tls-private-key-file"
        )
        tls = TlsSettings(self._settings.tls_min_version, self._settings.tls_cipher_suites)
        return ServedPair(
            "dashboard-certificate", files, tls, reloader=self._reloader, metrics=self._metrics
        ).connections


def _sights(settings: Settings, reviewing: Reviewing | None, views: ViewReader, plurals: Sequence[str]) -> Sights:
    """What visitors may see: without their names, everything."""
    if reviewing is None or settings.dashboard_auth not in ("token", "proxy"):
        return Unrestricted(views, plurals)
    return reviewing.sights


def _secrets(content: bytes) -> tuple[bytes, ...]:
    """One a line. Errors: ValueError."""
    found = tuple(filter(None, (line.strip() for line in content.splitlines())))
    if not 1 <= len(found) <= _MAX_SECRETS:
        raise ValueError("one secret, or two while it is changed, each on a line of its own")
    return found


def _fault(health: HealthChecks) -> str | None:
    report = health.report("livez")
    return None if report.healthy else report.text
