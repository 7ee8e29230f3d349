"""The log as a feed: what a change of a bundle means to people, and the entries that are kept. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import orjson

from promoter_view.dashboard.checks import Check, Phase, PullRequest
from promoter_view.dashboard.commits import Commit
from promoter_view.dashboard.environments import Station, read_stations
from promoter_view.dashboard.events import Event, Item
from promoter_view.dashboard.links import page_path
from promoter_view.dashboard.stage_activity import StageTrail, compare_stages
from promoter_view.dashboard.stage_rows import read_stage_row
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.excerpts import excerpt
from promoter_view.views.promotion_strategy_details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage_details import STAGE_DETAILS
from promoter_view.views.summary import State, Summary
from promoter_view.views.versions import split

#: Of a bundle's members those that tell how its environments stand.
TOLD_BY = frozenset({"changeTransferPolicies"})
#: Offsets are about units of 100 us since 1970 (docs/concepts.md).
_OFFSETS_A_SECOND = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What one change of one bundle meant. ``time`` is that of its record; ``path`` leads to the bundle's page."""

    resource_version: int
    time: datetime
    namespace: str
    name: str
    state: str
    items: tuple[Item, ...]
    view: str = PROMOTION_STRATEGY_DETAILS.plural

    @property
    def is_stage(self) -> bool:
        """It is of a Stage, else of a strategy."""
        return self.view == STAGE_DETAILS

    @property
    def path(self) -> str:
        """Below the root."""
        return page_path(self.view, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class _Trace:
    """What is remembered of one environment, to tell what changes."""

    name: str
    active: Commit | None
    upcoming: Commit | None
    request: PullRequest | None
    checks: Mapping[tuple[str, str], Check]


@dataclass(frozen=True, slots=True)
class Trail:
    """What is remembered of a strategy."""

    state: State
    traces: Mapping[str, _Trace]


def read_trail(summary: Summary, stations: Sequence[Station]) -> Trail:
    """What is to be remembered of a bundle whose environments are read already."""
    return Trail(summary.state, {station.branch: _trace(station) for station in stations})


def trail_of(bundle: Bundle) -> Trail | StageTrail:
    """What is to be remembered of a bundle."""
    if bundle.key.view == STAGE_DETAILS:
        return StageTrail(read_stage_row(orjson.loads(bundle.encode())))
    return read_trail(*read_stations(excerpt(bundle, TOLD_BY), most_past=0))


def _trace(station: Station) -> _Trace:
    checks = {("active", check.key): check for check in station.active.checks.items}
    checks |= {("proposed", check.key): check for check in station.proposed.checks.items if station.upcoming}
    return _Trace(station.name, station.active.dry, station.upcoming, station.request, checks)


def entry_of(change: BundleChange, before: Trail | StageTrail | None, after: Trail | StageTrail | None) -> Entry | None:
    """What a change meant; None where nothing changed that people ask for."""
    items = tuple(_items(before, after))
    if not items:
        return None
    trail = after or before
    assert trail is not None
    version, key = change.resource_version, change.key
    time = datetime.fromtimestamp(change.time_ms / 1000, UTC)
    return Entry(version, time, key.namespace, key.name, trail.state, items, key.view)


def _items(before: Trail | StageTrail | None, after: Trail | StageTrail | None) -> Iterator[Item]:
    if isinstance(before, StageTrail) or isinstance(after, StageTrail):
        rows = [each.row if isinstance(each, StageTrail) else None for each in (before, after)]
        return compare_stages(*rows)
    return compare(before, after)


def moment(resource_version: int) -> datetime:
    """About when that was, or later: offsets run ahead of the clock where it was set back."""
    return datetime.fromtimestamp(split(resource_version).offset / _OFFSETS_A_SECOND, UTC)


def compare(before: Trail | None, after: Trail | None) -> Iterator[Item]:
    """What happened between the two, in the order of the environments."""
    if before is None or after is None:
        if before is not None or after is not None:
            yield Item(Event.CREATED if before is None else Event.DELETED)
        return
    for branch, trace in after.traces.items():
        known = before.traces.get(branch)
        if known is not None:
            yield from _compare(known, trace)
    if before.state is not after.state:
        yield Item(Event.STATE, before=before.state.value, after=after.state.value)


def _compare(before: _Trace, after: _Trace) -> Iterator[Item]:
    fresh = set()
    if after.active is not None and _sha(before.active) != after.active.sha:
        fresh.add("active")
        yield _moved(Event.PROMOTED, after, before.active, after.active)
    if after.upcoming is not None and _sha(before.upcoming) != after.upcoming.sha:
        fresh.add("proposed")
        yield _moved(Event.PROPOSED, after, before.upcoming, after.upcoming)
    yield from _requests(before, after)
    for (side, key), check in after.checks.items():
        # Checks on a new commit begin anew: that is part of its promotion, and no news unless one fails.
        known = None if side in fresh else before.checks.get((side, key))
        if check.phase is not (known.phase if known else Phase.PENDING) and (known or check.phase is Phase.FAILURE):
            yield _checked(after.name, known, check)


def _moved(event: Event, trace: _Trace, before: Commit | None, after: Commit | None) -> Item:
    assert after is not None
    return Item(event, trace.name, before.short if before else "", after.short, after.subject, after.author, after.url)


def _requests(before: _Trace, after: _Trace) -> Iterator[Item]:
    request, known = after.request, before.request
    if request is None or known == request:
        return
    words = {"open": Event.OPENED, "merged": Event.MERGED, "closed": Event.CLOSED}
    same = known is not None and known.number == request.number and known.state == request.state
    if request.state in words and not same:
        yield Item(words[request.state], after.name, after=f"#{request.number}", url=request.url)


def _checked(environment: str, known: Check | None, check: Check) -> Item:
    events = {Phase.FAILURE: Event.FAILED, Phase.SUCCESS: Event.PASSED}
    return Item(
        events.get(check.phase, Event.PENDING),
        environment,
        known.phase.value if known else "",
        check.phase.value,
        check.description,
        check.label,
        check.url,
    )


def _sha(commit: Commit | None) -> str:
    return commit.sha if commit is not None else ""


class Activity:
    """What happened, as far back as the history reaches. Fed each change once, in order; keeps ``max_entries``."""

    def __init__(self, *, max_entries: int = 5000) -> None:
        self._entries: deque[Entry] = deque(maxlen=max_entries)
        self._trails: dict[BundleKey, Trail | StageTrail] = {}
        self.since: datetime | None = None

    def feed(self, changes: Sequence[BundleChange]) -> None:
        """Takes the next changes."""
        for change in changes:
            if len(self._entries) == self._entries.maxlen:
                self.since = self._entries[0].time
            entry = self._take(change)
            if entry is not None:
                self._entries.append(entry)

    def restart(self, horizon: int) -> None:
        """Forgets all; what is fed next comes after that resourceVersion."""
        self._entries.clear()
        self._trails.clear()
        self.since = moment(horizon)

    def newest_first(self, now: datetime) -> Iterator[Entry]:
        """The entries that are kept. None says that it was after the one that followed it, or after ``now``.

        It would, where the clock was ahead for a while.
        """
        latest = now
        for entry in reversed(self._entries):
            latest = min(latest, entry.time)
            yield entry if entry.time == latest else replace(entry, time=latest)

    def _take(self, change: BundleChange) -> Entry | None:
        key = change.key
        before = self._trails.pop(key, None)
        if before is None and change.before is not None:
            before = trail_of(change.before)
        after = trail_of(change.after) if change.after is not None else None
        if after is not None:
            self._trails[key] = after
        return entry_of(change, before, after)
