"""Who looks: everybody, whoever has a token, or whom an authenticating proxy names (``--dashboard-auth``)."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from twisted.web.server import Request

from promoter_view.access.authentication import bearer_token, words_of
from promoter_view.access.authorities import Authorities, CertificateRefused
from promoter_view.access.identity import ANONYMOUS, Identity
from promoter_view.access.peers import presented
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.clocks import WallClock
from promoter_view.dashboard.visitors.cookies import token_of
from promoter_view.web.errors import Forbidden, ReviewUnavailable, Unauthorized
from promoter_view.web.headers import headers_of

SECRET_HEADER = "X-Promoter-View-Proxy-Secret"  # noqa: S105 - a name
_RESERVED = "system:"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request's. An ``access.admission.Admission``.

    ``user`` is "" where nobody is asked who he is. ``again`` asks anew who it is, of the same request; None: it was
    said once, for the whole of it.
    """

    identity: Identity
    again: Callable[[], Awaitable[Identity]] | None = None
    user: str = ""
    can_sign_out: bool = False

    async def revoked(self) -> Forbidden | None:
        """Why it may not go on; None also where that cannot be told."""
        if self.again is None:
            return None
        try:
            found = await self.again()
        except Unauthorized:
            return Forbidden("the sign-in is no longer valid")
        except Forbidden as error:
            return error
        except ReviewUnavailable:
            return None
        return None if found == self.identity else Forbidden("these credentials now belong to another user")


class Authenticator(Protocol):
    """Tells who looks."""

    @property
    def signs_in(self) -> bool:
        """There is a sign-in page."""

    async def admit(self, request: Request) -> Visitor:
        """Errors: Unauthorized, Forbidden, ReviewUnavailable."""


class OpenAuthenticator:
    """``none``: everybody who can connect."""

    signs_in = False

    async def admit(self, request: Request) -> Visitor:  # noqa: ARG002
        """Never raises."""
        return Visitor(ANONYMOUS)


class TokenAuthenticator:
    """``token``: a Kubernetes bearer token, in the cookie of the sign-in page or in the header Authorization."""

    signs_in = True

    def __init__(self, tokens: TokenReviews) -> None:
        self._tokens = tokens

    async def admit(self, request: Request) -> Visitor:
        """Errors: Unauthorized, ReviewUnavailable."""
        given = bearer_token(headers_of(request))
        token = given or token_of(request)
        if token is None:
            raise Unauthorized("sign in first, or send a bearer token")
        identity = await self.identify(token)
        return Visitor(identity, lambda: self.identify(token), identity.user, can_sign_out=given is None)

    async def identify(self, token: str) -> Identity:
        """Whose it is. Errors: Unauthorized, ReviewUnavailable."""
        return (await self._tokens.identify(token)).authenticated()


@dataclass(frozen=True, slots=True)
class ProxyHeaders:
    """``--dashboard-proxy-*``: where a proxy says who looks."""

    user: str = "X-Forwarded-User"
    groups: str = "X-Forwarded-Groups"
    separator: str = ","
    user_prefix: str = ""
    groups_prefix: str = ""


class ProxyProof:
    """How a proxy shows that it is one: by a secret, by a certificate, by both.

    ``secrets`` are good at once, so that they can be changed; None: no secret is asked for. So with ``authorities``.
    """

    def __init__(self, *, wall: WallClock) -> None:
        self._wall = wall
        self.secrets: tuple[bytes, ...] | None = None
        self.authorities: Authorities | None = None

    def check(self, request: Request) -> None:
        """Errors: Unauthorized."""
        if self.secrets is not None and not self._knows_secret(request):
            raise Unauthorized("the request does not come from the proxy: its secret is missing or wrong")
        if self.authorities is not None and not self._is_vouched_for(request, self.authorities):
            raise Unauthorized("the request does not come from the proxy: its certificate is missing or not valid")

    def _knows_secret(self, request: Request) -> bool:
        given = request.requestHeaders.getRawHeaders(SECRET_HEADER.encode(), [])
        if len(given) != 1:
            return False
        # All are compared, so that the time tells nothing.
        equal = [hmac.compare_digest(given[0], secret) for secret in self.secrets or ()]
        return True in equal

    def _is_vouched_for(self, request: Request, authorities: Authorities) -> bool:
        shown = presented(request.channel)
        if shown is None:
            return False
        try:
            authorities.verify(shown.certificate, shown.others, datetime.fromtimestamp(self._wall(), UTC))
        except CertificateRefused:
            return False
        return True


class ProxyAuthenticator:
    """``proxy``: whom the headers of an authenticating proxy name."""

    signs_in = False

    def __init__(self, headers: ProxyHeaders, proof: ProxyProof) -> None:
        self._headers = headers
        self._proof = proof

    async def admit(self, request: Request) -> Visitor:
        """Errors: Unauthorized, Forbidden."""
        self._proof.check(request)
        identity = self._identity(request)
        return Visitor(identity, user=identity.user)

    def _identity(self, request: Request) -> Identity:
        names = _values(request, self._headers.user)
        if len(names) != 1:
            raise Unauthorized(f"the proxy names nobody: {self._headers.user} is missing, or there are several")
        separator = self._headers.separator
        groups = separator.join(_values(request, self._headers.groups)).split(separator)
        user = self._headers.user_prefix + names[0]
        found = tuple(self._headers.groups_prefix + group.strip() for group in groups if group.strip())
        if any(name.startswith(_RESERVED) for name in (user, *found)):
            raise Forbidden(
                f"names that start with {_RESERVED} belong to the cluster, and are not accepted from a proxy"
            )
        return Identity(user, groups=found).authenticated()


def _values(request: Request, name: str) -> list[str]:
    """Names are UTF-8, as those from kube-apiserver. Errors: Unauthorized for one that is not."""
    return list(filter(None, (value.strip() for value in words_of(headers_of(request), [name.lower()]))))
