"""Who may ask, decided by the cluster: builds the parts of delegated access from the options, and runs them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from promoter_view.access import authorization, token_reviews
from promoter_view.access.authentication_config import AuthenticationConfig, front_proxy
from promoter_view.access.authorities import Authorities
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.delegated_access import DelegatedAccess, OpenPaths
from promoter_view.access.delegation import Delegation
from promoter_view.access.reviews import Reviewer
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.access.trust import Trust
from promoter_view.boundaries import ViewReader
from promoter_view.kubernetes.client.client import ClientSettings, KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig
from promoter_view.kubernetes.connection.config import load_named_cluster
from promoter_view.program.command_line.settings import Settings
from promoter_view.reading.sights import Sights
from promoter_view.runtime import Runtime
from promoter_view.views.definition import ViewDefinition
from promoter_view.web.reloading import Reloader, follow_file

#: Somebody waits for each answer.
_REVIEWS = ClientSettings(
    connect_timeout_seconds=5.0,
    header_timeout_seconds=10.0,
    body_idle_seconds=5.0,
    max_body_bytes=1 << 20,
    max_kept_connections=32,
)


class ClusterAccess:
    """Authentication and authorization by ``config``'s cluster, or by those that the options name.

    ``refused`` is told when the program cannot go on without what the cluster does not give. Errors of the
    constructor: ConfigError.
    """

    def __init__(
        self,
        settings: Settings,
        config: ClusterConfig,
        *,
        runtime: Runtime,
        reloader: Reloader,
        refused: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._reactor = runtime.reactor
        self._metrics = runtime.metrics
        self._trust = Trust()
        given = settings.access
        self._authentication = self._client("--authentication-kubeconfig", given.authentication_kubeconfig, config)
        self._authorization = self._client("--authorization-kubeconfig", given.authorization_kubeconfig, config)
        self._override(reloader)
        self._delegation = Delegation(
            self._trust,
            client=self._authentication,
            clock=self._reactor,
            random=runtime.random.random,
            refused=refused,
            tolerate=given.authentication_tolerate_lookup_failure,
        )
        self.tokens = self._token_reviews()
        self.access = DelegatedAccess(
            self._trust,
            self.tokens,
            self._access_reviews(),
            open_paths=OpenPaths(given.authorization_always_allow_paths),
            wall=runtime.wall,
        )

    def start(self) -> None:
        """Read the cluster's configuration, where it is wanted, and follow it."""
        given = self._settings
        both = given.access.client_ca_file and given.requestheader.client_ca_file
        if given.access.authentication_skip_lookup or both:
            self._trust.publish(AuthenticationConfig())
        else:
            self._delegation.start()

    async def stop(self) -> None:
        """No more requests to the cluster."""
        await self._delegation.stop()
        await self._authentication.close()
        await self._authorization.close()

    def member_sights(self, views: ViewReader, definitions: Callable[[], Mapping[str, ViewDefinition]]) -> Sights:
        """For the API: who is shown which members. Many reviews, with places of their own: no request's has to wait."""
        return Sights(views, definitions, self._sight_reviews("member"), clock=self._reactor, members=True)

    def commit_sights(self, views: ViewReader, definitions: Callable[[], Mapping[str, ViewDefinition]]) -> Sights:
        """For the API: in which strategies and Stages one may look for a commit. Who may list them all may do so."""
        members = self._settings.access.member_authorization
        reviews = self._sight_reviews("commit")
        return Sights(views, definitions, reviews, clock=self._reactor, members=members, bundles=True, verbs=("list",))

    def dashboard_sights(self, views: ViewReader, definitions: Callable[[], Mapping[str, ViewDefinition]]) -> Sights:
        """What the dashboard's visitors may see: system:masters, too, has to be told by the cluster."""
        members = self._settings.access.member_authorization
        reviews = self._sight_reviews("dashboard", masters=False)
        return Sights(views, definitions, reviews, clock=self._reactor, members=members, bundles=True)

    def dashboard_paths(self) -> AccessReviews:
        """Which paths the dashboard's visitors may get: system:masters, too, has to be told by the cluster."""
        return self._access_reviews(masters=False)

    def _sight_reviews(self, name: str, *, masters: bool = True) -> AccessReviews:
        """Their answers are kept by identity, all that belong together for the same time."""
        return AccessReviews(
            self._reviewer(name, authorization.PATH, authorization.DOCUMENT, self._authorization),
            clock=self._reactor,
            allowed_seconds=0,
            denied_seconds=0,
            metrics=self._metrics,
            name=name,
            masters=masters,
        )

    def check(self) -> str | None:
        """For ``/readyz``: why nobody can be authenticated yet."""
        if self._trust.config is not None:
            return None
        return self._delegation.fault or "the authentication configuration is being read"

    def line(self) -> str:
        """For ``/readyz?verbose``."""
        return self._delegation.fault or "the authentication configuration is followed"

    def _client(self, option: str, kubeconfig: str | None, config: ClusterConfig) -> KubernetesClient:
        if kubeconfig is not None:
            config = load_named_cluster(option, kubeconfig, None, self._runtime.environ)
        return KubernetesClient(self._reactor, config, environ=self._runtime.environ, settings=_REVIEWS)

    def _token_reviews(self) -> TokenReviews:
        return TokenReviews(
            self._reviewer("token", token_reviews.PATH, token_reviews.DOCUMENT, self._authentication),
            clock=self._reactor,
            key=secrets.token_bytes(32),
            seconds=self._settings.access.authentication_token_webhook_cache_ttl,
            metrics=self._metrics,
        )

    def _access_reviews(self, *, masters: bool = True) -> AccessReviews:
        return AccessReviews(
            self._reviewer("access", authorization.PATH, authorization.DOCUMENT, self._authorization),
            clock=self._reactor,
            allowed_seconds=self._settings.access.authorization_webhook_cache_authorized_ttl,
            denied_seconds=self._settings.access.authorization_webhook_cache_unauthorized_ttl,
            metrics=self._metrics,
            masters=masters,
        )

    def _reviewer(self, name: str, path: str, document: Mapping[str, str], client: KubernetesClient) -> Reviewer:
        return Reviewer(
            name,
            path,
            document,
            client=client,
            clock=self._reactor,
            random=self._runtime.random.random,
            metrics=self._metrics,
        )

    def _override(self, reloader: Reloader) -> None:
        """What options give in place of what the cluster publishes: read now, and again when the files change."""
        given = (
            ("client-ca-file", self._settings.access.client_ca_file, self._trust.override_client),
            ("requestheader-client-ca-file", self._settings.requestheader.client_ca_file, self._trust_proxies),
        )
        for option, file, override in given:
            if file is not None:
                take = partial(_override, override)
                follow_file(option, Path(file), take, reloader=reloader, metrics=self._metrics)
        reloader.expiry.follow_bundle("client-ca-file", self._trust.client_pem)
        reloader.expiry.follow_bundle("requestheader-client-ca-file", self._trust.proxy_pem)

    def _trust_proxies(self, authorities: Authorities) -> None:
        settings = self._settings
        self._trust.override_proxy(
            front_proxy(
                authorities,
                allowed_names=settings.requestheader.allowed_names,
                username_headers=settings.requestheader.username_headers,
                group_headers=settings.requestheader.group_headers,
                uid_headers=settings.requestheader.uid_headers,
                extra_prefixes=settings.requestheader.extra_headers_prefix,
            )
        )


def _override(override: Callable[[Authorities], None], pem: bytes) -> None:
    override(Authorities(pem))
