"""The entrance of the dashboard: a request's host, who asks, the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import NamedTuple
from urllib.parse import quote

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.server import Request

from promoter_view.access.identity import ANONYMOUS
from promoter_view.dashboard.commits.addresses import CommitForm, read_commit_address
from promoter_view.dashboard.commits.resource import CommitPages
from promoter_view.dashboard.data_resource import DataResource
from promoter_view.dashboard.journal.figures_requests import FiguresForm, figures_form
from promoter_view.dashboard.journal.requests import JournalForm, is_followed, wanted_form
from promoter_view.dashboard.journal.resource import JournalPages
from promoter_view.dashboard.notifications.resource import NotificationPages
from promoter_view.dashboard.page_resource import PageResource, safe_target
from promoter_view.dashboard.page_table import COMPARE, FIGURES, JOURNAL, NOTIFICATIONS
from promoter_view.dashboard.past.banner import earliest_address
from promoter_view.dashboard.past.resource import ComparePages, wants_json
from promoter_view.dashboard.visitors.sign_in import SignIn, redirect
from promoter_view.dashboard.visitors.visitors import Authenticator, Visitor
from promoter_view.web.addressing import host_name
from promoter_view.web.channel import ApiRequest, channel_of
from promoter_view.web.entrance import Entrance, send
from promoter_view.web.errors import MethodNotAllowed, Unauthorized
from promoter_view.web.limits import Claim, Limits
from promoter_view.web.parameters import Parameters, first, parameters_of
from promoter_view.web.status import BODY_TOO_LARGE, Status

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
_STREAMS = ("watch", "changes", "pages/stream")
_DATA = (*_STREAMS, "list", "session")


@dataclass(frozen=True, slots=True)
class Admittance:
    """Who may connect: ``hosts`` None for any Host. ``root_path`` begins and ends with ``/``."""

    authenticator: Authenticator
    hosts: Collection[str] | None
    root_path: str = "/"
    limits: Limits = field(default_factory=Limits)


def _is_data(request: Request, path: str) -> bool:
    """It is for scripts, or for other pages, and not for people."""
    accept = request.getHeader("Accept")
    commit = read_commit_address(path, accept)
    if path == JOURNAL.path:
        return wanted_form(parameters_of(request.uri), accept) is not JournalForm.PAGE
    if path in (COMPARE.path, NOTIFICATIONS.path):
        return wants_json(parameters_of(request.uri), accept)
    if path == FIGURES.path:
        return figures_form(parameters_of(request.uri), accept) is not FiguresForm.PAGE
    return path in _DATA or (commit is not None and commit.form is not CommitForm.PAGE)


def _is_stream(request: Request, path: str) -> bool:
    """It goes on for ever."""
    followed = path == JOURNAL.path and is_followed(parameters_of(request.uri), request.getHeader("Accept"))
    return followed or path in _STREAMS


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


class OwnPages(NamedTuple):
    """The pages that scripts ask for as well, or that are asked of others than the views."""

    commits: CommitPages
    journal: JournalPages
    compare: ComparePages
    notifications: NotificationPages


class DashboardEntrance(Entrance[str | None]):
    """What is asked is the path below the root; None where it is not below it."""

    def __init__(
        self,
        admittance: Admittance,
        data: DataResource,
        pages: PageResource,
        sign_in: SignIn | None,
        own: OwnPages,
        *,
        health: Callable[[], str | None],
    ) -> None:
        super().__init__(admittance.limits, end_streams=self._end_streams)
        self._admittance = admittance
        self._data = data
        self._pages = pages
        self._sign_in = sign_in
        self._own = own
        self._health = health

    def begin(self, request: Request) -> str | None:
        """The root itself is the path "" with and without its slash."""
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        path, root = request.path.decode("ascii", "replace"), self._admittance.root_path
        if path + "/" == root:
            return ""
        return path[len(root) :] if path.startswith(root) else None

    async def serve(self, request: Request, path: str | None) -> None:
        """Errors: those of ``web.status``."""
        if path == "healthz" or request.path == b"/healthz":
            self._healthz(request)
        elif not self._is_known_host(request):
            self._refuse_host(request)
        elif path is None:
            redirect(request, self._admittance.root_path)
        elif path in ("sign-in", "sign-out") and self._sign_in is not None:
            await self._sign(request, path, self._sign_in)
        else:
            await self._read(request, path, parameters_of(request.uri))

    def _healthz(self, request: Request) -> None:
        fault = self._health()
        request.setResponseCode(200 if fault is None else 500)
        send(request, b"ok\n" if fault is None else fault.encode() + b"\n", "text/plain; charset=utf-8")

    def _is_known_host(self, request: Request) -> bool:
        """A page of another site may have its own name lead to our address (DNS rebinding)."""
        hosts = self._admittance.hosts
        return hosts is None or host_name(request.getHeader("Host") or "") in hosts

    def _refuse_host(self, request: Request) -> None:
        request.setResponseCode(403)
        host = host_name(request.getHeader("Host") or "")[:253]
        text = f"{host!r} is not a name of this dashboard; --dashboard-allowed-hosts says which are\n"
        send(request, text.encode(), "text/plain; charset=utf-8")

    async def _sign(self, request: Request, path: str, sign_in: SignIn) -> None:
        if request.method == b"POST":
            await (sign_in.enter(request) if path == "sign-in" else sign_in.leave(request))
        elif request.method in (b"GET", b"HEAD") and path == "sign-in":
            await sign_in.show(request, first(parameters_of(request.uri), "target"))
        else:
            raise MethodNotAllowed()

    def _end_streams(self) -> None:
        self._data.drain()
        self._own.journal.drain()

    async def _read(self, request: Request, path: str, parameters: Parameters) -> None:
        is_stream = _is_stream(request, path)
        if request.method != b"GET" and (request.method != b"HEAD" or is_stream):
            raise MethodNotAllowed()
        if path.startswith("static/"):
            self._pages.asset(request, path.removeprefix("static/"))
            return
        visitor = await self._admittance.authenticator.admit(request)
        if visitor.identity is not ANONYMOUS:
            channel_of(request).recognize()
        with self.counted(Claim(visitor.identity.user, is_stream)):
            await self._answer(request, path, parameters, visitor)

    async def _answer(self, request: Request, path: str, parameters: Parameters, visitor: Visitor) -> None:
        commit = read_commit_address(path, request.getHeader("Accept"))
        if path in _DATA:
            await self._data.serve(request, path, parameters, visitor)
        elif path == COMPARE.path:
            await self._own.compare.serve(request, parameters, visitor)
        elif path in (JOURNAL.path, FIGURES.path):
            await self._own.journal.serve(request, path, parameters, visitor)
        elif path == NOTIFICATIONS.path:
            await self._own.notifications.serve(request, parameters, visitor)
        elif commit is not None:
            await self._own.commits.serve(request, commit, parameters, visitor)
        else:
            await self._pages.serve(request, path, parameters, visitor)

    def refuse(self, request: Request, path: str | None, failure: Failure) -> None:
        """Who is not signed in is led to the sign-in page, where a page was asked for."""
        signs_in = self._admittance.authenticator.signs_in
        if failure.check(Unauthorized) and signs_in and path is not None and not _is_data(request, path):
            asked = request.uri.decode("ascii", "replace")[len(self._admittance.root_path) :]
            redirect(request, f"{self._admittance.root_path}sign-in?target={quote(safe_target(asked), safe='')}")
        else:
            super().refuse(request, path, failure)

    def tell(self, request: Request, path: str | None, status: Status) -> None:
        """As a Status to scripts, as a page to people."""
        if path is None or _is_data(request, path) or path.startswith("static/"):
            send(request, status.encode() + b"\n", "application/json")
            return
        title, there = HTTPStatus(status.code).phrase, ""
        if "from" in status.details:
            query = {name: values[0] for name, values in parameters_of(request.uri).items()}
            there = earliest_address(path, query, gone=status.details["at"], earliest=status.details["from"])
        Deferred.fromCoroutine(self._pages.tell(request, status.code, title, status.message, there)).addErrback(
            self.failed, request, None
        )

    def reference(self, request: Request) -> str:  # noqa: ARG002
        """There is none but the path."""
        return "a failure of this path"
