"""Delivery figures: how often, how fast, how safely. Pure.

They stem from the promotions that GitOps Promoter keeps of an environment, and say what span that is. What was restored
was not promoted. A strategy's deployments are those to its last environments: all that no other waits for.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from statistics import median

from promoter_view.slices import outcome
from promoter_view.views.promotion_strategy.estimates.deliveries import Delivery

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The promotions that one strategy's objects tell of, those of each environment, in the strategy's order.

    ``starts`` and ``ends``: the places of the environments that wait for nobody, and of those that nobody waits for.
    ``kept``: how many of an environment are kept at most, by each of those that tell of one. ``untold``: of so many
    environments nobody tells.
    """

    environments: tuple[tuple[Delivery, ...], ...]
    starts: frozenset[int] = frozenset()
    ends: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()
    untold: int = 0

    @property
    def items(self) -> Iterator[Delivery]:
        """All of them."""
        return chain.from_iterable(self.environments)

    @property
    def deployments(self) -> tuple[Delivery, ...]:
        """Those to the last environments."""
        return tuple(self.at(self.ends))

    def at(self, places: Set[int]) -> Iterator[Delivery]:
        """Those to the environments at these places."""
        return chain.from_iterable(self.environments[place] for place in sorted(places))


@dataclass(frozen=True, slots=True)
class Figures:
    """Delivery figures; None where nothing can be said. ``since`` is the oldest promotion that went into them.

    ``kept``: how many promotions of an environment are kept, in words. ``untold``: of so many environments no object
    tells any.

    ``lead_time``: from the dry commit to a last environment; ``promotion_time``: from the first environment that had it
    to a last one; both medians. ``failure_share``: of all promotions, those with a failed check after they went live.
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


def figures(found: Iterable[Deliveries], now: datetime) -> Figures:
    """The figures of a few strategies, at that time."""
    return outcome(figure_steps(found, now))


def figure_steps(found: Iterable[Deliveries], now: datetime) -> Generator[bytes, None, Figures]:
    """Returns the figures of any number of strategies; b"" for each, so that it may stand among pieces of output."""
    tally = _Tally()
    for one in found:
        tally.add(one, now)
        yield b""
    return tally.figures()


@dataclass(slots=True)
class _Tally:
    """What has been counted so far; times in seconds."""

    strategies: int = 0
    promotions: int = 0
    failed: int = 0
    deployments: int = 0
    untold: int = 0
    per_day: float = 0.0
    since: datetime | None = None
    kept: frozenset[int] = frozenset()
    lead_times: list[float] = field(default_factory=list)
    promotion_times: list[float] = field(default_factory=list)

    def add(self, one: Deliveries, now: datetime) -> None:
        """The promotions of one more strategy."""
        self.strategies += 1
        for delivery in one.items:
            self.promotions += 1
            self.failed += delivery.failed
            self.since = delivery.live if self.since is None else min(self.since, delivery.live)
        deployed = one.deployments
        self.deployments += len(deployed)
        self.per_day += sum(_per_day(one.environments[place], now) for place in one.ends)
        self.lead_times += _lead_times(deployed)
        self.promotion_times += (time.total_seconds() for time in _promotion_times(one))
        self.kept |= one.kept
        self.untold += one.untold

    def figures(self) -> Figures:
        """All of them."""
        return Figures(
            strategies=self.strategies,
            promotions=self.promotions,
            deployments=self.deployments,
            since=self.since,
            per_day=self.per_day if self.deployments else None,
            lead_time=_median(self.lead_times),
            promotion_time=_median(self.promotion_times),
            failure_share=self.failed / self.promotions if self.promotions else None,
            kept=kept_words(self.kept),
            untold=self.untold,
        )


def _lead_times(deployed: Iterable[Delivery]) -> Iterator[float]:
    for one in deployed:
        if one.committed is not None and one.live >= one.committed:
            yield (one.live - one.committed).total_seconds()


def _median(seconds: Sequence[float]) -> timedelta | None:
    return timedelta(seconds=median(seconds)) if seconds else None


def _per_day(deployed: Sequence[Delivery], now: datetime) -> float:
    """What is known of less than a day counts as one: a rate is never made of what is not known."""
    if not deployed:
        return 0.0
    return len(deployed) / (max(now - min(each.live for each in deployed), _DAY) / _DAY)


def _promotion_times(found: Deliveries) -> Iterator[timedelta]:
    """What waits for nobody and is waited for by nobody is promoted from nowhere."""
    began: dict[str, datetime] = {}
    for delivery in found.at(found.starts - found.ends):
        began[delivery.sha] = min(delivery.live, began.get(delivery.sha, delivery.live))
    for delivery in found.at(found.ends - found.starts):
        first = began.get(delivery.sha)
        if first is not None and delivery.live >= first:
            yield delivery.live - first
