"""Delivery figures, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.dashboard.strategies.environments import read_strategy
from promoter_view.dashboard.strategies.figures import Deliveries, figure_steps, figures
from promoter_view.dashboard.strategies.past import read_last
from tests.dashboard.strategies.test_history import past
from tests.support.views.strategies import Decoded, bundle, check, policy

NOW = datetime(2026, 11, 21, tzinfo=UTC)
A, B = "a" * 40, "b" * 40


def _strategy() -> dict[str, Any]:
    first = policy(
        "environment/dev",
        active=B,
        proposed=B,
        history=[
            past(B, "2026-11-20T06:00:00Z", "2026-11-20T08:00:00Z"),
            past(A, "2026-11-18T22:00:00Z", "2026-11-19T00:00:00Z"),
        ],
    )
    last = policy(
        "environment/prod",
        active=B,
        proposed=B,
        active_checks=[check("health", "failure")],
        history=[
            past(B, "2026-11-20T06:00:00Z", "2026-11-20T12:00:00Z"),
            past(A, "2026-11-18T22:00:00Z", "2026-11-19T00:00:00Z"),
        ],
    )
    return bundle(first, last)


def deliveries(tree: dict[str, Any]) -> Deliveries:
    return read_strategy(Decoded(tree), read_last).deliveries


def test_figures_are_those_of_the_promotions_that_are_kept() -> None:
    """Two deployments in two days, lead times of 6 and 2 hours, 4 hours and none from the first to the last."""
    found = figures([deliveries(_strategy())], NOW)
    assert (found.strategies, found.promotions, found.deployments) == (1, 4, 2)
    assert found.per_day == pytest.approx(1.0)
    assert found.lead_time == timedelta(hours=4)
    assert found.promotion_time == timedelta(hours=2)
    assert found.failure_share == pytest.approx(0.25)
    assert found.since == datetime(2026, 11, 19, tzinfo=UTC)


def test_what_is_live_is_judged_by_its_checks_of_now() -> None:
    """A deployment that failed after its merge counts as failed, whatever was recorded at the merge."""
    found = deliveries(_strategy())
    assert [delivery.sha for delivery in found.items if delivery.failed] == [B]
    assert [delivery.sha for delivery in found.deployments if delivery.failed] == [B]


def test_several_strategies_add_up() -> None:
    """Rates add; medians are of all."""
    one = deliveries(_strategy())
    assert len(list(figure_steps([one, one], NOW))) == 2, "a strategy a step"
    both = figures([one, one], NOW)
    assert both.per_day == pytest.approx(2.0)
    assert both.lead_time == timedelta(hours=4)


def test_promotions_that_never_reached_the_end_are_no_deployments() -> None:
    """A strategy of which none reached the last environment counts, and adds nothing to the rate of the others."""
    tree = _strategy()
    tree["changeTransferPolicies"][-1]["status"]["history"] = []
    found = figures([deliveries(_strategy()), deliveries(tree)], NOW)
    assert (found.strategies, found.promotions, found.deployments) == (2, 6, 2)
    assert found.per_day == pytest.approx(1.0)


def test_nothing_known_gives_no_figure() -> None:
    """Without a promotion there is no rate of none."""
    found = figures([deliveries({})], NOW)
    assert (found.per_day, found.lead_time, found.promotion_time, found.failure_share, found.since) == (None,) * 5


def _graph(**depends_on: list[str]) -> dict[str, Any]:
    """One of environments to which A went, an hour after the one that is listed before."""
    hours = {branch: hour for hour, branch in enumerate(depends_on, start=1)}
    policies = [
        policy(branch, active=A, proposed=A, history=[past(A, "2026-11-20T00:00:00Z", f"2026-11-20T{hour:02}:00:00Z")])
        for branch, hour in hours.items()
    ]
    tree = bundle(*policies, branches=[])
    tree["promotionStrategy"]["spec"]["environments"] = [
        {"branch": branch, "dependsOn": before} for branch, before in depends_on.items()
    ]
    return tree


@pytest.mark.parametrize(
    ("graph", "deployments", "lead_hours", "promotion_hours"),
    [
        ({"dev": [], "eu": ["dev"], "us": ["dev"]}, 2, 2.5, 1.5),
        ({"dev": [], "eu": ["dev"], "us": ["dev"], "last": ["eu", "us"]}, 1, 4, 3),
        ({"dev": [], "qa": [], "eu": ["qa", "dev"], "us": ["dev"]}, 2, 3.5, 2.5),
        ({"dev": [], "prod": ["dev"], "alone": []}, 2, 2.5, 1),
    ],
    ids=["fan", "diamond", "two-starts", "one-apart"],
)
def test_each_environment_that_nobody_waits_for_is_a_last_one(
    graph: dict[str, list[str]], deployments: int, lead_hours: float, promotion_hours: float
) -> None:
    """A graph has several ends: what reaches any is a deployment, and their rates add. It begins where it was first."""
    found = figures([deliveries(_graph(**graph))], NOW)
    assert (found.promotions, found.deployments) == (len(graph), deployments)
    assert found.per_day == pytest.approx(deployments)
    assert found.lead_time == timedelta(hours=lead_hours)
    assert found.promotion_time == timedelta(hours=promotion_hours)
