"""Which lines and environments of the history are asked for, and the one cell that is shown in detail. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promoter_view.dashboard.strategies.commits import SHORT, ShownCommit
from promoter_view.dashboard.strategies.environments import Station
from promoter_view.dashboard.strategies.history import Cell, CellKind, HistoryLine

_MAX_WORD = 250


class Show(enum.StrEnum):
    """The lines that are shown: all, or those with such a cell in an environment that is shown."""

    ALL = "all"
    LIVE = "live"
    IN_FLIGHT = "in flight"
    HELD = "held"
    FAILED = "failed"
    NO_OP = "no-op"

    @property
    def kind(self) -> str:
        """The word of the cells that it is about; "" for all."""
        return "" if self is Show.ALL else CellKind.PROPOSED.value if self is Show.IN_FLIGHT else self.value


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """What the page's address asks for. ``columns``: short names of environments, none for all.

    ``commit`` and ``environment`` name the cell in detail: a sha or its beginning, and a branch or its short name.
    """

    show: Show = Show.ALL
    columns: frozenset[str] = frozenset()
    oldest_first: bool = False
    commit: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """The matrix as it was asked for: ``shown`` lines are those that the query admits, in its order come all."""

    query: HistoryQuery
    lines: tuple[HistoryLine, ...]
    shown: frozenset[str]
    columns: tuple[str, ...]
    counts: Mapping[Show, int]


@dataclass(frozen=True, slots=True)
class Drawer:
    """One commit in one environment, in detail. ``presence`` gives for each environment its name, branch and cell."""

    commit: ShownCommit
    cell: Cell
    name: str
    presence: tuple[tuple[str, Cell], ...]


def read_history_query(query: Mapping[str, str]) -> HistoryQuery:
    """From ``show``, ``columns`` (comma-separated), ``order``, ``commit``, ``env``; what cannot be read counts as not
    given.
    """
    show = query.get("show", "")
    return HistoryQuery(
        Show(show) if show in set(Show) else Show.ALL,
        frozenset(filter(None, query.get("columns", "")[: _MAX_WORD * 20].split(","))),
        query.get("order") == "oldest",
        query.get("commit", "")[:_MAX_WORD].lower(),
        query.get("env", "")[:_MAX_WORD],
    )


def read_table(lines: Sequence[HistoryLine], stations: Sequence[Station], query: HistoryQuery) -> HistoryTable:
    """The lines of a strategy as that query wants them. Columns that are not there are not asked for."""
    names = tuple(station.name for station in stations)
    columns = tuple(name for name in names if name in query.columns) or names
    chosen = frozenset(columns)
    kinds = {line.commit.sha: _kinds(line, names, chosen) for line in lines}
    counts = {show: sum(not show.kind or show.kind in found for found in kinds.values()) for show in Show}
    wanted = query.show.kind
    shown = frozenset(sha for sha, found in kinds.items() if not wanted or wanted in found)
    ordered = tuple(reversed(lines)) if query.oldest_first else tuple(lines)
    return HistoryTable(query, ordered, shown, columns, counts)


def read_drawer(lines: Sequence[HistoryLine], stations: Sequence[Station], query: HistoryQuery) -> Drawer | None:
    """The cell that the query names; None where it names none, or none that is there."""
    line = next((each for each in lines if _is_named(each.commit.sha, query.commit)), None)
    places = [place for place, each in enumerate(stations) if query.environment in (each.branch, each.name)]
    if line is None or not places:
        return None
    names = [station.name for station in stations]
    return Drawer(line.commit, line.cells[places[0]], names[places[0]], tuple(zip(names, line.cells, strict=True)))


def _kinds(line: HistoryLine, names: Sequence[str], columns: frozenset[str]) -> frozenset[str]:
    # A CellKind is its own value, which is worth a lookup where there are thousands of cells.
    return frozenset(cell.kind for name, cell in zip(names, line.cells, strict=True) if name in columns)


def _is_named(sha: str, commit: str) -> bool:
    return len(commit) >= SHORT and sha.lower().startswith(commit)
