"""The dashboard on its port: who may look, pages, streams, listening, and its graceful end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from promoter_view.access.authorities import Authorities
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.dashboard.assembly import Parts, make_parts
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.commits.resource import CommitPages
from promoter_view.dashboard.data_resource import DataResource
from promoter_view.dashboard.following import ActivityFollower, RowWarmer
from promoter_view.dashboard.journal.earlier import EarlierEntries
from promoter_view.dashboard.journal.figures import FiguresPages
from promoter_view.dashboard.journal.resource import JournalPages
from promoter_view.dashboard.journal.streams import JournalStreams
from promoter_view.dashboard.notifications.resource import NotificationPages
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.past.resource import ComparePages
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.dashboard.site import Admittance, DashboardEntrance, DashboardRequest, OwnPages
from promoter_view.dashboard.streams.resource import StreamResource
from promoter_view.dashboard.visitors.sign_in import SignIn
from promoter_view.dashboard.visitors.visitors import (
    Authenticator,
    OpenAuthenticator,
    ProxyAuthenticator,
    ProxyHeaders,
    ProxyProof,
    TokenAuthenticator,
)
from promoter_view.program.api import Serving, end_pumps
from promoter_view.program.command_line.settings import Settings
from promoter_view.program.listening import Listening
from promoter_view.reading.sights import Sights
from promoter_view.reading.wire import Frames
from promoter_view.slices import SLICE_SECONDS, cooperator
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS
from promoter_view.web.certificates import CertificateFiles, ServingConnections
from promoter_view.web.health import HealthChecks
from promoter_view.web.reloading import follow_file
from promoter_view.web.served import Served
from promoter_view.web.server import HttpSite

#: The view that the pages are made of.
_SHOWN = PROMOTION_STRATEGY_DETAILS.plural
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_MAX_SECRETS = 2
#: What the page about the program says of ``--dashboard-auth``.
ADMITTED = {
    "": "everybody who can connect, on this machine only",
    "none": "everybody who can connect",
    "token": "users with a token of the cluster, in the namespaces that they may list and watch",
    "proxy": "users that the proxy names, in the namespaces that they may list and watch",
}


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The cluster's word on who looks, and on what he may see."""

    tokens: TokenReviews
    sights: Sights
    paths: AccessReviews


class ServedDashboard(Served):
    """What serves pages and streams. ``reviewing`` None: only ``--dashboard-auth none`` can be.

    Errors of the constructor: ConfigError, KeyPairError for files that are no good.
    """

    def __init__(
        self,
        serving: Serving,
        definitions: Sequence[ViewDefinition],
        *,
        reviewing: Reviewing | None,
        facts: Callable[[], ProgramFacts],
    ) -> None:
        views, settings, runtime, pump = serving.views, serving.settings, serving.runtime, serving.pump()
        plurals = tuple(definition.plural for definition in definitions)
        assets, frames = Assets(), Frames()
        parts = _parts(serving, Isolation(runtime.metrics), assets, plurals)
        sights = _sights(serving, reviewing, definitions)
        moments = serving.moments(sights)
        earlier = EarlierEntries(serving.entries.journal)
        shown = PageResource(views, plurals, parts, earlier, sights=sights, pump=pump, moments=moments, facts=facts)
        self._streams = StreamResource(views, runtime=runtime, pump=pump, frames=frames)
        data = DataResource(
            views, plurals, self._streams, parts.fragments, sights=sights, pump=pump, frames=frames, moments=moments
        )
        self._journal = JournalStreams(serving.entries, plurals, sights=sights, runtime=runtime)
        root = settings.dashboard.url.rstrip("/") + "/" if settings.dashboard.url else settings.dashboard.root_path
        figures = FiguresPages(serving.entries.journal, plurals, shown, sights=sights, runtime=runtime)
        journal = JournalPages(
            serving.entries.journal, plurals, shown, self._journal, figures, sights=sights, now=shown.now, root=root
        )
        authenticator = _authenticator(serving, reviewing)
        # Nobody waits for these yet, and somebody does for the first lists, and for what watches get of a change.
        resting = cooperator(runtime.reactor, rest_seconds=SLICE_SECONDS)
        self._follower = ActivityFollower(views, plurals, parts.activity, cooperator=resting)
        self._warmer = RowWarmer(views, _SHOWN, parts.fragments, cooperator=resting)
        entrance = DashboardEntrance(
            Admittance(authenticator, _hosts(settings), settings.dashboard.root_path, serving.limits),
            data,
            shown,
            _sign_in(serving, authenticator, shown),
            OwnPages(
                CommitPages(serving.finder(definitions, sights), shown, pump=pump, moments=moments),
                journal,
                ComparePages(plurals, shown, moments=moments, reactor=runtime.reactor),
                NotificationPages(serving.notifications, shown, reviews=_path_reviews(serving, reviewing)),
            ),
            health=lambda: _fault(serving.health),
        )
        where = _listening(serving)
        super().__init__(
            HttpSite(entrance, reactor=runtime.reactor, metrics=runtime.metrics, request_factory=DashboardRequest),
            lambda site: where.open(runtime.reactor, site),
            secure=where.connections is not None,
            path=settings.dashboard.root_path,
            grace_seconds=settings.program.shutdown_grace,
            reactor=runtime.reactor,
            ended=lambda: end_pumps(pump, self._journal.pump),
        )

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._streams.streams) + len(self._journal.feeds)

    def listen(self) -> None:
        """Listens. Errors: ConfigError."""
        super().listen()
        self._follower.start()
        self._warmer.start()

    async def close(self) -> None:
        """Nothing is worked out ahead any more, too."""
        self._follower.stop()
        self._warmer.stop()
        await super().close()


