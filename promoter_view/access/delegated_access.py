"""Access as the cluster decides it: TokenReview and SubjectAccessReview, certificates by what the cluster publishes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from twisted.web.server import Request

from promoter_view.access.admission import FREELY_ADMITTED, Admission, Attributes
from promoter_view.access.authentication import bearer_token, identify
from promoter_view.access.authorization import AccessReviews, forbidden
from promoter_view.access.identity import ANONYMOUS, Identity
from promoter_view.access.impersonation import Impersonation, impersonation
from promoter_view.access.peers import Peers
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.access.trust import Trust
from promoter_view.clocks import WallClock
from promoter_view.web.errors import Forbidden, ReviewUnavailable, Unauthorized
from promoter_view.web.headers import Headers, headers_of


class OpenPaths:
    """Paths that need no right, and nobody's name: exact ones, and prefixes that end with ``*``."""

    def __init__(self, patterns: Iterable[str]) -> None:
        found = [pattern if pattern.startswith("/") else f"/{pattern}" for pattern in patterns]
        self._exact = frozenset(pattern for pattern in found if not pattern.endswith("*"))
        self._prefixes = tuple(pattern[:-1] for pattern in found if pattern.endswith("*"))

    def admit(self, attributes: Attributes) -> bool:
        """Whether that is one of them."""
        if attributes.resource:
            return False
        return attributes.path in self._exact or attributes.path.startswith(self._prefixes)


class OpenPathsAccess:
    """Admits everyone to open paths, and nobody to anything else: where the cluster is not asked who somebody is."""

    def __init__(self, open_paths: OpenPaths) -> None:
        self._open_paths = open_paths

    async def admit(self, request: Request, attributes: Attributes) -> Admission:  # noqa: ARG002
        """Errors: Forbidden."""
        if self._open_paths.admit(attributes):
            return FREELY_ADMITTED
        raise forbidden(ANONYMOUS, attributes, "only what --authorization-always-allow-paths names is served here")


class DelegatedAccess:
    """``open_paths`` pass before anything is asked, so that a probe does not depend on the cluster."""

    def __init__(
        self,
        trust: Trust,
        tokens: TokenReviews,
        reviews: AccessReviews,
        *,
        open_paths: OpenPaths,
        wall: WallClock,
    ) -> None:
        self._trust = trust
        self._tokens = tokens
        self._reviews = reviews
        self._open_paths = open_paths
        self._wall = wall
        self._peers = Peers()

    async def admit(self, request: Request, attributes: Attributes) -> Admission:
        """Errors: Unauthorized, Forbidden, ReviewUnavailable."""
        if self._open_paths.admit(attributes):
            return FREELY_ADMITTED
        headers = headers_of(request)
        proven = self._proven(request, headers)
        admission = Delegated(
            request, proven, impersonation(headers, attributes.path), attributes, self._tokens, self._reviews
        )
        await admission.decide()
        return admission

    def _proven(self, request: Request, headers: Headers) -> Identity | None:
        """Who asks, as far as that can be told here; None where the cluster has to be asked whose the token is."""
        config = self._trust.config
        if config is None:
            raise ReviewUnavailable("the cluster's authentication configuration has not been read yet")
        verdict = self._peers.verdict(request.channel, config, datetime.fromtimestamp(self._wall(), UTC))
        found = identify(verdict, config, headers)
        if found is not None:
            return found.authenticated()
        if bearer_token(headers) is not None:
            return None
        if verdict is not None and verdict.refused:
            raise Unauthorized("Unauthorized")
        return ANONYMOUS


class Delegated:
    """One request's admission. What a certificate has proven stays proven; a token is reviewed each time.

    The token stays where it came, in the request, and goes with it.
    """

    def __init__(
        self,
        request: Request,
        proven: Identity | None,
        impersonated: Impersonation | None,
        attributes: Attributes,
        tokens: TokenReviews,
        reviews: AccessReviews,
    ) -> None:
        self._request = request
        self._proven = proven
        self._impersonated = impersonated
        self._attributes = attributes
        self._tokens = tokens
        self._reviews = reviews
        self.identity = proven or ANONYMOUS

    async def decide(self) -> None:
        """Errors: Unauthorized, Forbidden, ReviewUnavailable."""
        asking = self._proven or await self._of_token()
        if self._impersonated is not None:
            for part in self._impersonated.reviews:
                await self._reviews.require(asking, part)
            asking = self._impersonated.identity
        self.identity = asking
        await self._reviews.require(asking, self._attributes)

    async def revoked(self) -> Forbidden | None:
        """Only a definite no counts."""
        try:
            await self.decide()
        except Forbidden as error:
            return error
        except Unauthorized:
            return forbidden(self.identity, self._attributes, "the token is no longer valid")
        except ReviewUnavailable:
            return None
        return None

    async def _of_token(self) -> Identity:
        token = bearer_token(headers_of(self._request))
        assert token is not None
        return (await self._tokens.identify(token)).authenticated()
