"""``/commits``: the page of a commit, JSON, and a badge. Thin: parse, ask the finder, have it shown."""

from __future__ import annotations

from contextlib import suppress

import orjson
from twisted.web.server import Request

from promoter_view.dashboard.commits.addresses import CommitAddress, CommitForm
from promoter_view.dashboard.commits.badge import BADGE_HEADERS, BADGE_TYPE, badge_of
from promoter_view.dashboard.commits.page import commit_page
from promoter_view.dashboard.nearest import first_unknown
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.log.errors import LogUnreachable
from promoter_view.reading.commits.finder import CommitFinder
from promoter_view.reading.commits.found import Findings, document_of, not_found
from promoter_view.reading.commits.question import CommitQuestion, NoQuestion, read_question, read_sha
from promoter_view.reading.past.moments import AskedPast, Moments
from promoter_view.reading.pump import Pump
from promoter_view.web.entrance import send
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import Parameters, first

_JSON = "application/json"
_KNOWN = {
    CommitForm.PAGE: ("namespace", "at"),
    CommitForm.JSON: ("namespace", "at"),
    CommitForm.BADGE: ("namespace", "environment", "at"),
}


class CommitPages:
    """Answers to people, and to what they put on their own pages."""

    def __init__(self, finder: CommitFinder, pages: PageResource, *, pump: Pump, moments: Moments) -> None:
        self._finder = finder
        self._pages = pages
        self._pump = pump
        self._moments = moments

    async def serve(self, request: Request, address: CommitAddress, parameters: Parameters, visitor: Visitor) -> None:
        """Errors: those of ``web.status``."""
        known = _KNOWN[address.form] if address.sha else (*_KNOWN[address.form], "q")
        problem = first_unknown(parameters, known, "query parameter")
        if problem:
            raise BadRequest(problem)
        asked = address.sha or first(parameters, "q").strip()
        past = await self._moments.asked(parameters)
        if not asked and address.form is CommitForm.PAGE:
            await self._show(request, visitor, None, past)
            return
        question = _question(address, asked)
        request.setHeader("Vary", "Accept, Accept-Encoding, Cookie")
        finder = self._finder if past is None else self._moments.finder(self._finder, past.state)
        if past is None:
            with suppress(LogUnreachable):  # a page is for people: one that may be a little old is better than none
                await self._pump.newest()
        found = await finder.find(visitor, asked, question, first(parameters, "namespace"))
        match address.form:
            case CommitForm.BADGE:
                self._send_badge(request, found, first(parameters, "environment"))
            case CommitForm.JSON:
                self._send_json(request, found)
            case _:
                await self._show(request, visitor, found, past, question.prefix)

    async def _show(
        self, request: Request, visitor: Visitor, found: Findings | None, past: AskedPast | None, prefix: str = ""
    ) -> None:
        page = None if found is None else commit_page(found)
        if past is None:
            await self._pages.send_commit(request, visitor, page, prefix, 0 if found is None else found.head)
        else:
            await self._pages.send_past_commit(request, visitor, page, prefix, past)

    def _send_badge(self, request: Request, found: Findings, environment: str) -> None:
        for name, value in BADGE_HEADERS.items():
            request.setHeader(name, value)
        request.setResponseCode(404 if found.empty else 200)
        send(request, badge_of(found, environment).encode(), BADGE_TYPE)

    def _send_json(self, request: Request, found: Findings) -> None:
        if found.empty:
            raise not_found(found)
        send(request, orjson.dumps(document_of(found)) + b"\n", _JSON)


def _question(address: CommitAddress, asked: str) -> CommitQuestion:
    try:
        return read_sha(asked) if address.sha else read_question(asked)
    except NoQuestion as error:
        raise BadRequest(str(error)) from error
