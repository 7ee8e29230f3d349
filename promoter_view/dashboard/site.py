"""The dashboard as a twisted.web Site: every request passes here: its host, who asks, the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from urllib.parse import quote

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from promoter_view.access.identity import ANONYMOUS
from promoter_view.dashboard.data_resource import DataResource
from promoter_view.dashboard.page_resource import PageResource, safe_target
from promoter_view.dashboard.sign_in import SignIn, redirect
from promoter_view.dashboard.visitors import Door, Visitor
from promoter_view.metrics import Metrics
from promoter_view.web.addressing import host_name
from promoter_view.web.channel import ApiRequest, channel_of
from promoter_view.web.errors import MethodNotAllowed, Unauthorized
from promoter_view.web.limits import Claim, Limits, Shares
from promoter_view.web.parameters import Parameters, parameters_of
from promoter_view.web.server import HttpSite
from promoter_view.web.status import BODY_TOO_LARGE, internal_error, status_of

#: A form holds a token.
_MAX_FORM_BYTES = 64 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Cookie",
}
_STREAMS = ("watch", "pages/stream")
_DATA = (*_STREAMS, "list", "session")


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who is let in: ``hosts`` None for any Host; ``door`` tells who asks. ``root_path`` begins and ends with ``/``."""

    door: Door
    hosts: Collection[str] | None
    root_path: str = "/"
    limits: Limits = field(default_factory=Limits)


class DashboardRequest(ApiRequest):
    """A request; the body of a form is kept."""

    def handleContentChunk(self, data: bytes) -> None:
        """A part of the body."""
        super().handleContentChunk(data)
        if self.channel.command != b"POST":
            return
        assert isinstance(self.content, BytesIO)
        if self.content.tell() + len(data) > _MAX_FORM_BYTES:
            self.channel.refuse(BODY_TOO_LARGE)
        else:
            self.content.write(data)


