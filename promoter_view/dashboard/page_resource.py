"""The pages and what they are made of: sign-in, static files. Thin: what a page shows is worked out in ``pages``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from twisted.web.server import Request

from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.assembly import Parts
from promoter_view.dashboard.commits.page import CommitPage
from promoter_view.dashboard.journal.earlier import EarlierEntries
from promoter_view.dashboard.journal.figures_page import FiguresShown
from promoter_view.dashboard.journal.page import JournalShown
from promoter_view.dashboard.notifications.page import NotificationsShown
from promoter_view.dashboard.page_input import Page, PageInput
from promoter_view.dashboard.page_table import PROGRAM
from promoter_view.dashboard.past.banner import banner_of
from promoter_view.dashboard.past.comparing import ComparedMoments
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.kubernetes.reflecting.core import ReflectorState
from promoter_view.log.errors import LogUnreachable
from promoter_view.reading.answering import PieceReader, answer
from promoter_view.reading.past.moments import AskedPast, Moments
from promoter_view.reading.past.seen import seen_of
from promoter_view.reading.pump import Pump
from promoter_view.reading.sights import Sights
from promoter_view.records import Bundle
from promoter_view.web.accept import accepts_gzip
from promoter_view.web.entrance import send
from promoter_view.web.errors import ResourceNotFound
from promoter_view.web.parameters import Parameters, parameters_of

#: A path below the root with its query: nothing that a browser could take for another host.
_TARGET = re.compile(r"(?![/\\])[-A-Za-z0-9._~/%?&=+,:@!$'()*;]{0,2000}\Z", re.ASCII)


class PageResource:
    """Serves pages as their visitor may see them. ``plurals`` are the views that they show.

    ``earlier``: what the journal tells of what is no longer in memory.
    """

    def __init__(
        self,
        views: ViewReader,
        plurals: Sequence[str],
        parts: Parts,
        earlier: EarlierEntries,
        *,
        sights: Sights,
        pump: Pump,
        moments: Moments,
        facts: Callable[[], ProgramFacts],
    ) -> None:
        self._views = views
        self._plurals = tuple(plurals)
        self._pages = parts.pages
        self._past_pages = parts.past_pages
        self._assets = parts.assets
        self._earlier = earlier
        self._sights = sights
        self._pump = pump
        self._moments = moments
        self._facts = facts

    async def serve(self, request: Request, path: str, parameters: Parameters, visitor: Visitor) -> None:
        """The page of that path below the root. Errors: ReviewUnavailable."""
        query = {name: ",".join(values) for name, values in parameters.items() if values}
        past = await self._moments.asked(parameters)
        if past is None:
            pages, shown = self._pages, await self._input(visitor, with_program=path == PROGRAM.path)
        else:
            pages, shown = self._past_pages, await self._of_then(visitor, past, path, query)
        wanted = pages.wanted(path, query, shown)
        if wanted:
            sight = self._sights.sight(visitor.identity, *self._plurals)
            shown = replace(shown, earlier=await self._earlier.of(wanted, sight))
        page = pages.render(path, query, shown)
        if page is None:
            page = pages.message(404, "Not found", "There is no such page.", shown)
        await self.send(request, page)

    async def send(self, request: Request, page: Page) -> None:
        """Writes a page, a piece a turn."""
        request.setResponseCode(page.status)
        request.setHeader("Content-Type", page.content_type)
        gzip = accepts_gzip(request.getHeader("Accept-Encoding"))
        if gzip:
            request.setHeader("Content-Encoding", "gzip")
        await answer(self._pump, PieceReader(page.pieces, gzip=gzip), request)

    async def send_commit(
        self, request: Request, visitor: Visitor, found: CommitPage | None, prefix: str = "", head: int = 0
    ) -> None:
        """Where a commit is, as of ``head``; None: a page that asks which. ``prefix``: see Pages.commit."""
        shown = await self._input(visitor, with_program=False)
        await self.send(request, self._pages.commit(found, prefix, replace(shown, head=head or shown.head)))

    async def send_past_commit(
        self, request: Request, visitor: Visitor, found: CommitPage | None, prefix: str, past: AskedPast
    ) -> None:
        """Where it was at that moment."""
        path, parameters = request.path.decode("ascii", "replace"), parameters_of(request.uri)
        root = len(self._past_pages.root_path)
        query = {name: ",".join(values) for name, values in parameters.items() if values}
        shown = await self._of_then(visitor, past, path[root:], query)
        await self.send(request, self._past_pages.commit(found, prefix, shown))

    async def send_journal(self, request: Request, visitor: Visitor, found: JournalShown) -> None:
        """What the journal tells."""
        shown = await self._input(visitor, with_program=False)
        await self.send(request, self._pages.journal(found, shown))

    async def send_comparison(self, request: Request, visitor: Visitor, found: ComparedMoments | None) -> None:
        """What changed between two moments; None: a page that asks for them."""
        shown = await self._input(visitor, with_program=False)
        await self.send(request, self._pages.compare(found, shown))

    async def input_of(self, visitor: Visitor) -> PageInput:
        """All that a visitor may see now. Errors: ReviewUnavailable."""
        return await self._input(visitor, with_program=False)

    async def send_figures(self, request: Request, shown: PageInput, found: FiguresShown) -> None:
        """Delivery figures."""
        await self.send(request, self._pages.figures(found, shown))

    async def send_notifications(self, request: Request, visitor: Visitor, found: NotificationsShown) -> None:
        """How notifications stand."""
        shown = await self._input(visitor, with_program=False)
        await self.send(request, self._pages.notifications(found, shown))

    async def tell(self, request: Request, status: int, title: str, text: str, earliest: str = "") -> None:
        """A page that says why there is none; ``earliest`` is its address at the earliest moment."""
        await self.send(request, self._pages.message(status, title, text, self._nothing(), earliest))

    async def sign_in(self, request: Request, *, error: str = "", status: int = 200, target: str = "") -> None:
        """The sign-in page."""
        await self.send(request, self._pages.sign_in(self._nothing(), error=error, status=status, target=target))

    def asset(self, request: Request, path: str) -> None:
        """A static file. Errors: ResourceNotFound."""
        found = self._assets.find(path)
        if found is None:
            raise ResourceNotFound("there is no such file")
        request.setHeader("Cache-Control", found.cache_control)
        request.setHeader("Content-Type", found.content_type)
        if request.setETag(found.etag.encode()):
            request.finish()
            return
        send(request, found.body, found.content_type)

    def _nothing(self) -> PageInput:
        return PageInput({}, self._views.head, self.now(), admits=lambda _view, _namespace: False)

    async def _input(self, visitor: Visitor, *, with_program: bool) -> PageInput:
        if not self._views.ready:
            return self._waiting(visitor)
        with suppress(LogUnreachable):  # a page is for people: one that may be a little old is better than none
            await self._pump.newest()
        sighted = self._sights.of(visitor, *self._plurals)
        await sighted.sight.look()
        found, head = await sighted.see(lambda: self._list(sighted.views))
        refused = frozenset(filter(sighted.sight.refuses, self._plurals))
        return PageInput(
            bundles=found,
            head=head,
            now=self.now(),
            scope=sighted.sight.scope,
            user=visitor.user,
            can_sign_out=visitor.can_sign_out,
            admits=sighted.sight.sees,
            program=self._facts() if with_program and len(refused) < len(self._plurals) else None,
            refused=refused,
            absent=frozenset() if all(found.values()) else self._kinds(ReflectorState.ABSENT),
            withheld=frozenset() if all(found.values()) else self._kinds(ReflectorState.WITHHELD),
        )

    async def _of_then(self, visitor: Visitor, past: AskedPast, path: str, query: Mapping[str, str]) -> PageInput:
        """What there was to be seen, by the rights of now."""
        sighted = self._moments.sights(past.state).of(visitor, *self._plurals)
        await sighted.sight.look()
        found, head = await sighted.see(lambda: self._list(sighted.views))
        seen = seen_of(past.state, found.values(), whole=sighted.sight.whole)
        banner = banner_of(past, seen, path, query)
        return PageInput(
            bundles=found,
            head=head,
            now=banner.now,
            user=visitor.user,
            can_sign_out=visitor.can_sign_out,
            admits=sighted.sight.sees,
            refused=frozenset(filter(sighted.sight.refuses, self._plurals)),
            past=banner,
        )

    def _kinds(self, state: ReflectorState) -> frozenset[str]:
        """The kinds whose list paths are in that state."""
        reflectors = self._facts().reflectors
        return frozenset(each.path.kind for each in reflectors if each.state == state.value)

    def _list(self, views: ViewReader) -> tuple[dict[str, Sequence[Bundle]], int]:
        return {view: views.list(view) for view in self._plurals}, views.head

    def _waiting(self, visitor: Visitor) -> PageInput:
        facts = self._facts()
        return PageInput(
            bundles={},
            head=self._views.head,
            now=self.now(),
            user=visitor.user,
            can_sign_out=visitor.can_sign_out,
            ready=False,
            reason=facts.reason,
            program=facts,
        )

    def now(self) -> datetime:
        """The wall clock's."""
        return self._moments.now()


def safe_target(target: str) -> str:
    """Where to go on after signing in: a path below the root, or the root where it is none."""
    return target if _TARGET.match(target) and "//" not in target else ""


def plain_form(request: Request) -> Mapping[str, str]:
    """The fields of an urlencoded body (Twisted has parsed it), each once."""
    found: Mapping[bytes, list[bytes]] = request.args or {}
    return {name.decode("utf-8", "replace"): values[0].decode("utf-8", "replace") for name, values in found.items()}
