"""Delivery figures: how often, how fast, how safely. Pure.

They stem from the promotions that GitOps Promoter keeps of an environment, and say what span that is. What was restored
was not promoted. A strategy's deployments are those to its last environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from statistics import median
from typing import Any

from promoter_view.decoded import mappings, parse_time, text

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One promotion to one environment."""

    sha: str
    committed: datetime | None
    live: datetime
    failed: bool


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The promotions that one strategy's objects tell of, those of each environment, in the strategy's order.

    ``kept``: how many of an environment are kept at most, by each of those that tell of one. ``untold``: of so many
    environments nobody tells.
    """

    environments: tuple[tuple[Delivery, ...], ...]
    kept: frozenset[int] = frozenset()
    untold: int = 0

    @property
    def items(self) -> Iterator[Delivery]:
        """All of them."""
        return chain.from_iterable(self.environments)

    @property
    def deployments(self) -> tuple[Delivery, ...]:
        """Those to the last environment."""
        return self.environments[-1] if self.environments else ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Delivery figures; None where nothing can be said. ``since`` is the oldest promotion that went into them.

    ``kept``: how many promotions of an environment are kept, in words. ``untold``: of so many environments no object
    tells any.

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
    kept: str = ""
    untold: int = 0


def kept_words(kept: frozenset[int]) -> str:
    """Of how many promotions of an environment one is told at most: ``last 5 to 20``; "" where of none."""
    fewest, most = min(kept, default=0), max(kept, default=0)
    if not most:
        return ""
    return f"last {most}" if fewest == most else f"last {fewest} to {most}"


def read_deliveries(history: Iterable[Mapping[str, Any]]) -> tuple[Delivery, ...]:
    """What the entries of a history tell, which come the newest first."""
    return tuple(_deliveries(history))


def figures(found: Iterable[Deliveries], now: datetime) -> Figures:
    """The figures of some strategies, at that time."""
    each = list(found)
    every = [delivery for one in each for delivery in one.items]
    deployed = [delivery for one in each for delivery in one.deployments]
    leads = [one.live - one.committed for one in deployed if one.committed is not None and one.live >= one.committed]
    promotions = [time for one in each for time in _promotion_times(one)]
    return Figures(
        strategies=len(each),
        promotions=len(every),
        deployments=len(deployed),
        since=min((delivery.live for delivery in every), default=None),
        per_day=sum(_per_day(one.deployments, now) for one in each) if deployed else None,
        lead_time=_median(leads),
        promotion_time=_median(promotions),
        failure_share=sum(one.failed for one in every) / len(every) if every else None,
        kept=kept_words(frozenset[int]().union(*(one.kept for one in each))),
        untold=sum(one.untold for one in each),
    )


def _deliveries(history: Iterable[Mapping[str, Any]]) -> Iterator[Delivery]:
    for past in history:
        sha = text(past, "active", "dry", "sha")
        live = parse_time(text(past, "pullRequest", "prMergeTime") or text(past, "active", "hydrated", "commitTime"))
        if not sha or live is None or text(past, "restoredFrom"):
            continue
        failed = any(check.get("phase") == "failure" for check in mappings(past, "active", "commitStatuses"))
        yield Delivery(sha, parse_time(text(past, "active", "dry", "commitTime")), live, failed)


def _median(times: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(time.total_seconds() for time in times)) if times else None


def _per_day(deployed: Sequence[Delivery], now: datetime) -> float:
    """What is known of less than a day counts as one: a rate is never made of what is not known."""
    if not deployed:
        return 0.0
    return len(deployed) / (max(now - min(each.live for each in deployed), _DAY) / _DAY)


def _promotion_times(found: Deliveries) -> Iterator[timedelta]:
    if len(found.environments) < 2:
        return
    began = {delivery.sha: delivery.live for delivery in found.environments[0]}
    for delivery in found.deployments:
        first = began.get(delivery.sha)
        if first is not None and delivery.live >= first:
            yield delivery.live - first
