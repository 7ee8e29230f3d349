"""Delivery figures: how often, how fast, how safely. Pure.

They stem from the promotions that ChangeTransferPolicies keep, the last five of an environment, and say what span that
is. A strategy's deployments are those to its last environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from promoter_view.dashboard.checks import Phase
from promoter_view.dashboard.environments import Station
from promoter_view.dashboard.history import KEPT

_DAY = timedelta(days=1)
#: Shorter than that, a rate says nothing.
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One promotion. ``environment`` counts from 0; ``last`` is the strategy's last one."""

    environment: int
    last: bool
    sha: str
    committed: datetime | None
    live: datetime
    failed: bool


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The promotions that one strategy's statuses tell of. ``all_kept``: none is missing, for none was dropped yet."""

    items: tuple[Delivery, ...]
    all_kept: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Delivery figures; None where nothing can be said. ``since`` is the oldest promotion that went into them.

    ``lead_time``: from the dry commit to the last environment; ``promotion_time``: from the first environment to the
    last; both medians. ``failure_share``: of all promotions, those with a failed check after they went live.
    """

    strategies: int
    promotions: int
    deployments: int
    since: datetime | None
    per_day: float | None
    lead_time: timedelta | None
    promotion_time: timedelta | None
    failure_share: float | None


def deliveries(stations: Sequence[Station]) -> Deliveries:
    """What one strategy's environments tell."""
    found = tuple(_deliveries(stations))
    return Deliveries(found, all(len(station.history) < KEPT for station in stations))


def figures(found: Iterable[Deliveries], now: datetime) -> Figures:
    """The figures of some strategies, at that time."""
    each = [one.items for one in found]
    every = [delivery for items in each for delivery in items]
    deployed = [delivery for delivery in every if delivery.last]
    leads = [one.live - one.committed for one in deployed if one.committed is not None and one.live >= one.committed]
    promotions = [time for items in each for time in _promotion_times(items)]
    return Figures(
        strategies=len(each),
        promotions=len(every),
        deployments=len(deployed),
        since=min((delivery.live for delivery in every), default=None),
        per_day=sum(_per_day(items, now) for items in each) if deployed else None,
        lead_time=_median(leads),
        promotion_time=_median(promotions),
        failure_share=sum(one.failed for one in every) / len(every) if every else None,
    )


def _deliveries(stations: Sequence[Station]) -> Iterator[Delivery]:
    for index, station in enumerate(stations):
        for place, past in enumerate(station.history):
            live, dry = past.live_since, past.active.dry
            if live is None or dry is None:
                continue
            # The newest may be live still: its checks of now count, not those at the time of its merge.
            still = place == 0 and station.active.dry is not None and station.active.dry.sha == dry.sha
            checks = station.active.checks if still else past.active.checks
            failed = checks.worst is Phase.FAILURE
            yield Delivery(index, index == len(stations) - 1, dry.sha, dry.time, live, failed)


def _median(times: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(time.total_seconds() for time in times)) if times else None


def _per_day(items: Sequence[Delivery], now: datetime) -> float:
    deployed = [delivery.live for delivery in items if delivery.last]
    if not deployed:
        return 0.0
    return len(deployed) / (max(now - min(deployed), _SHORTEST) / _DAY)


def _promotion_times(items: Sequence[Delivery]) -> Iterator[timedelta]:
    began = {delivery.sha: delivery.live for delivery in items if delivery.environment == 0}
    for delivery in items:
        first = began.get(delivery.sha)
        if delivery.last and delivery.environment > 0 and first is not None and delivery.live >= first:
            yield delivery.live - first
