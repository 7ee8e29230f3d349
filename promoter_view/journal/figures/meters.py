"""What events of a strategy, or of a Stage, count for. Pure; events come in the order of the journal."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.figures.samples import DeliverySamples
from promoter_view.stages.health import Health

#: What figures are made of.
STRATEGY_EVENTS = frozenset((EventType.PROMOTED, EventType.RESTORED, EventType.FAILED, EventType.RECOVERED))
STAGE_EVENTS = frozenset(
    (EventType.PROMOTION_SUCCEEDED, EventType.PROMOTION_FAILED, EventType.PROMOTION_ERRORED, EventType.HEALTH)
)
#: Freight of a Stage whose arrival is remembered, for those behind it.
_ARRIVALS = 256
_PROMOTION, _HEALTH = "promotion", "health"


class DeliveryEvent(NamedTuple):
    """What the figures are made of. ``sha``: the dry commit, of a Stage the Freight; ``check``: its key.

    ``after``: what it changed to.
    """

    time: datetime
    event: EventType
    environment: str
    sha: str = ""
    check: str = ""
    lead_seconds: int | None = None
    hop_seconds: int | None = None
    backfilled: bool = False
    after: str = ""


def delivery_event(entry: JournalEntry) -> DeliveryEvent:
    """An entry as figures are made of it."""
    it = entry.happening
    return DeliveryEvent(
        entry.time,
        it.event,
        it.environment,
        it.commit.sha if it.commit is not None else "",
        it.check.key if it.check is not None else "",
        it.lead_seconds,
        it.hop_seconds,
        backfilled=entry.backfilled,
        after=it.after,
    )


class Calendar:
    """Deployments by day, in UTC, and their lead times in seconds."""

    def __init__(self) -> None:
        self.deployments: dict[date, int] = {}
        self.leads: dict[date, list[int]] = {}

    def add(self, time: datetime, lead: int | None) -> None:
        """One more."""
        day = time.date()
        self.deployments[day] = self.deployments.get(day, 0) + 1
        if lead is not None:
            self.leads.setdefault(day, []).append(lead)


class Meter(Protocol):
    """Counts the events of one object."""

    @property
    def samples(self) -> DeliverySamples:
        """What was counted."""

    def take(self, it: DeliveryEvent) -> None:
        """The next event."""


@dataclass(slots=True)
class _Live:
    """What is live in one place: its deployment, "" for none that is known, and what fails of it.

    ``newest``: when the last thing happened. What was backfilled of before that says nothing of now.
    """

    found: DeliverySamples
    calendar: Calendar
    sha: str = ""
    can_fail: bool = False
    failing: set[str] = field(default_factory=set)
    since: datetime | None = None
    newest: datetime | None = None

    def deployed(self, it: DeliveryEvent) -> None:
        """Something else is live, which counts."""
        self.found.deployments += 1
        self.calendar.add(it.time, it.lead_seconds)
        if it.lead_seconds is not None:
            self.found.leads.append(it.lead_seconds)
        if self.newest is None or it.time >= self.newest:
            self.restored(it.time)
            self.sha, self.can_fail = it.sha, not it.backfilled
            self.found.judged += self.can_fail

    def fails(self, what: str, now: datetime) -> None:
        """A deployment fails once, however much of it does."""
        self.mark_failed()
        self.failing.add(what)
        self.since = self.since or now

    def recovers(self, what: str, now: datetime) -> None:
        """Restored once all that failed has recovered."""
        self.failing.discard(what)
        if not self.failing:
            self.restored(now)

    def mark_failed(self) -> None:
        """Since when is not known."""
        self.found.failed += self.can_fail
        self.can_fail = False

    def restored(self, now: datetime) -> None:
        """Nothing fails any more."""
        if self.since is not None and now >= self.since:  # a clock may have been set back
            self.found.restores.append(int((now - self.since).total_seconds()))
        self.failing.clear()
        self.since = None


class StrategyMeter:
    """``ends``: the branches of its last environments."""

    def __init__(self, ends: Set[str], calendar: Calendar) -> None:
        self.samples = DeliverySamples()
        self._ends = ends
        self._calendar = calendar
        self._live: dict[str, _Live] = {}

    def take(self, it: DeliveryEvent) -> None:
        """See Meter."""
        if it.event is EventType.PROMOTED and it.hop_seconds is not None:
            self.samples.hops.append(it.hop_seconds)
        if it.environment not in self._ends:
            return
        live = self._live.setdefault(it.environment, _Live(self.samples, self._calendar))
        _take_of_environment(live, it)
        live.newest = it.time if live.newest is None else max(live.newest, it.time)


def _take_of_environment(live: _Live, it: DeliveryEvent) -> None:
    match it.event:
        case EventType.PROMOTED:
            live.deployed(it)
        case EventType.RESTORED:
            live.mark_failed()
            live.restored(it.time)
            live.sha = ""
        case EventType.FAILED if live.sha and it.sha == live.sha:
            live.fails(it.check, it.time)
        case EventType.RECOVERED if live.sha:  # of whatever commit: it fails on none any more
            live.recovers(it.check, it.time)


class Arrivals:
    """When which Freight came to which Stage: of each Stage the newest ones."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], OrderedDict[str, datetime]] = {}

    def add(self, stage: tuple[str, str], freight: str, time: datetime) -> None:
        """It came there."""
        times = self._times.setdefault(stage, OrderedDict())
        times[freight] = time
        times.move_to_end(freight)
        if len(times) > _ARRIVALS:
            times.popitem(last=False)

    def last(self, namespace: str, stages: Collection[str], freight: str) -> datetime | None:
        """When it came to the last of those; None where to none of them."""
        there = (self._times[(namespace, name)] for name in stages if (namespace, name) in self._times)
        return max((times[freight] for times in there if freight in times), default=None)


class StageMeter:
    """``key``: namespace and name; ``upstream``: the Stages that it takes Freight from."""

    def __init__(self, key: tuple[str, str], upstream: Collection[str], arrivals: Arrivals, calendar: Calendar) -> None:
        self.samples = DeliverySamples()
        self._key = key
        self._upstream = upstream
        self._arrivals = arrivals
        self._live = _Live(self.samples, calendar)

    def take(self, it: DeliveryEvent) -> None:
        """See Meter."""
        live = self._live
        match it.event:
            case EventType.PROMOTION_SUCCEEDED:
                self._came(it)
                live.deployed(it._replace(sha=it.after or "?"))
            case EventType.PROMOTION_FAILED | EventType.PROMOTION_ERRORED:
                self._ended_badly(it)
            case EventType.HEALTH if live.sha and it.after == Health.UNHEALTHY:
                live.fails(_HEALTH, it.time)
            case EventType.HEALTH if it.after == Health.HEALTHY:
                live.recovers(_HEALTH, it.time)
        live.newest = it.time if live.newest is None else max(live.newest, it.time)

    def _came(self, it: DeliveryEvent) -> None:
        began = self._arrivals.last(self._key[0], self._upstream, it.after)
        if began is not None and it.time >= began:
            self.samples.hops.append(int((it.time - began).total_seconds()))
        self._arrivals.add(self._key, it.after, it.time)

    def _ended_badly(self, it: DeliveryEvent) -> None:
        """A try that failed: what is live goes on as it was."""
        if it.backfilled:
            return
        self.samples.judged += 1
        self.samples.failed += 1
        self._live.failing.add(_PROMOTION)
        self._live.since = self._live.since or it.time
