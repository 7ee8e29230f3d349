"""``/journal/figures``: thin: parse, have it counted, have it told."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.web.server import Request

from promoter_view.dashboard.journal.figures_page import csv_pieces, figures_shown, json_pieces
from promoter_view.dashboard.journal.figures_requests import FiguresForm, figures_form, given_filters, read_question
from promoter_view.dashboard.nearest import first_unknown
from promoter_view.dashboard.page_input import Page
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.pictures.delivery_chart import drawn_steps
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.delivering import DeliveryReader
from promoter_view.journal.store import JournalError
from promoter_view.reading.sights import Sights
from promoter_view.runtime import Runtime
from promoter_view.slices import outcome_in_slices
from promoter_view.web.errors import BadRequest, JournalUnavailable, NotReady
from promoter_view.web.parameters import Parameters, first


class FiguresPages:
    """Answers to people and to scripts. ``plurals``: the views that the dashboard shows."""

    def __init__(
        self, journal: Journal, plurals: Sequence[str], pages: PageResource, *, sights: Sights, runtime: Runtime
    ) -> None:
        self._journal = journal
        self._plurals = tuple(plurals)
        self._pages = pages
        self._sights = sights
        self._reactor = runtime.reactor
        self._deliveries = DeliveryReader(journal, plurals, reactor=runtime.reactor)

    async def serve(self, request: Request, parameters: Parameters, visitor: Visitor) -> None:
        """Errors: those of ``web.status``."""
        request.setHeader("Vary", "Accept, Accept-Encoding, Cookie")
        form = figures_form(parameters, request.getHeader("Accept"))
        if form is None:
            known = [each.value for each in FiguresForm]
            raise BadRequest(first_unknown([first(parameters, "format")], known, "format"))
        now = self._pages.now()
        question = read_question(parameters, now)
        shown = await self._pages.input_of(visitor)
        if not shown.ready:
            raise NotReady()
        if not self._journal.is_open:
            raise JournalUnavailable()
        sight = self._sights.sight(visitor.identity, *self._plurals)
        try:
            report, calendar = await self._deliveries.measure(question, shown.every, sight)
        except JournalError as error:
            raise JournalUnavailable(str(error)) from error
        if form is FiguresForm.PAGE:
            chart = await outcome_in_slices(drawn_steps(calendar, now), reactor=self._reactor)
            found = figures_shown(report, chart, given_filters(parameters))
            await self._pages.send_figures(request, shown, found)
            return
        is_csv = form is FiguresForm.CSV
        media_type = "text/csv; charset=utf-8" if is_csv else "application/json"
        pieces = csv_pieces(report) if is_csv else json_pieces(report)
        await self._pages.send(request, Page(200, media_type, pieces))
