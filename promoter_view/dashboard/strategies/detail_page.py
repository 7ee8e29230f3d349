"""A strategy in full as fragments: made once for each state of it, shared by pages and streams. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from weakref import WeakValueDictionary

import orjson
from markupsafe import Markup

from promoter_view.dashboard.journal.earlier import Earlier
from promoter_view.dashboard.page_table import STRATEGY
from promoter_view.dashboard.pictures.axis import Axis
from promoter_view.dashboard.pictures.timeline import MOST_LANES, lane_of, timeline_axis
from promoter_view.dashboard.rendering import Renderer
from promoter_view.dashboard.strategies.detail import Detail, EnvironmentColumn, read_detail, trouble_steps
from promoter_view.dashboard.strategies.earlier import earlier_table
from promoter_view.dashboard.strategies.environments import ShownStrategy, Station, read_strategy, strategy_steps
from promoter_view.dashboard.strategies.figures import figures, kept_words
from promoter_view.dashboard.strategies.fragments import Fragments
from promoter_view.dashboard.strategies.gate_reports import report_steps
from promoter_view.dashboard.strategies.history import HistoryLine, Matrices, Matrix
from promoter_view.dashboard.strategies.history_query import HistoryQuery, HistoryTable, read_drawer, read_table
from promoter_view.dashboard.strategies.order_map import draw, shown_boxes, shown_lines
from promoter_view.dashboard.strategies.past import read_past
from promoter_view.dashboard.unshown import Unshown
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.contents import BundleContents
from promoter_view.views.isolation import Isolation

#: Strategies in full that are kept: those whose pages are open near the head.
_KEPT_DETAILS = 2
#: Gates of a strategy that are shown.
_MOST_GATES = 100


class DetailPage:
    """What is an iterator does its work in steps of at most a millisecond, however large the bundle is.

    ``contents`` gives a bundle to be read member by member.
    """

    def __init__(self, renderer: Renderer, contents: Callable[[Bundle], BundleContents], isolation: Isolation) -> None:
        self._renderer = renderer
        self._contents = contents
        self._isolation = isolation
        self._unshown = Unshown(renderer)
        self._column = renderer.macro("_columns.html", "column")
        self._cell = renderer.macro("_columns.html", "cell")
        self._no_column = renderer.macro("_columns.html", "unshown")
        self._figures = renderer.macro("_figures.html", "figure_strip")
        self._choices = renderer.macro("_columns.html", "choices")
        self._headings = renderer.macro("_columns.html", "headings")
        self._gate = renderer.macro("_columns.html", "gate")
        self._box = renderer.macro("_columns.html", "box")
        self._lane = renderer.macro("_timeline.html", "lane")
        self._drawings = lru_cache(maxsize=_KEPT_DETAILS)(draw)
        self._drawer = renderer.macro("_drawer.html", "drawer")
        self._earlier_line = renderer.macro("_earlier_line.html", "row")
        self._fragments = Fragments()
        self._matrices = Matrices()
        self._with_past = lru_cache(maxsize=_KEPT_DETAILS)(self._read_with_past)
        self._unexplained = lru_cache(maxsize=_KEPT_DETAILS)(lambda bundle: self._with_past(bundle).unexplained)
        self._details = lru_cache(maxsize=_KEPT_DETAILS)(self._read_detail)
        self._last: tuple[Bundle | None, bytes] = None, b""
        #: Those that readers wait for: with the last of these it is given up.
        self._making: WeakValueDictionary[Bundle, Iterator[None]] = WeakValueDictionary()

    def detail_steps(self, bundle: Bundle, now: datetime) -> Iterator[None]:
        """Makes what ``detail`` gives next. Who waits for the same takes steps of one making in turn."""
        while self._last[0] is not bundle:
            making = self._making.get(bundle)
            if making is None:
                making = self._making[bundle] = self._make(bundle, now)
            for _ in making:
                yield

    def detail(self, bundle: Bundle, now: datetime) -> bytes:
        """All of it, as a JSON string."""
        if self._last[0] is not bundle:
            for _ in self._make(bundle, now):
                pass
        found, self._last = self._last[1], (None, b"")  # its figures are those of this moment
        return found

    def _make(self, bundle: Bundle, now: datetime) -> Iterator[None]:
        try:
            pieces = []
            for piece in self.detail_pieces(bundle, now, HistoryQuery()):
                pieces.append(piece)
                yield
            joined = "".join(pieces)
            yield
            self._last = bundle, orjson.dumps(joined)
        finally:
            self._making.pop(bundle, None)

    def detail_pieces(self, bundle: Bundle, now: datetime, query: HistoryQuery) -> Iterator[Markup]:
        """All of it, its history as it was asked for; a piece may be empty."""
        key = bundle.key
        pieces = partial(self._detail_pieces, bundle, now, query)
        # of templates, which escape
        yield from map(Markup, self._isolation.whole(key, "page", pieces, lambda: self._unshown.page(key)))

    def drawer(self, bundle: Bundle, query: HistoryQuery) -> str:
        """The cell of the history that was asked for, in detail; "" for none."""
        return self._isolation.of(bundle.key, "drawer", lambda: self._drawer_of(bundle, query), lambda: "")

    def earlier_pieces(self, bundle: Bundle, query: HistoryQuery, told: Earlier) -> Iterator[Markup]:
        """What the journal tells beyond the history."""
        pieces = partial(self._earlier, bundle, query, told)
        # of templates, which escape
        yield from map(
            Markup, self._isolation.whole(bundle.key, "earlier", pieces, partial(self._unshown.section, "earlier"))
        )

    def _earlier(self, bundle: Bundle, query: HistoryQuery, told: Earlier) -> Iterator[str]:
        found = self._details(bundle)
        table = earlier_table(told, [column.station for column in found.columns])
        yield ""
        names = [name for name, _ in table.columns]
        chosen = query.columns.intersection(names) or frozenset(names)
        rows = []
        for line in table.lines:
            # of a template, which escapes
            rows.append(Markup(self._earlier_line(line, names, chosen)))  # noqa: S704
            yield ""
        rows = rows[::-1] if query.oldest_first else rows
        yield self._renderer.whole(
            "_earlier.html", {"it": found, "table": table, "rows": rows, "chosen": chosen, "problem": told.problem}
        )

    def _drawer_of(self, bundle: Bundle, query: HistoryQuery) -> str:
        found = self._details(bundle)
        cell = read_drawer(found.lines, [column.station for column in found.columns], query)
        return "" if cell is None else self._drawer(cell, self._path(found))

    def _detail_pieces(self, bundle: Bundle, now: datetime, query: HistoryQuery) -> Iterator[str]:
        for _ in self._detail_read(bundle):
            yield ""
        found = self._details(bundle)
        yield from self._renderer.texts(
            "_detail.html", {"it": found, "sections": self._sections(bundle.key, found, now, query)}
        )

    def _detail_read(self, bundle: Bundle) -> Iterator[None]:
        contents = self._contents(bundle)
        yield from strategy_steps(contents, read_past)
        yield from trouble_steps(contents)
        yield from report_steps(contents)
        yield from self._isolation.steps(bundle.key, "history", self._matrices.steps(self._unexplained(bundle)))

    def _read_with_past(self, bundle: Bundle) -> ShownStrategy:
        return read_strategy(self._contents(bundle), read_past)

    def _read_detail(self, bundle: Bundle) -> Detail:
        strategy = self._with_past(bundle)
        past = self._isolation.of(
            bundle.key, "history", lambda: self._matrices.of(self._unexplained(bundle)), lambda: Matrix((), 0)
        )
        return read_detail(self._contents(bundle), strategy, past)

    def _sections(self, key: BundleKey, found: Detail, now: datetime, query: HistoryQuery) -> Iterator[Markup]:
        """Each by itself: one that cannot be shown says so, and the others are there."""
        sections: Mapping[str, Callable[[], Iterator[str]]] = {
            "head": lambda: self._renderer.texts("_head.html", {"it": found}),
            "environments": lambda: self._environments(key, found),
            "gates": lambda: self._gates(found),
            "timeline": lambda: self._timeline(found),
            "figures": lambda: self._figure_strip(found, now),
            "history": lambda: self._history(found, query),
        }
        for part, make in sections.items():
            # of templates, which escape
            yield from map(Markup, self._isolation.whole(key, part, make, partial(self._unshown.section, part)))

    def _environments(self, key: BundleKey, found: Detail) -> Iterator[str]:
        columns = (self._column_of(key, each, at) for at, each in enumerate(found.columns, 1))
        values = {"it": found, "map": self._map(key, found), "columns": columns}
        return self._renderer.texts("_environments.html", values)

    def _map(self, key: BundleKey, found: Detail) -> Iterator[Markup]:
        """Nothing for a chain: its columns stand as it runs."""
        if not found.order.is_chain:
            nothing = partial(iter, ())
            # of templates, which escape
            yield from map(Markup, self._isolation.whole(key, "order", partial(self._map_of, found), nothing))

    def _map_of(self, found: Detail) -> Iterator[str]:
        stations = {column.station.branch: column.station for column in found.columns}
        drawing = self._drawings(found.order)
        yield ""
        values = {
            "it": found,
            "drawing": drawing,
            "levels": [[stations[vertex.branch].name for vertex in level] for level in found.order.levels],
            "lines": tuple(shown_lines(drawing, stations)),
            "boxes": (self._fragments.of(self._box, each) for each in shown_boxes(drawing, stations, found.front)),
        }
        yield from self._renderer.texts("_order.html", values)

    def _column_of(self, key: BundleKey, column: EnvironmentColumn, at: int) -> Markup:
        return self._isolation.of(
            key,
            "environment",
            lambda: self._fragments.of(self._column, column, at),
            lambda: self._fragments.of(self._no_column, column.station.name, at),
        )

    def _timeline(self, found: Detail) -> Iterator[str]:
        """Nothing where nobody tells of when anything went live."""
        axis = timeline_axis([column.station for column in found.columns])
        yield ""
        if axis is None:
            return
        values = {
            "axis": axis,
            "lanes": (
                self._fragments.of(self._lane_at, column.station.unexplained, column.restore is not None, axis, place)
                for place, column in enumerate(found.columns[:MOST_LANES], 1)
            ),
            "left_out": max(len(found.columns) - MOST_LANES, 0),
        }
        yield from self._renderer.texts("_timeline_section.html", values)

    def _lane_at(self, station: Station, held: bool, axis: Axis, place: int) -> str:
        return self._lane(lane_of(station, axis, held=held), place)

    def _gates(self, found: Detail) -> Iterator[str]:
        reports = (self._fragments.of(self._gate, each, at) for at, each in enumerate(found.gates[:_MOST_GATES], 1))
        return self._renderer.texts("_gates.html", {"count": len(found.gates), "most": _MOST_GATES, "reports": reports})

    def _figure_strip(self, found: Detail, now: datetime) -> Iterator[str]:
        yield self._figures(figures([found.deliveries], now))

    def _history(self, found: Detail, query: HistoryQuery) -> Iterator[str]:
        """A piece is empty where there was work, and nothing to say yet."""
        table = read_table(found.lines, [column.station for column in found.columns], query)
        names = tuple(column.station.name for column in found.columns)
        # What is kept is named by environments that are there, not by whatever stands in an address.
        chosen = query.columns.intersection(names)
        cells = []
        for column in self._cells(found, table, names):
            cells.append(column)
            yield ""
        values = {
            "it": found,
            "kept": kept_words(found.deliveries.kept),
            "untold": found.deliveries.untold,
            "table": table,
            "choices": self._fragments.of(self._choices, names, chosen),
            "headings": self._fragments.of(self._headings, names, table.columns),
            "rows": _rows(found, table, cells),
        }
        yield from self._renderer.texts("_history.html", values)

    def _cells(self, found: Detail, table: HistoryTable, names: Sequence[str]) -> Iterator[tuple[Markup, ...]]:
        """The history's cells, an environment's together: they are the same as long as that is."""
        path, shown = self._path(found), set(table.columns)
        shas = [line.commit.sha for line in found.lines]
        for name, cells in zip(names, zip(*(line.cells for line in found.lines), strict=True), strict=False):
            items = tuple((path, name, name in shown, sha, cell) for sha, cell in zip(shas, cells, strict=True))
            yield self._fragments.each(self._cell, items)

    def _path(self, found: Detail) -> str:
        return self._renderer.root_path + STRATEGY.at(found.namespace, found.name)


def _rows(
    found: Detail, table: HistoryTable, cells: Sequence[Sequence[Markup]]
) -> Iterator[tuple[HistoryLine, Markup]]:
    """The lines in the order that was asked for, with their cells."""
    places = {line.commit.sha: place for place, line in enumerate(found.lines)}
    for line in table.lines:
        place = places[line.commit.sha]
        yield line, Markup("\n".join([column[place] for column in cells]))  # noqa: S704 - of a template, which escapes
