"""A strategy's past as a matrix: commits down, environments across, each cell says what became of it there. Pure.

What is known of the past is what GitOps Promoter keeps of an environment (``past.py``).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from promoter_view.dashboard.strategies.checks import Checks, Phase, PullRequest
from promoter_view.dashboard.strategies.commits import ShownCommit
from promoter_view.dashboard.strategies.environments import Station
from promoter_view.dashboard.strategies.past import EnvironmentPast
from promoter_view.views.promotion_strategy.state.words import StateWord

#: Environments of which it is kept what was worked out.
_KEPT_COLUMNS = 4096
#: The cells of a matrix, which has its newest lines in any case.
_MOST_CELLS = 30_000
_FEWEST_LINES = 20


class CellKind(enum.StrEnum):
    """What became of a commit in an environment; of two that hold, the first counts."""

    LIVE = "live"
    HELD = "held"
    PROPOSED = "proposed"
    FAILED = "failed"
    REPLACED = "replaced"
    NO_OP = "no-op"
    NOT_YET = "not yet"
    NOTHING = "no changes"
    UNKNOWN = "not kept"


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One commit in one environment. ``since`` is when it got there, ``lasted`` for how long it was live.

    ``restored_from``: it did not get there by a promotion, but as that hydrated commit was made live again.

    Two are equal when they are one: ``Matrices`` keeps those of an environment that has not changed.
    """

    branch: str
    kind: CellKind
    since: datetime | None = None
    lasted: timedelta | None = None
    request: PullRequest | None = None
    checks: Checks = Checks()  # noqa: RUF009 - frozen and empty
    hydrated: ShownCommit | None = None
    restored_from: str = ""
    replaced_by: ShownCommit | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A dry commit and its cells, in the order of the environments."""

    commit: ShownCommit
    cells: tuple[Cell, ...]


class Matrix(NamedTuple):
    """The lines, the newest commit first. ``left_out``: commits older than those."""

    lines: tuple[HistoryLine, ...]
    left_out: int


class Matrices:
    """Makes matrices. What was worked out of an environment is kept, so that a change of one of many costs one."""

    def __init__(self) -> None:
        self._known = lru_cache(maxsize=_KEPT_COLUMNS)(_known)
        self._cells = lru_cache(maxsize=_KEPT_COLUMNS)(self._cells_of)

    def of(self, stations: Sequence[Station]) -> Matrix:
        """The matrix. A strategy of very many environments has its newest lines only."""
        commits = self._commits(stations)
        shown = _shown(commits, stations)
        columns = self._columns(shown, stations)
        return Matrix(tuple(map(HistoryLine, shown, zip(*columns, strict=True))), len(commits) - len(shown))

    def steps(self, stations: Sequence[Station]) -> Iterator[None]:
        """Works out what ``of`` will want, an environment a step."""
        for station in stations:
            self._known(station)
            yield
        for _ in self._columns(_shown(self._commits(stations), stations), stations):
            yield

    def _commits(self, stations: Sequence[Station]) -> Sequence[ShownCommit]:
        commits: dict[str, ShownCommit] = {}
        for station in stations:
            for sha, (_, commit) in self._known(station).items():
                commits.setdefault(sha, commit)
        return sorted(commits.values(), key=_seconds, reverse=True)

    def _columns(self, shown: Sequence[ShownCommit], stations: Sequence[Station]) -> Iterator[tuple[Cell, ...]]:
        dated = tuple(_Dated(each.sha, each.time) for each in shown)
        return (self._cells(station, dated) for station in stations)

    def _cells_of(self, station: Station, commits: tuple[_Dated, ...]) -> tuple[Cell, ...]:
        known = self._known(station)
        return tuple(known[each.sha][0] if each.sha in known else _unknown(each, station) for each in commits)


class _Dated(NamedTuple):
    """A commit as far as an environment that does not know it is asked for it."""

    sha: str
    time: datetime | None


def _shown(commits: Sequence[ShownCommit], stations: Sequence[Station]) -> Sequence[ShownCommit]:
    return commits[: max(_FEWEST_LINES, _MOST_CELLS // max(len(stations), 1))]


def _seconds(commit: ShownCommit) -> float:
    return commit.time.timestamp() if commit.time else 0.0


def _known(station: Station) -> Mapping[str, tuple[Cell, ShownCommit]]:
    """What is known of an environment, by sha; of a commit that occurs twice the most telling."""
    known: dict[str, tuple[Cell, ShownCommit]] = {}
    for cell, commit in _column(station):
        known.setdefault(commit.sha, (cell, commit))
    return known


def _unknown(commit: _Dated, station: Station) -> Cell:
    """The cell of a commit that an environment's own past does not name."""
    if commit.sha == station.no_op_sha:
        return Cell(station.branch, CellKind.NO_OP)
    if _is_ahead(commit, station):
        return Cell(station.branch, CellKind.NOT_YET)
    return Cell(station.branch, CellKind.UNKNOWN if _is_forgotten(commit, station) else CellKind.NOTHING)


