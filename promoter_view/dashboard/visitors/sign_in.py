"""Signing in and out with a Kubernetes token: cookies, their protection from other sites, and a limit of attempts."""

from __future__ import annotations

from collections.abc import Collection

from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request

from promoter_view.clocks import WallClock
from promoter_view.dashboard.page_resource import PageResource, plain_form, safe_target
from promoter_view.dashboard.visitors import cookies
from promoter_view.dashboard.visitors.visitors import TokenAuthenticator
from promoter_view.web.addressing import SENDER_HEADERS, Sender, is_own
from promoter_view.web.errors import Forbidden, ReviewUnavailable, TooManyRequests, Unauthorized

#: Attempts of all together: behind a proxy everybody comes from one address. Each is a review that the cluster makes.
_BURST = 20
_PER_SECOND = 2.0
_WRONG = "The cluster does not know this token, or it has expired."
_UNREACHABLE = "The cluster does not answer at the moment. Try again shortly."


class Attempts:
    """A bucket of attempts that fills with time."""

    def __init__(self, *, clock: IReactorTime) -> None:
        self._clock = clock
        self._left = float(_BURST)
        self._at = clock.seconds()

    def take(self) -> None:
        """One attempt. Errors: TooManyRequests."""
        now = self._clock.seconds()
        self._left = min(_BURST, self._left + (now - self._at) * _PER_SECOND)
        self._at = now
        if self._left < 1:
            raise TooManyRequests("too many attempts to sign in: try again shortly", 1)
        self._left -= 1


class SignIn:
    """``sign-in`` and ``sign-out``. ``root_path`` begins and ends with a slash; ``hosts`` are ours by configuration."""

    def __init__(
        self,
        authenticator: TokenAuthenticator,
        pages: PageResource,
        *,
        clock: IReactorTime,
        wall: WallClock,
        root_path: str,
        hosts: Collection[str] = (),
    ) -> None:
        self._authenticator = authenticator
        self._hosts = hosts
        self._pages = pages
        self._wall = wall
        self._root_path = root_path
        self._attempts = Attempts(clock=clock)

    async def show(self, request: Request, target: str) -> None:
        """The form."""
        await self._pages.sign_in(request, target=safe_target(target))

    async def enter(self, request: Request) -> None:
        """A token is given. Errors: Forbidden, TooManyRequests."""
        self._require_own(request)
        self._attempts.take()
        form = plain_form(request)
        token, target = form.get("token", "").strip(), safe_target(form.get("target", ""))
        if not cookies.is_token(token):
            await self._pages.sign_in(request, error=_WRONG, status=401, target=target)
            return
        try:
            await self._authenticator.identify(token)
        except Unauthorized:
            await self._pages.sign_in(request, error=_WRONG, status=401, target=target)
        except ReviewUnavailable:
            await self._pages.sign_in(request, error=_UNREACHABLE, status=503, target=target)
        else:
            self._go_on(request, cookies.keep(token, self._wall()), target)

    async def leave(self, request: Request) -> None:
        """The token is forgotten. Errors: Forbidden."""
        self._require_own(request)
        self._go_on(request, cookies.forget(), "sign-in")

    def _require_own(self, request: Request) -> None:
        """A form of another site may not sign anybody in or out. Errors: Forbidden."""
        if not is_own(Sender(*map(request.getHeader, SENDER_HEADERS)), self._hosts):
            raise Forbidden("the form was not sent from this site")

    def _go_on(self, request: Request, kept: list[str], target: str) -> None:
        for cookie in kept:
            request.responseHeaders.addRawHeader("Set-Cookie", cookie)
        redirect(request, self._root_path + target)


def redirect(request: Request, location: str) -> None:
    """To be fetched with GET from there (303)."""
    request.setResponseCode(303)
    request.setHeader("Location", location)
    request.setHeader("Content-Length", "0")
    request.finish()
