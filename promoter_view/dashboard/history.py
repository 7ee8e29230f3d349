"""A strategy's past as a matrix: commits down, environments across, each cell says what became of it there. Pure.

What is known of the past is what ChangeTransferPolicies keep: the last five promotions of an environment.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from promoter_view.dashboard.checks import Checks, Phase, PullRequest
from promoter_view.dashboard.commits import Commit
from promoter_view.dashboard.environments import Past, Station

#: So many promotions of an environment are kept in a ChangeTransferPolicy's status.
KEPT = 5


class Kind(enum.StrEnum):
    """What became of a commit in an environment; of two that hold, the first counts."""

    LIVE = "live"
    PROPOSED = "proposed"
    FAILED = "failed"
    REPLACED = "replaced"
    NO_OP = "no-op"
    NOT_YET = "not yet"
    NOTHING = "no changes"
    UNKNOWN = "not kept"


@dataclass(frozen=True, slots=True)
class Cell:
    """One commit in one environment. ``since`` is when it got there, ``lasted`` for how long it was live."""

    branch: str
    kind: Kind
    since: datetime | None = None
    lasted: timedelta | None = None
    request: PullRequest | None = None
    checks: Checks = Checks()  # noqa: RUF009 - frozen and empty
    hydrated: Commit | None = None
    replaced_by: Commit | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A dry commit and its cells, in the order of the environments."""

    commit: Commit
    cells: tuple[Cell, ...]


def matrix(stations: Sequence[Station]) -> tuple[Line, ...]:
    """The lines, the newest commit first."""
    columns = [_column(station) for station in stations]
    commits: dict[str, Commit] = {}
    for column in columns:
        for cell, commit in column:
            commits.setdefault(commit.sha, commit)
            del cell
    ordered = sorted(commits.values(), key=lambda commit: commit.time.timestamp() if commit.time else 0.0, reverse=True)
    cells = [{commit.sha: cell for cell, commit in reversed(column)} for column in columns]
    return tuple(
        Line(commit, tuple(_cell(commit, station, found) for station, found in zip(stations, cells, strict=True)))
        for commit in ordered
    )


def _cell(commit: Commit, station: Station, found: dict[str, Cell]) -> Cell:
    if commit.sha in found:
        return found[commit.sha]
    if commit.sha == station.no_op_sha:
        return Cell(station.branch, Kind.NO_OP)
    if _is_ahead(commit, station):
        return Cell(station.branch, Kind.NOT_YET)
    oldest = station.history[-1].active.dry if len(station.history) >= KEPT else None
    older = oldest is not None and oldest.time and commit.time and commit.time < oldest.time
    return Cell(station.branch, Kind.UNKNOWN if older else Kind.NOTHING)


def _is_ahead(commit: Commit, station: Station) -> bool:
    """Whether that commit is later than all that this environment knows of."""
    known = [dry.time for dry in (station.active.dry, station.proposed.dry) if dry is not None and dry.time is not None]
    return bool(known) and commit.time is not None and commit.time > max(known)


def _column(station: Station) -> list[tuple[Cell, Commit]]:
    """What is known of one environment, the most telling first where a commit occurs twice."""
    found = list(_present(station))
    later: Past | None = None
    for past in station.history:
        found += _replaced(station, past, later)
        later = past
    return found


def _present(station: Station) -> Iterator[tuple[Cell, Commit]]:
    dry = station.active.dry
    last = station.history[0] if station.history else None
    if dry is not None:
        failed = station.active.checks.worst is Phase.FAILURE
        live = Cell(
            station.branch,
            Kind.FAILED if failed else Kind.LIVE,
            station.live_since,
            request=last.request if last is not None else station.last_request,
            checks=station.active.checks,
            hydrated=station.active.hydrated,
        )
        yield live, dry
    if station.upcoming is not None:
        since = station.proposed.hydrated.time if station.proposed.hydrated is not None else None
        yield (
            Cell(
                station.branch,
                Kind.FAILED if station.proposed.checks.worst is Phase.FAILURE else Kind.PROPOSED,
                since,
                request=station.open_request,
                checks=station.proposed.checks,
                hydrated=station.proposed.hydrated,
            ),
            station.upcoming,
        )


def _replaced(station: Station, past: Past, later: Past | None) -> Iterator[tuple[Cell, Commit]]:
    dry = past.active.dry
    if dry is None or (station.active.dry is not None and dry.sha == station.active.dry.sha):
        return
    cell = Cell(
        station.branch,
        Kind.FAILED if past.active.checks.worst is Phase.FAILURE else Kind.REPLACED,
        past.live_since,
        request=past.request,
        checks=past.active.checks,
        hydrated=past.active.hydrated,
    )
    next_dry = later.active.dry if later is not None else station.active.dry
    if later is not None and later.live_since is not None and past.live_since is not None:
        cell = replace(cell, lasted=max(later.live_since - past.live_since, timedelta()))
    yield replace(cell, replaced_by=next_dry), dry