class Front(Resource):
    """The root: answers everything."""

    isLeaf = True  # noqa: N815 - Twisted's name
    _log = Logger()

    def __init__(
        self,
        entrance: Entrance,
        data: DataResource,
        pages: PageResource,
        sign_in: SignIn | None,
        *,
        health: Callable[[], str | None],
    ) -> None:
        super().__init__()
        self._entrance = entrance
        self._data = data
        self._pages = pages
        self._sign_in = sign_in
        self._health = health
        self._shares = Shares(entrance.limits)
        self._under_way: set[Deferred[None]] = set()

    def render(self, request: Request) -> int:
        """Answers every request; what is not over at once is cancelled when the client leaves."""
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        request.responseHeaders.removeHeader("Server")
        path = self._path(request)
        work = Deferred.fromCoroutine(self._serve(request, path))
        if not work.called:
            self._under_way.add(work)
            request.notifyFinish().addErrback(lambda _: work.cancel())
        work.addErrback(self._failed, request, path)
        work.addBoth(lambda _: self._under_way.discard(work))
        return NOT_DONE_YET

    def drain(self) -> Deferred[None]:
        """Say goodbye to all streams; fires when every request under way is over."""
        self._data.drain()
        return DeferredList(list(self._under_way)).addCallback(lambda _: None)

    def _path(self, request: Request) -> str | None:
        """The path below the root; None where it is not below it."""
        path, root = request.path.decode("ascii", "replace"), self._entrance.root_path
        if path + "/" == root:
            return ""
        return path[len(root) :] if path.startswith(root) else None

    async def _serve(self, request: Request, path: str | None) -> None:
        if path == "healthz" or request.path == b"/healthz":
            self._healthz(request)
        elif not self._is_known_host(request):
            self._refuse_host(request)
        elif path is None:
            redirect(request, self._entrance.root_path)
        elif path in ("sign-in", "sign-out") and self._sign_in is not None:
            await self._sign(request, path, self._sign_in)
        else:
            await self._read(request, path, parameters_of(request.uri))

    def _healthz(self, request: Request) -> None:
        fault = self._health()
        request.setResponseCode(200 if fault is None else 500)
        _send(request, b"ok\n" if fault is None else fault.encode() + b"\n", "text/plain; charset=utf-8")

    def _is_known_host(self, request: Request) -> bool:
        """A page of another site may have its own name lead to our address (DNS rebinding)."""
        hosts = self._entrance.hosts
        return hosts is None or host_name(request.getHeader("Host") or "") in hosts

    def _refuse_host(self, request: Request) -> None:
        request.setResponseCode(403)
        host = host_name(request.getHeader("Host") or "")[:253]
        text = f"{host!r} is not a name of this dashboard; --dashboard-allowed-hosts says which are\n"
        _send(request, text.encode(), "text/plain; charset=utf-8")

    async def _sign(self, request: Request, path: str, sign_in: SignIn) -> None:
        if request.method == b"POST":
            await (sign_in.enter(request) if path == "sign-in" else _at_once(sign_in.leave, request))
        elif request.method in (b"GET", b"HEAD") and path == "sign-in":
            await sign_in.show(request, next(iter(parameters_of(request.uri).get("target", ())), ""))
        else:
            raise MethodNotAllowed()

    async def _read(self, request: Request, path: str, parameters: Parameters) -> None:
        if request.method != b"GET" and (request.method != b"HEAD" or path in _STREAMS):
            raise MethodNotAllowed()
        if path.startswith("static/"):
            self._pages.asset(request, path.removeprefix("static/"))
            return
        visitor = await self._entrance.door.admit(request)
        if visitor.identity is not ANONYMOUS:
            channel_of(request).recognize()
        claim = Claim(visitor.identity.user, path in _STREAMS)
        self._shares.take(claim)
        try:
            await self._answer(request, path, parameters, visitor)
        finally:
            self._shares.give_back(claim)

    async def _answer(self, request: Request, path: str, parameters: Parameters, visitor: Visitor) -> None:
        if path in _DATA:
            await self._data.serve(request, path, parameters, visitor)
        else:
            await self._pages.serve(request, path, parameters, visitor)

    def _failed(self, failure: Failure, request: Request, path: str | None) -> None:
        if failure.check(CancelledError):
            return  # the client has left, there is nobody to tell
        if request.startedWriting:
            self._log.failure("an answer for {path!r} broke off", failure, path=path)
            request.loseConnection()
        elif failure.check(Unauthorized) and self._entrance.door.signs_in and path is not None and path not in _DATA:
            asked = request.uri.decode("ascii", "replace")[len(self._entrance.root_path) :]
            redirect(request, f"{self._entrance.root_path}sign-in?target={quote(safe_target(asked), safe='')}")
        else:
            self._refuse(request, failure, path)

    def _refuse(self, request: Request, failure: Failure, path: str | None) -> None:
        status = status_of(failure.value) if isinstance(failure.value, Exception) else None
        if status is None:
            self._log.failure("a request for {path!r} failed", failure, path=path)
            status = internal_error("a failure of this path")
        request.setResponseCode(status.code)
        request.responseHeaders.removeHeader("Content-Encoding")
        for name, value in status.headers.items():
            request.setHeader(name, value)
        if path is None or path in _DATA or path.startswith("static/"):
            _send(request, status.encode() + b"\n", "application/json")
            return
        title = HTTPStatus(status.code).phrase
        Deferred.fromCoroutine(self._pages.tell(request, status.code, title, status.message)).addErrback(
            self._failed, request, None
        )


class DashboardSite(HttpSite):
    """The dashboard's."""

    def __init__(self, front: Front, *, reactor: IReactorTime, metrics: Metrics) -> None:
        super().__init__(front, request_factory=DashboardRequest, reactor=reactor, metrics=metrics)
        self._front = front

    def drain(self) -> Deferred[None]:
        """Before shutdown: streams end with GOODBYE; fires when every request under way is over."""
        return self._front.drain()


def _send(request: Request, body: bytes, content_type: str) -> None:
    request.setHeader("Content-Type", content_type)
    request.setHeader("Content-Length", str(len(body)))
    request.write(body)
    request.finish()


async def _at_once(call: Callable[[Request], None], request: Request) -> None:
    call(request)
