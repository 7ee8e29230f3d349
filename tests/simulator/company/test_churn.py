"""The benchmarks' steady rate of changes."""

from __future__ import annotations

import random

from promoter_view.simulator.company.churn import Churn
from promoter_view.simulator.company.fleet import FleetPlan, load_fleet, make_fleet
from promoter_view.simulator.company.releases import NEWEST, RELEASES
from tests.simulator.clusters import BY_KIND, NOW, make_clock, make_cluster

POLICIES = BY_KIND["ChangeTransferPolicy"]


def make_churn(rate: float, strategies: int = 2):
    clock = make_clock()
    cluster = make_cluster(clock)
    load_fleet(cluster, make_fleet(FleetPlan(strategies, past_moves=1), NOW), NOW, RELEASES[NEWEST])
    return clock, cluster, Churn(cluster, POLICIES, clock=clock, random=random.Random(1), rate=rate)


def test_the_rate_holds_on_average() -> None:
    """So many changes a second, and what was late is made up for."""
    clock, cluster, churn = make_churn(50)
    before = cluster.resource_version
    churn.start()
    for _ in range(100):
        clock.advance(0.01)
    clock.advance(1)
    assert 98 <= cluster.resource_version - before <= 100


def test_a_change_says_when_it_was_made() -> None:
    """The time in milliseconds and a number are in the status, and nothing but the status changes."""
    clock, cluster, churn = make_churn(1, strategies=1)
    generations = [document["metadata"]["generation"] for document in cluster.objects(POLICIES)]
    churn.change()
    documents = cluster.objects(POLICIES)
    messages = [document["status"]["conditions"][0]["message"] for document in documents]
    assert f"changed at {clock.seconds() * 1000:.3f}, number 1" in messages
    assert [document["metadata"]["generation"] for document in documents] == generations


def test_stopped_it_changes_nothing() -> None:
    """After stop() no change is made; with nothing to change none is either."""
    clock, cluster, churn = make_churn(100, strategies=0)
    before = cluster.resource_version
    churn.start()
    clock.advance(1)
    churn.stop()
    assert cluster.resource_version == before
    assert clock.getDelayedCalls() == []