def _is_forgotten(commit: _Dated, station: Station) -> bool:
    """Whether that commit is older than all that is told of this environment, and something older may have been."""
    oldest = station.active.dry
    if station.past.is_told:
        oldest = station.history[-1].active.dry if station.past.is_cut_off and station.history else None
    if oldest is None or oldest.time is None or commit.time is None:
        return False
    return commit.time < oldest.time


def _is_ahead(commit: _Dated, station: Station) -> bool:
    """Whether that commit is later than all that this environment knows of."""
    known = [dry.time for dry in (station.active.dry, station.proposed.dry) if dry is not None and dry.time is not None]
    return bool(known) and commit.time is not None and commit.time > max(known)


def _column(station: Station) -> list[tuple[Cell, ShownCommit]]:
    """What is known of one environment, the most telling first where a commit occurs twice."""
    found = list(_present(station))
    later: EnvironmentPast | None = None
    for past in station.history:
        found += _replaced(station, past, later)
        later = past
    return found


def _present(station: Station) -> Iterator[tuple[Cell, ShownCommit]]:
    dry = station.active.dry
    if dry is not None:
        failed = station.active.checks.worst is Phase.FAILURE
        live = Cell(
            station.branch,
            CellKind.FAILED if failed else CellKind.LIVE,
            station.live_since,
            request=station.last_request,
            checks=station.active.checks,
            hydrated=station.active.hydrated,
            restored_from=station.restored_from,
        )
        yield live, dry
    if station.upcoming is not None:
        since = station.proposed.hydrated.time if station.proposed.hydrated is not None else None
        yield (
            Cell(
                station.branch,
                _coming(station),
                since,
                request=station.open_request,
                checks=station.proposed.checks,
                hydrated=station.proposed.hydrated,
            ),
            station.upcoming,
        )


def _coming(station: Station) -> CellKind:
    """What becomes of a proposed commit: the environment's state says first that it is held back."""
    if station.state is StateWord.HELD:
        return CellKind.HELD
    return CellKind.FAILED if station.proposed.checks.worst is Phase.FAILURE else CellKind.PROPOSED


def _replaced(
    station: Station, past: EnvironmentPast, later: EnvironmentPast | None
) -> Iterator[tuple[Cell, ShownCommit]]:
    dry = past.active.dry
    if dry is None or (station.active.dry is not None and dry.sha == station.active.dry.sha):
        return
    cell = Cell(
        station.branch,
        CellKind.FAILED if past.active.checks.worst is Phase.FAILURE else CellKind.REPLACED,
        past.live_since,
        request=past.request,
        checks=past.active.checks,
        hydrated=past.active.hydrated,
        restored_from=past.restored_from,
    )
    next_dry = later.active.dry if later is not None else station.active.dry
    if later is not None and later.live_since is not None and past.live_since is not None:
        cell = replace(cell, lasted=max(later.live_since - past.live_since, timedelta()))
    yield replace(cell, replaced_by=next_dry), dry
