"""PromotionStrategies as a subject of pages: their rows, one in full, what a change of one means. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from promoter_view.dashboard.events import Item
from promoter_view.dashboard.journal.earlier import Earlier, WantedEntries
from promoter_view.dashboard.page_table import page_path
from promoter_view.dashboard.pictures.sparkline import sparkline_of
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.strategies.activity import compare
from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.dashboard.strategies.detail_page import DetailPage
from promoter_view.dashboard.strategies.earlier import wanted_past
from promoter_view.dashboard.strategies.environments import ShownStrategy, read_strategy, strategy_steps
from promoter_view.dashboard.strategies.fleet import FleetQuery, nameless_row, read_query, read_row
from promoter_view.dashboard.strategies.history_query import read_history_query
from promoter_view.dashboard.strategies.past import read_last
from promoter_view.dashboard.subject import Chip, Reading, Shown, Subject, Wording
from promoter_view.dashboard.unshown import Unshown
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.contents import BundleContents, Readings
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.promotion_strategy.state.words import STATE_WORDS


class Strategies(Subject):
    """Rows are kept without stations: those are in their HTML."""

    view = PROMOTION_STRATEGY_DETAILS.plural
    told_by = frozenset({"ChangeTransferPolicy"})
    has_figures = True
    wording = Wording(
        "fleet",
        "strategy",
        "strategies",
        "name, branch, author, subject, sha, #42",
        "There is no PromotionStrategy yet. If one is created that you may see, it appears on this page.",
        tuple(Chip(state, word, state.value.lower()) for state, word in STATE_WORDS.items()),
        "PromotionStrategy",
        PROMOTION_STRATEGY_DETAILS.plural,
    )

    def __init__(self, renderer: Renderer, isolation: Isolation, *, readings: Readings | None = None) -> None:
        super().__init__(isolation)
        self._unshown = Unshown(renderer)
        self._row = renderer.macro("_row.html", "row")
        self._reading = Reading(readings or Readings(), _read)
        self._page = DetailPage(renderer, self._reading.contents, isolation)

    def read_query(self, query: Mapping[str, str]) -> FleetQuery:
        """Of strategies."""
        return read_query(query)

    def read_steps(self, bundle: Bundle | None) -> Iterator[None]:
        """A policy a step."""
        if bundle is None:
            return
        yield from strategy_steps(self._reading.contents(bundle), read_last)

    def compare(self, before: Bundle | None, after: Bundle | None) -> tuple[Item, ...]:
        """Promotions, proposals, pull requests, checks, states."""
        strategies = [None if bundle is None else self._reading.model(bundle) for bundle in (before, after)]
        return tuple(compare(*strategies))

    def detail_steps(self, bundle: Bundle, now: datetime) -> Iterator[None]:
        """A member, a column of the history or a part of the template a step."""
        return self._page.detail_steps(bundle, now)

    def detail(self, bundle: Bundle, now: datetime) -> bytes:
        """Its history as a page without a query has it."""
        return self._page.detail(bundle, now)

    def in_full(
        self, bundle: Bundle, query: Mapping[str, str], now: datetime
    ) -> Generator[bytes, None, Mapping[str, Any]]:
        """``detail`` in pieces; ``drawer``, and ``lost`` where there is no such commit to show in it."""
        wanted = read_history_query(query)
        detail = []
        for piece in self._page.detail_pieces(bundle, now, wanted):
            detail.append(piece)
            yield b""
        drawer = self._page.drawer(bundle, wanted)
        lost = wanted.commit[:SHORT] if wanted.commit and not drawer else ""
        return {"detail": detail, "drawer": Markup(drawer), "lost": lost}  # noqa: S704 - of a template, which escapes

    def wanted(self, key: BundleKey) -> WantedEntries:
        """What went live, and which pull requests were merged."""
        return wanted_past(key)

    def past(self, bundle: Bundle, query: Mapping[str, str], told: Earlier) -> Generator[bytes, None, Sequence[Markup]]:
        """A matrix as the history's is."""
        pieces = []
        for piece in self._page.earlier_pieces(bundle, read_history_query(query), told):
            pieces.append(piece)
            yield b""
        return pieces

    def _show(self, bundle: Bundle) -> Shown:
        strategy = self._reading.model(bundle)
        row = read_row(self._reading.contents(bundle), strategy)
        delivered = strategy.deliveries
        return Shown(row.without_stations(), self._row(row, sparkline_of(delivered.deployments)), delivered)

    def _name(self, key: BundleKey) -> Shown:
        row = nameless_row(key.namespace, key.name)
        return Shown(row, self._unshown.row(row, page_path(*key), "unknown"))


def _read(contents: BundleContents, before: ShownStrategy | None) -> ShownStrategy:
    return read_strategy(contents, read_last, before)
