"""A strategy's past beyond what its objects keep, as the journal tells it: commits down, environments across. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promoter_view.dashboard.journal.earlier import Earlier, WantedEntries
from promoter_view.dashboard.strategies.environments import Station
from promoter_view.dashboard.strategies.sides import Side
from promoter_view.journal.entries import EventCommit, EventRequest, EventType, JournalEntry
from promoter_view.journal.serving.asking import AskedEntries
from promoter_view.journal.store import JournalQuery
from promoter_view.records import BundleKey
from promoter_view.urls import web_url

_EVENTS = (EventType.PROMOTED, EventType.RESTORED, EventType.MERGED)
#: Entries that are read for it, and what of them is shown at most.
_MOST_ENTRIES, _MOST_LINES, _MOST_CELLS, _MOST_GONE = 400, 50, 30_000, 20


@dataclass(frozen=True, slots=True)
class EarlierCell:
    """A commit in an environment. ``event`` None: the journal tells nothing of it; ``above``: the history has it."""

    event: EventType | None = None
    since: datetime | None = None
    request: EventRequest | None = None
    above: bool = False

    @property
    def request_url(self) -> str:
        """A link of the web, or ""."""
        return web_url(self.request.url) if self.request else ""


_NOTHING, _ABOVE = EarlierCell(), EarlierCell(above=True)


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """A dry commit, and its cells in the order of the environments."""

    commit: EventCommit
    cells: tuple[EarlierCell, ...]


@dataclass(frozen=True, slots=True)
class EarlierTable:
    """The lines, the newest first. ``columns``: names and branches; those of environments that are gone stand last.

    ``behind``: the entry behind which the journal goes on, "" where all it has is here; ``left_out`` lines are not.
    """

    columns: tuple[tuple[str, str], ...]
    lines: tuple[EarlierLine, ...]
    behind: str
    left_out: int


def wanted_past(key: BundleKey) -> WantedEntries:
    """What the journal is asked for."""
    query = JournalQuery(
        events=frozenset(_EVENTS), view=key.view, namespace=key.namespace, name=key.name, newest_first=True
    )
    return WantedEntries(AskedEntries(query, (key.view,)), _MOST_ENTRIES)


def earlier_table(told: Earlier, stations: Sequence[Station]) -> EarlierTable:
    """Of what is told, all that no environment's own past has."""
    kept = {station.branch: frozenset(_kept(station)) for station in stations}
    found = _read(told.entries)
    fresh = [each for each in found.values() if not all(_is_kept(cell, kept) for cell in each.values())]
    gone = {branch for each in fresh for branch in each if branch not in kept}
    columns = [(station.name, station.branch) for station in stations]
    columns += [(branch, branch) for branch in sorted(gone)[:_MOST_GONE]]
    newest = sorted(fresh, key=_time, reverse=True)[: min(_MOST_LINES, _MOST_CELLS // max(len(columns), 1))]
    lines = tuple(_line(each, columns, kept) for each in newest)
    behind = "" if told.edge is None else told.edge.name
    return EarlierTable(tuple(columns), lines, behind, len(fresh) - len(lines))


@dataclass(frozen=True, slots=True)
class _Told:
    """The newest entry of a commit in an environment that says how it got there."""

    entry: JournalEntry
    commit: EventCommit
    request: EventRequest | None


def _read(entries: Iterable[JournalEntry]) -> dict[str, dict[str, _Told]]:
    """By dry sha and branch; entries come the newest first. That a request was merged is said where no more is told."""
    found: dict[str, dict[str, _Told]] = {}
    for entry in entries:
        it = entry.happening
        if it.commit is None or not it.commit.sha:
            continue
        cells = found.setdefault(it.commit.sha, {})
        known = cells.get(it.environment)
        if known is None:
            cells[it.environment] = _Told(entry, it.commit, it.request)
        elif known.entry.happening.event is EventType.MERGED and it.event is not EventType.MERGED:
            cells[it.environment] = _Told(entry, it.commit, it.request or known.request)
        elif known.request is None:
            cells[it.environment] = replace(known, request=it.request)
    return found


def _time(told: Mapping[str, _Told]) -> datetime:
    return max(each.entry.time for each in told.values())


def _line(
    told: Mapping[str, _Told], columns: Iterable[tuple[str, str]], kept: Mapping[str, frozenset[str]]
) -> EarlierLine:
    commit = max(told.values(), key=lambda each: each.entry.time).commit
    cells = (_cell(commit, told.get(branch), kept.get(branch, frozenset())) for _, branch in columns)
    return EarlierLine(commit, tuple(cells))


def _cell(commit: EventCommit, told: _Told | None, kept: frozenset[str]) -> EarlierCell:
    if commit.sha in kept:
        return _ABOVE
    if told is None:
        return _NOTHING
    return EarlierCell(told.entry.happening.event, told.entry.time, told.request)


def _is_kept(told: _Told, kept: Mapping[str, frozenset[str]]) -> bool:
    shas = kept.get(told.entry.happening.environment, frozenset())
    return told.commit.sha in shas or told.commit.hydrated_sha in shas


def _kept(station: Station) -> Iterator[str]:
    """The dry and hydrated shas that the history has: of what is proposed, is live and was."""
    for side in (station.proposed, station.active, *(past.active for past in station.history)):
        yield from _shas(side)


def _shas(side: Side) -> Iterator[str]:
    return (commit.sha for commit in (side.dry, side.hydrated) if commit is not None)
