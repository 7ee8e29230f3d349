"""How long commits take to an environment, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.views.promotion_strategy.estimates.deliveries import Delivery
from promoter_view.views.promotion_strategy.estimates.hops import Estimate, Hop, estimate, hop_of, strategy_hops
from tests.support.views.strategies import Decoded, bundle, history, policy

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def minutes(*counts: float) -> list[timedelta]:
    return [timedelta(minutes=count) for count in counts]


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def delivery(sha: str, live: float, proposed: float | None = None) -> Delivery:
    return Delivery(sha, None, at(live), failed=False, proposed=None if proposed is None else at(proposed))


#: Samples in minutes; the median and the 90th percentile.
TABLE: list[tuple[list[float], tuple[float, float] | None]] = [
    ([], None),
    ([5, 7], None),
    ([9, 5, 7], (7, 9)),
    ([1, 2, 3, 4], (2.5, 4)),
    ([*range(1, 11)], (5.5, 9)),
    ([*range(1, 12)], (6, 10)),
    ([3, 3, 3], (3, 3)),
]


@pytest.mark.parametrize(("samples", "expected"), TABLE)
def test_an_estimate_is_the_median_and_the_ninetieth_percentile_of_three_samples_or_more(
    samples: list[float], expected: tuple[float, float] | None
) -> None:
    found = estimate(minutes(*samples))
    assert found == (None if expected is None else Estimate(*minutes(*expected), samples=len(samples)))


def test_a_hop_counts_from_the_last_of_what_an_environment_depends_on() -> None:
    """And from its own proposal; a commit that one of those has never had counts from the others."""
    e2e = [delivery("a", 10), delivery("b", 100), delivery("c", 200)]
    perf = [delivery("a", 12), delivery("b", 95)]
    own = [delivery("a", 20, 1), delivery("b", 110, 91), delivery("c", 203, 190), delivery("x", 300)]
    assert hop_of(own, [e2e, perf]) == Hop(
        awaited=Estimate(*minutes(8, 10), samples=3),  # 8, 10, 3
        proposed=Estimate(*minutes(19, 19), samples=3),  # 19, 19, 13
    )


def test_what_came_before_it_was_proposed_or_awaited_is_no_sample() -> None:
    """A commit that another environment got later, or again, and one whose proposal is told as later than its merge."""
    own = [delivery("a", 5, 9), delivery("b", 6, 8), delivery("c", 7, 30)]
    assert hop_of(own, [[delivery("a", 20), delivery("b", 6), delivery("b", 90)]]) == Hop()


def test_a_hop_is_said_since_what_it_depends_on_where_that_is_known() -> None:
    awaited, proposed = Estimate(*minutes(1, 2), samples=3), Estimate(*minutes(3, 4), samples=3)
    assert Hop(awaited, proposed).usual == awaited
    assert Hop(None, proposed).usual == proposed
    assert Hop().usual is None


def _entry(sha: str, opened: float, merged: float, **more: Any) -> dict[str, Any]:
    times = {"prCreationTime": at(opened).isoformat(), "prMergeTime": at(merged).isoformat()}
    return {"active": {"dry": {"sha": sha}}, "pullRequest": times, **more}


def test_the_hops_of_a_strategy_are_read_from_what_its_objects_keep() -> None:
    """By branch; a ChangeTransferPolicyHistory counts before a policy; what was restored is no sample."""
    dev = policy("environment/dev", history=[_entry("c", 60, 62), _entry("b", 30, 33), _entry("a", 0, 4)])
    prod = policy("environment/prod", history=[])
    kept = [_entry("c", 60, 70), _entry("b", 30, 38), _entry("a", 0, 10)]
    restored = _entry("a", 0, 500, restoredFrom="f" * 40)
    tree = bundle(dev, prod, changeTransferPolicyHistories=[history("environment/prod", restored, *kept)])
    assert strategy_hops(Decoded(tree)) == {
        "environment/dev": Hop(None, Estimate(*minutes(3, 4), samples=3)),
        "environment/prod": Hop(Estimate(*minutes(6, 8), samples=3), Estimate(*minutes(10, 10), samples=3)),
    }
    assert strategy_hops(Decoded(bundle(branches=["environment/dev"]))) == {"environment/dev": Hop()}
