"""A bundle as fragments of pages: made once for each state of it, shared by pages and streams. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

from promoter_view.dashboard.activity import Entry, entry_of
from promoter_view.dashboard.environments import Strategy, read_policy_with_past, read_strategy
from promoter_view.dashboard.figures import Deliveries, figures
from promoter_view.dashboard.fleet import Row, read_row
from promoter_view.dashboard.fragments import Fragments
from promoter_view.dashboard.history import Line, Matrices
from promoter_view.dashboard.history_query import HistoryQuery, HistoryTable, read_drawer, read_table
from promoter_view.dashboard.links import strategy_path
from promoter_view.dashboard.reading import Reading
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.strategy import Detail, read_detail, trouble_steps
from promoter_view.records import Bundle, BundleChange
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.summary import POLICIES

#: Strategies in full that are kept: those whose pages are open near the head.
_KEPT_DETAILS = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """What the fleet's page wants of a bundle. ``row`` has no stations: those are in the HTML."""

    row: Row
    html: str
    deliveries: Deliveries


class Showing:
    """Fragments of bundles. What is the same for everybody is kept beside the newest state of each bundle.

    ``steps`` and what else is an iterator does its work in steps of at most a millisecond, however large the bundle is.
    """

    def __init__(self, renderer: Renderer, reading: Reading) -> None:
        self._renderer = renderer
        self._reading = reading
        self._row = renderer.macro("_row.html", "row")
        self._column = renderer.macro("_columns.html", "column")
        self._cell = renderer.macro("_columns.html", "cell")
        self._choices = renderer.macro("_columns.html", "choices")
        self._headings = renderer.macro("_columns.html", "headings")
        self._drawer = renderer.macro("_drawer.html", "drawer")
        self._entry = renderer.macro("_entry.html", "entry")
        self._shown = BundleCache(self._show)
        self._fragments = Fragments()
        self._matrices = Matrices()
        self._with_past = lru_cache(maxsize=_KEPT_DETAILS)(self._read_with_past)
        self._details = lru_cache(maxsize=_KEPT_DETAILS)(self._read_detail)
        self._last: tuple[Bundle | None, str] = None, ""

    def shown(self, bundle: Bundle) -> Shown:
        """Its row and the facts by which rows are chosen and sorted."""
        return self._shown.of(bundle)

    def row_steps(self, bundle: Bundle) -> Iterator[None]:
        """Makes what ``shown`` gives."""
        if not self._shown.has(bundle):
            yield from self._reading.steps(bundle)
            self._shown.of(bundle)
            yield

    def detail_steps(self, bundle: Bundle, now: datetime) -> Iterator[None]:
        """Makes what ``detail`` gives next."""
        if self._last[0] is not bundle:
            pieces = []
            for piece in self.detail_pieces(bundle, now, HistoryQuery()):
                pieces.append(piece)
                yield
            self._last = bundle, "".join(pieces)

    def detail(self, bundle: Bundle, now: datetime) -> str:
        """All of it."""
        for _ in self.detail_steps(bundle, now):
            pass
        found, self._last = self._last[1], (None, "")  # its figures are those of this moment
        return found

    def detail_pieces(self, bundle: Bundle, now: datetime, query: HistoryQuery) -> Iterator[Markup]:
        """All of it, its history as it was asked for; a piece may be empty."""
        for _ in self._detail_read(bundle):
            yield Markup()
        yield from map(Markup, self._pieces(self._details(bundle), now, query))  # of templates, which escape

    def drawer(self, bundle: Bundle, query: HistoryQuery) -> str:
        """The cell of the history that was asked for, in detail; "" for none."""
        found = self._details(bundle)
        cell = read_drawer(found.lines, [column.station for column in found.columns], query)
        return "" if cell is None else self._drawer(cell, self._path(found))

    def entry(self, entry: Entry, now: datetime) -> str:
        """An entry of the activity. The clock may have been ahead when it was recorded: none is in the future."""
        return self._entry(replace(entry, time=min(entry.time, now)))

    def entry_of(self, change: BundleChange) -> Entry | None:
        """What a change meant to people."""
        return entry_of(change, self._reading)

    def entry_steps(self, change: BundleChange) -> Iterator[None]:
        """Reads what ``entry_of`` wants."""
        yield from self._reading.steps(change.before)
        yield from self._reading.steps(change.after)

    def _show(self, bundle: Bundle) -> Shown:
        strategy = self._reading.strategy(bundle)
        row = read_row(self._reading.contents(bundle), strategy)
        return Shown(row.without_stations(), self._row(row), strategy.deliveries)

    def _detail_read(self, bundle: Bundle) -> Iterator[None]:
        contents = self._reading.contents(bundle)
        yield from contents.steps(POLICIES, read_policy_with_past)
        yield from trouble_steps(contents)
        yield from self._matrices.steps(self._with_past(bundle).stations)

    def _read_with_past(self, bundle: Bundle) -> Strategy:
        return read_strategy(self._reading.contents(bundle), read_policy_with_past)

    def _read_detail(self, bundle: Bundle) -> Detail:
        strategy = self._with_past(bundle)
        return read_detail(self._reading.contents(bundle), strategy, self._matrices.of(strategy.stations))

    def _pieces(self, found: Detail, now: datetime, query: HistoryQuery) -> Iterator[str]:
        """A piece is empty where there was work, and nothing to say yet."""
        table = read_table(found.lines, [column.station for column in found.columns], query)
        names = tuple(column.station.name for column in found.columns)
        cells = []
        for column in self._cells(found, table, names):
            cells.append(column)
            yield ""
        values = {
            "it": found,
            "figures": figures([found.deliveries], now),
            "table": table,
            "columns": (self._fragments.of(self._column, each, at) for at, each in enumerate(found.columns, 1)),
            "choices": self._fragments.of(self._choices, names, query.columns),
            "headings": self._fragments.of(self._headings, names, table.columns),
            "rows": _rows(found, table, cells),
        }
        yield from self._renderer.texts("_detail.html", values)

    def _cells(self, found: Detail, table: HistoryTable, names: Sequence[str]) -> Iterator[tuple[Markup, ...]]:
        """The history's cells, an environment's together: they are the same as long as that is."""
        path, shown = self._path(found), set(table.columns)
        shas = [line.commit.sha for line in found.lines]
        for name, cells in zip(names, zip(*(line.cells for line in found.lines), strict=True), strict=False):
            items = tuple((path, name, name in shown, sha, cell) for sha, cell in zip(shas, cells, strict=True))
            yield self._fragments.each(self._cell, items)

    def _path(self, found: Detail) -> str:
        return self._renderer.root_path + strategy_path(found.namespace, found.name)


def _rows(found: Detail, table: HistoryTable, cells: Sequence[Sequence[Markup]]) -> Iterator[tuple[Line, Markup]]:
    """The lines in the order that was asked for, with their cells."""
    places = {line.commit.sha: place for place, line in enumerate(found.lines)}
    for line in table.lines:
        place = places[line.commit.sha]
        yield line, Markup("\n".join([column[place] for column in cells]))  # noqa: S704 - of a template, which escapes
