"""The series of a promotion strategy: the state of each environment, and what was counted of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promoter_view.measures.exposition import Family
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.promotion_strategy.tally.environment import BOUNDS, Tally

STATE = Family(
    "promoter_view_environment_state", "gauge", "1 for the current state of an environment, 0 for every other state"
)
SINCE = Family(
    "promoter_view_environment_state_timestamp_seconds",
    "gauge",
    "When an environment entered its state, in seconds since 1970",
)
STALLED = Family("promoter_view_environment_stalled", "gauge", "1 while an environment takes far longer than usual")
SECONDS = Family(
    "promoter_view_promotion_seconds",
    "histogram",
    "Time until a commit is live in an environment: since it was live in all environments that this one waits for, "
    "or since the dry commit",
)
PROMOTIONS = Family("promoter_view_promotions_total", "counter", "Commits that were promoted to an environment")
DEPLOYMENTS = Family(
    "promoter_view_deployments_total", "counter", "Commits that were promoted to an environment that no other waits for"
)
FAILED = Family(
    "promoter_view_failed_promotions_total",
    "counter",
    "Commits with a failed check, before they were live (proposed) or after that (active)",
)
STRATEGY_FAMILIES = (STATE, SINCE, STALLED, SECONDS, PROMOTIONS, DEPLOYMENTS, FAILED)
WORDS = tuple(map(str, StateWord))
#: Of an environment: states, classes with +Inf, sum and count, two sides of failures, and four of one line each.
_SERIES = len(WORDS) + len(BOUNDS) + 3 + 2 + 4


@dataclass(frozen=True, slots=True)
class MeasuredEnvironment:
    """An environment. ``labels`` as ``exposition.labels`` makes them; ``since`` in seconds since 1970.

    ``stalled_at``: from then on it is stalled, in seconds since 1970; None: it never is.
    """

    labels: bytes
    state: str
    since: int
    tally: Tally
    stalled_at: int | None = None

    def is_stalled(self, now: float) -> bool:
        """At that time, in seconds since 1970."""
        return self.stalled_at is not None and now > self.stalled_at


@dataclass(frozen=True, slots=True)
class StrategySeries:
    """Those of all its environments. A ``measuring.Series``."""

    environments: tuple[MeasuredEnvironment, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.environments) * _SERIES

    def lines(self, family: Family, now: float) -> Iterator[bytes]:
        """Those of that family."""
        return (_lines(each, family, now) for each in self.environments)


def _lines(found: MeasuredEnvironment, family: Family, now: float) -> bytes:
    tally, labels = found.tally, found.labels
    if family is STATE:
        return family.one_of(labels, "state", WORDS, found.state)
    if family is SECONDS:
        return family.histogram(labels, BOUNDS, tally.classes, tally.seconds)
    if family is FAILED:
        proposed = family.sample(labels + b',side="proposed"', tally.failed_proposals)
        return proposed + family.sample(labels + b',side="active"', tally.failed_deliveries)
    plain = {SINCE: found.since, PROMOTIONS: tally.promotions, DEPLOYMENTS: tally.deployments}
    return family.sample(labels, found.is_stalled(now) if family is STALLED else plain[family])
