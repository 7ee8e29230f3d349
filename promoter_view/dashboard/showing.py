"""A bundle as fragments of pages: made once for each state of it, shared by pages and streams. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from promoter_view.dashboard.activity import TOLD_BY, Entry, Trail, entry_of, read_trail, trail_of
from promoter_view.dashboard.environments import read_stations
from promoter_view.dashboard.figures import Deliveries, deliveries, figures
from promoter_view.dashboard.fleet import Row, read_row
from promoter_view.dashboard.history_query import HistoryQuery, read_drawer, read_table
from promoter_view.dashboard.links import strategy_path
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.stage_activity import StageTrail
from promoter_view.dashboard.strategy import read_detail
from promoter_view.records import Bundle, BundleChange
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.excerpts import excerpt
from promoter_view.views.stage_details import STAGE_DETAILS


@dataclass(frozen=True, slots=True)
class Shown:
    """What the fleet's page wants of a bundle. ``row`` has no stations: those are in the HTML."""

    row: Row
    html: str
    deliveries: Deliveries
    trail: Trail


class Showing:
    """Fragments of bundles. What is the same for everybody is kept beside the newest state of each bundle."""

    def __init__(self, renderer: Renderer) -> None:
        self._row = renderer.macro("_row.html", "row")
        self._detail = renderer.macro("_detail.html", "detail")
        self._drawer = renderer.macro("_drawer.html", "drawer")
        self._root_path = renderer.root_path
        self._entry = renderer.macro("_entry.html", "entry")
        self._shown = BundleCache(self._show)

    def shown(self, bundle: Bundle) -> Shown:
        """Its row and the facts by which rows are chosen and sorted."""
        return self._shown.of(bundle)

    def is_shown(self, bundle: Bundle) -> bool:
        """``shown`` costs nothing."""
        return self._shown.has(bundle)

    def detail(self, bundle: Bundle, now: datetime) -> str:
        """All of it."""
        return self.strategy(bundle, now, HistoryQuery())[0]

    def strategy(self, bundle: Bundle, now: datetime, query: HistoryQuery) -> tuple[str, str]:
        """All of it, its history as it was asked for; and the one cell of that in detail, "" for none."""
        found = read_detail(orjson.loads(bundle.encode()))
        stations = [column.station for column in found.columns]
        table = read_table(found.lines, stations, query)
        cell = read_drawer(found.lines, stations, query)
        path = self._root_path + strategy_path(found.namespace, found.name)
        drawer = "" if cell is None else self._drawer(cell, path)
        return self._detail(found, figures([found.deliveries], now), table), drawer

    def entry(self, entry: Entry, now: datetime) -> str:
        """An entry of the activity. The clock may have been ahead when it was recorded: none is in the future."""
        return self._entry(replace(entry, time=min(entry.time, now)))

    def entry_of(self, change: BundleChange) -> Entry | None:
        """What a change meant to people."""
        before = self._trail(change.before)
        after = self._trail(change.after)
        return entry_of(change, before, after)

    def _trail(self, bundle: Bundle | None) -> Trail | StageTrail | None:
        if bundle is None:
            return None
        if bundle.key.view != STAGE_DETAILS and self.is_shown(bundle):
            return self.shown(bundle).trail
        return trail_of(bundle)

    def _show(self, bundle: Bundle) -> Shown:
        document = excerpt(bundle, TOLD_BY)
        summary, stations = read_stations(document, most_past=1)
        row = read_row(document, summary, stations)
        return Shown(row.without_stations(), self._row(row), deliveries(document), read_trail(summary, stations))
