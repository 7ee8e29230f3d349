"""The log as a feed: what a change of a bundle means to people, and the entries that are kept. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from promoter_view.dashboard.events import Event, Item
from promoter_view.dashboard.links import page_path
from promoter_view.dashboard.reading import Reading
from promoter_view.dashboard.stages.activity import compare_stages
from promoter_view.dashboard.strategies.checks import Check, Phase
from promoter_view.dashboard.strategies.commits import Commit
from promoter_view.dashboard.strategies.environments import Station, Strategy
from promoter_view.records import BundleChange
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS
from promoter_view.views.versions import split

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


def entry_of(change: BundleChange, reading: Reading) -> Entry | None:
    """What a change meant; None where nothing changed that people ask for."""
    version, key = change.resource_version, change.key
    bundles = (change.before, change.after)
    if key.view == STAGE_DETAILS:
        rows = [None if bundle is None else reading.stage_row(bundle) for bundle in bundles]
        items = tuple(compare_stages(*rows))
        states = [row.state.word for row in rows if row is not None]
    else:
        strategies = [None if bundle is None else reading.strategy(bundle) for bundle in bundles]
        items = tuple(compare(*strategies))
        states = [strategy.summary.state.value for strategy in strategies if strategy is not None]
    time = datetime.fromtimestamp(change.time_ms / 1000, UTC)
    return Entry(version, time, key.namespace, key.name, states[-1], items, key.view) if items else None


def moment(resource_version: int) -> datetime:
    """About when that was, or later: offsets run ahead of the clock where it was set back."""
    return datetime.fromtimestamp(split(resource_version).offset / _OFFSETS_A_SECOND, UTC)


def compare(before: Strategy | None, after: Strategy | None) -> Iterator[Item]:
    """What happened between the two, in the order of the environments."""
    if before is None or after is None:
        if before is not None or after is not None:
            yield Item(Event.CREATED if before is None else Event.DELETED)
        return
    knew = {station.branch: station for station in before.stations}
    for station in after.stations:
        known = knew.get(station.branch)
        # Of a thousand environments a change changes a few: the others are the same objects, and are not looked into.
        if known is not None and known != station:
            yield from _compare(known, station)
    was, state = before.summary.state, after.summary.state
    if was is not state:
        yield Item(Event.STATE, before=was.value, after=state.value)


def _compare(before: Station, after: Station) -> Iterator[Item]:
    fresh = set()
    live, upcoming = after.active.dry, after.upcoming
    if live is not None and _sha(before.active.dry) != live.sha:
        fresh.add("active")
        yield _moved(Event.PROMOTED, after, before.active.dry, live)
    if upcoming is not None and _sha(before.upcoming) != upcoming.sha:
        fresh.add("proposed")
        yield _moved(Event.PROPOSED, after, before.upcoming, upcoming)
    yield from _requests(before, after)
    knew = _checks(before)
    for (side, key), check in _checks(after).items():
        # Checks on a new commit begin anew: that is part of its promotion, and no news unless one fails.
        known = None if side in fresh else knew.get((side, key))
        if check.phase is not (known.phase if known else Phase.PENDING) and (known or check.phase is Phase.FAILURE):
            yield _checked(after.name, known, check)


def _checks(station: Station) -> dict[tuple[str, str], Check]:
    """By side and key. What is proposed counts as long as it is under way."""
    checks = {("active", check.key): check for check in station.active.checks.items}
    return checks | {("proposed", check.key): check for check in station.proposed.checks.items if station.upcoming}


def _moved(event: Event, station: Station, before: Commit | None, after: Commit) -> Item:
    return Item(
        event, station.name, before.short if before else "", after.short, after.subject, after.author, after.url
    )


def _requests(before: Station, after: Station) -> Iterator[Item]:
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

    def __init__(self, reading: Reading, isolation: Isolation, *, max_entries: int = 5000) -> None:
        self._reading = reading
        self._isolation = isolation
        self._entries: deque[Entry] = deque(maxlen=max_entries)
        self.since: datetime | None = None

    def steps(self, changes: Iterable[BundleChange]) -> Iterator[None]:
        """Takes the next changes, in steps of which each is one member's reading at most."""
        for change in changes:
            yield from self._isolation.steps(change.key, "activity", self._steps(change))
            yield

    def _steps(self, change: BundleChange) -> Iterator[None]:
        yield from self._reading.steps(change.before)
        yield from self._reading.steps(change.after)
        self._take(change)

    def restart(self, horizon: int) -> None:
        """Forgets all; what is fed next comes after that resourceVersion."""
        self._entries.clear()
        self.since = moment(horizon)

    def newest_first(self, now: datetime) -> Iterator[Entry]:
        """The entries that are kept. None says that it was after the one that followed it, or after ``now``.

        It would, where the clock was ahead for a while.
        """
        latest = now
        for entry in reversed(self._entries):
            latest = min(latest, entry.time)
            yield entry if entry.time == latest else replace(entry, time=latest)

    def _take(self, change: BundleChange) -> None:
        if len(self._entries) == self._entries.maxlen:
            self.since = self._entries[0].time
        entry = entry_of(change, self._reading)
        if entry is not None:
            self._entries.append(entry)