def _parts(serving: Serving, isolation: Isolation, assets: Assets, plurals: Sequence[str]) -> Parts:
    settings = serving.settings
    return make_parts(
        isolation,
        assets,
        commits=lambda: serving.commits.index,
        root_path=settings.dashboard.root_path,
        has_stages=STAGE_DETAILS in plurals,
        argocd_url=settings.argocd.url or "",
    )


def _sights(serving: Serving, reviewing: Reviewing | None, definitions: Sequence[ViewDefinition]) -> Sights:
    """What visitors may see: without their names, everything."""
    if reviewing is None or serving.settings.dashboard.auth not in ("token", "proxy"):
        known = {definition.plural: definition for definition in definitions}
        return Sights(serving.views, lambda: known, None, clock=serving.runtime.reactor)
    return reviewing.sights


def _path_reviews(serving: Serving, reviewing: Reviewing | None) -> AccessReviews | None:
    """Of visitors whose names are known; the others may look at everything."""
    if reviewing is None or serving.settings.dashboard.auth not in ("token", "proxy"):
        return None
    return reviewing.paths


def _hosts(settings: Settings) -> Sequence[str] | None:
    """Where nobody has to say who he is, only names of this machine: no other site's is led here then."""
    local = None if settings.dashboard.auth in ("token", "proxy") else _LOCAL_HOSTS
    return settings.dashboard.allowed_hosts or local


def _sign_in(serving: Serving, authenticator: Authenticator, pages: PageResource) -> SignIn | None:
    if not isinstance(authenticator, TokenAuthenticator):
        return None
    settings, runtime = serving.settings, serving.runtime
    return SignIn(
        authenticator,
        pages,
        clock=runtime.reactor,
        wall=runtime.wall,
        root_path=settings.dashboard.root_path,
        hosts=settings.dashboard.allowed_hosts,
    )


def _authenticator(serving: Serving, reviewing: Reviewing | None) -> Authenticator:
    settings = serving.settings
    if settings.dashboard.auth == "token" and reviewing is not None:
        return TokenAuthenticator(reviewing.tokens)
    if settings.dashboard.auth != "proxy":
        return OpenAuthenticator()
    headers = ProxyHeaders(
        settings.dashboard_proxy.user_header,
        settings.dashboard_proxy.groups_header,
        settings.dashboard_proxy.groups_separator,
        settings.dashboard_proxy.user_prefix,
        settings.dashboard_proxy.groups_prefix,
    )
    return ProxyAuthenticator(headers, _proof(serving))


def _proof(serving: Serving) -> ProxyProof:
    proof = ProxyProof(wall=serving.runtime.wall)
    reloader, metrics = serving.reloader, serving.runtime.metrics
    secrets, authorities = serving.settings.dashboard_proxy.secret_file, serving.settings.dashboard.client_ca_file

    def take_secrets(content: bytes) -> None:
        proof.secrets = _secrets(content)

    def take_authorities(content: bytes) -> None:
        proof.authorities = Authorities(content)

    def believed() -> bytes:
        return b"" if proof.authorities is None else proof.authorities.pem

    if secrets is not None:
        follow_file("dashboard-proxy-secret-file", Path(secrets), take_secrets, reloader=reloader, metrics=metrics)
    if authorities is not None:
        follow_file("dashboard-client-ca-file", Path(authorities), take_authorities, reloader=reloader, metrics=metrics)
        reloader.expiry.follow_bundle("dashboard-client-ca-file", believed)
    return proof


def _listening(serving: Serving) -> Listening:
    settings = serving.settings
    options = ("--dashboard-port", "--dashboard-bind-address")
    return Listening(settings.dashboard.port, settings.dashboard.bind_address, *options, _tls(serving))


def _tls(serving: Serving) -> ServingConnections | None:
    certificate, key = serving.settings.dashboard.tls_cert_file, serving.settings.dashboard.tls_private_key_file
    if certificate is None or key is None:
        return None
    options = ("--dashboard-tls-cert-file", "--dashboard-tls-private-key-file")
    return serving.certificate(
        "dashboard-certificate", CertificateFiles(Path(certificate), Path(key), *options)
    ).connections


def _secrets(content: bytes) -> tuple[bytes, ...]:
    """One a line. Errors: ValueError."""
    found = tuple(filter(None, (line.strip() for line in content.splitlines())))
    if not 1 <= len(found) <= _MAX_SECRETS:
        raise ValueError("one secret, or two during a rotation, each on its own line")
    return found


def _fault(health: HealthChecks) -> str | None:
    report = health.report("livez")
    return None if report.healthy else report.text
