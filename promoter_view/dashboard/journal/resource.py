"""``/journal``: thin: parse, ask the journal, have it shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urlencode

from twisted.web.server import Request

from promoter_view.dashboard.journal.atom import MEDIA_TYPE, feed_pieces
from promoter_view.dashboard.journal.figures import FiguresPages
from promoter_view.dashboard.journal.lines import LINES_TYPE, line_pieces
from promoter_view.dashboard.journal.page import JournalShown, event_line
from promoter_view.dashboard.journal.requests import JournalForm, JournalRequest, read_request
from promoter_view.dashboard.journal.streams import JournalStreams
from promoter_view.dashboard.page_input import Page
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.page_table import FIGURES, JOURNAL
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.asking import AskedEntries, find
from promoter_view.journal.store import JournalError, JournalExpiredError
from promoter_view.reading.sights import Sights
from promoter_view.views.history import Expired
from promoter_view.web.errors import JournalUnavailable
from promoter_view.web.parameters import Parameters


class JournalPages:
    """Answers to people, to scripts and to readers of feeds. ``root``: the address of the dashboard, or its path."""

    def __init__(
        self,
        journal: Journal,
        plurals: Sequence[str],
        pages: PageResource,
        streams: JournalStreams,
        figures: FiguresPages,
        *,
        sights: Sights,
        now: Callable[[], datetime],
        root: str = "/",
    ) -> None:
        self._journal = journal
        self._plurals = tuple(plurals)
        self._pages = pages
        self._streams = streams
        self._figures = figures
        self._sights = sights
        self._now = now
        self._root = root

    async def serve(self, request: Request, path: str, parameters: Parameters, visitor: Visitor) -> None:
        """What is at that path below the root. Errors: those of ``web.status``."""
        if path == FIGURES.path:
            await self._figures.serve(request, parameters, visitor)
        else:
            await self._serve(request, parameters, visitor)

    async def _serve(self, request: Request, parameters: Parameters, visitor: Visitor) -> None:
        request.setHeader("Vary", "Accept, Accept-Encoding, Cookie")
        headers = {"accept": request.getHeader("Accept"), "last_event_id": request.getHeader("Last-Event-ID")}
        asked = read_request(parameters, self._now(), **headers)
        if not self._journal.is_open:
            raise JournalUnavailable()
        try:
            wanted = AskedEntries(asked.query, self._plurals, gaps=True)
            if asked.follows:
                await self._streams.follow(request, asked, wanted, visitor)
            else:
                await self._answer(request, asked, wanted, visitor)
        except JournalExpiredError:
            raise Expired(asked.query.after.resource_version, self._journal.expired.resource_version) from None
        except JournalError as error:
            raise JournalUnavailable(str(error)) from error

    def drain(self) -> None:
        """End all streams, and let none begin."""
        self._streams.feeds.drain()

    async def _answer(self, request: Request, asked: JournalRequest, wanted: AskedEntries, visitor: Visitor) -> None:
        sight = self._sights.sight(visitor.identity, *self._plurals)
        limit = asked.query.limit
        entries = await find(self._journal, wanted, sight, limit + 1)
        shown, more = entries[:limit], entries[limit - 1].identity.name if len(entries) > limit else ""
        if more and asked.form is not JournalForm.PAGE:
            request.setHeader(
                "Link", f'<{self._address(asked, **{"format": asked.form.value, "continue": more})}>; rel="next"'
            )
        match asked.form:
            case JournalForm.LINES:
                await self._send(request, LINES_TYPE, line_pieces(shown))
            case JournalForm.FEED:
                address = self._address(asked, format=JournalForm.FEED.value)
                await self._send(request, MEDIA_TYPE, feed_pieces(shown, address, self._root, self._now()))
            case _:
                await self._show(request, asked, shown, more, visitor)

    async def _show(
        self, request: Request, asked: JournalRequest, entries: Sequence[JournalEntry], older: str, visitor: Visitor
    ) -> None:
        is_newest = asked.query.before is None
        found = JournalShown([event_line(entry) for entry in entries], asked.given, older, is_newest)
        await self._pages.send_journal(request, visitor, found)

    async def _send(self, request: Request, media_type: str, pieces: Iterator[bytes]) -> None:
        await self._pages.send(request, Page(200, media_type, pieces))

    def _address(self, asked: JournalRequest, **more: str) -> str:
        return f"{self._root}{JOURNAL.path}?{urlencode({**asked.given, **more})}"
