"""Delivery figures: how often, how fast, how safely. Pure.

They stem from the promotions that ChangeTransferPolicies keep, the last five of an environment, and say what span that
is. A strategy's deployments are those to its last environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from promoter_view.dashboard.history import KEPT
from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.views.summary import policies_by_branch

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


def deliveries(bundle: Mapping[str, Any]) -> Deliveries:
    """What the environments of a decoded bundle tell."""
    policies = policies_by_branch(bundle)
    branches = [text(each, "branch") for each in mappings(bundle, "promotionStrategy", "spec", "environments")]
    statuses = [mapping(policies.get(branch), "status") for branch in branches]
    found = (each for index in range(len(statuses)) for each in _deliveries(statuses, index))
    return Deliveries(tuple(found), all(len(list(mappings(status, "history"))) < KEPT for status in statuses))


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


def _deliveries(statuses: Sequence[Mapping[str, Any]], index: int) -> Iterator[Delivery]:
    status = statuses[index]
    for place, past in enumerate(mappings(status, "history")):
        sha = text(past, "active", "dry", "sha")
        live = parse_time(text(past, "pullRequest", "prMergeTime") or text(past, "active", "hydrated", "commitTime"))
        if not sha or live is None:
            continue
        # The newest may be live still: its checks of now count, not those at the time of its merge.
        still = place == 0 and text(status, "active", "dry", "sha") == sha
        checks = mappings(status if still else past, "active", "commitStatuses")
        failed = any(check.get("phase") == "failure" for check in checks)
        committed = parse_time(text(past, "active", "dry", "commitTime"))
        yield Delivery(index, index == len(statuses) - 1, sha, committed, live, failed)


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
