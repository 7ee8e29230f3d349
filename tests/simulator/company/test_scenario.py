"""The demo's company: it lives, and its objects are always those of its strategies."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from promoter_view.simulator.company.cast import make_company
from promoter_view.simulator.company.model import CheckPhase
from promoter_view.simulator.company.promotion import MoveKind
from promoter_view.simulator.company.releases import NEWEST, RELEASES
from promoter_view.simulator.company.rendering import render
from promoter_view.simulator.company.scenario import Scenario
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from tests.simulator.clusters import BY_KIND, RELEASE_NAMES, begin, every_object, make_clock, make_cluster
from tests.support.soaking import lasting, soak

_RESTORING = {MoveKind.ASK, MoveKind.RESTORE, MoveKind.LIFT, MoveKind.FORGET}


def held(cluster: ObjectStore) -> Counter:
    """The keys of all objects that the promoter's controllers keep."""
    return Counter(
        (document["kind"], document["metadata"]["namespace"], document["metadata"]["name"])
        for document in every_object(cluster)
        if not document["kind"].endswith("Provider")
    )


@pytest.mark.parametrize("promoter", RELEASE_NAMES)
def test_it_is_a_company(promoter: str) -> None:
    """Twelve strategies in four namespaces, some with three environments and some with four."""
    _, cluster, scenario = begin(promoter)
    assert len(cluster.objects(BY_KIND["PromotionStrategy"])) == 12
    assert len({strategy.namespace for strategy in scenario.strategies}) == 4
    assert {len(strategy.environments) for strategy in scenario.strategies} == {3, 4}


@pytest.mark.parametrize("promoter", RELEASE_NAMES)
def test_something_happens_about_every_second(promoter: str) -> None:
    """Over ten minutes there is hardly ever a wait of more than a few seconds, and every kind of move is made."""
    clock, cluster, _ = begin(promoter)
    still, longest, before = 0, 0, cluster.resource_version
    for _ in range(600):
        clock.advance(1)
        still = still + 1 if cluster.resource_version == before else 0
        longest, before = max(longest, still), cluster.resource_version
    assert longest <= 15


@pytest.mark.parametrize(("promoter", "never"), [("0.36", _RESTORING), ("0.44", set())])
def test_every_kind_of_move_is_made(promoter: str, never: set[MoveKind]) -> None:
    """Commits, hydration, pull requests, checks, merges: all are seen within a quarter of an hour."""
    clock, _, scenario = begin(promoter)
    scenario.stop()
    made = Counter()
    for _ in range(900):
        clock.advance(1)
        move = scenario.step()
        made[move and move.step] += 1
    assert set(made) - {None} == set(MoveKind) - never


def test_some_are_blocked_and_some_fail() -> None:
    """Over a quarter of an hour there are approvals that are waited for, and checks that fail for a while."""
    clock, _, scenario = begin(NEWEST)
    phases = Counter()
    for _ in range(900):
        clock.advance(1)
        phases.update(
            (key, check.phase)
            for strategy in scenario.strategies
            for environment in strategy.environments
            for key, check in environment.proposed_checks.items()
        )
    assert phases["change-approval", CheckPhase.PENDING]
    assert 0 < phases["lint", CheckPhase.FAILURE] < phases["lint", CheckPhase.SUCCESS]


@pytest.mark.parametrize("promoter", RELEASE_NAMES)
def test_the_cluster_holds_what_the_strategies_are(promoter: str) -> None:
    """After each step the objects are those of the strategies: merged pull requests and old statuses are gone."""
    clock, cluster, scenario = begin(promoter, seed=3)
    for _ in range(60):
        clock.advance(5)
        wanted = Counter(
            (one.document["kind"], strategy.namespace, one.document["metadata"]["name"])
            for strategy in scenario.strategies
            for one in render(strategy, clock.seconds(), RELEASES[promoter])
        )
        assert held(cluster) == wanted


def test_timers_count_down() -> None:
    """While a change soaks, the timer's status says how long it still has to, less each time."""
    clock, cluster, _ = begin(NEWEST)
    remaining: dict[str, set[str]] = {}
    for _ in range(300):
        clock.advance(1)
        for document in cluster.objects(BY_KIND["TimedCommitStatus"]):
            for environment in document["status"]["environments"]:
                if environment["phase"] == "pending":
                    remaining.setdefault(environment["sha"], set()).add(environment["atMostDurationRemaining"])
    assert max(map(len, remaining.values())) >= 3


def test_stopped_it_stands_still() -> None:
    """After stop() time passes without a change, and no timer is left."""
    clock, cluster, scenario = begin(NEWEST)
    scenario.stop()
    before = cluster.resource_version
    clock.advance(1000)
    assert cluster.resource_version == before
    assert clock.getDelayedCalls() == []


@soak
@pytest.mark.parametrize("promoter", RELEASE_NAMES)
def test_it_goes_on_and_on(promoter: str) -> None:
    """However long it works, each strategy has new commits all the while, and none has more objects than before."""
    clock = make_clock()
    chance, release = random.Random(5), RELEASES[promoter]
    some = [each for each in make_company(chance, clock.seconds(), release) if not each.stalls][4:8]
    cluster = make_cluster(clock, kinds=release.kinds)
    scenario = Scenario(cluster, clock=clock, random=chance, release=release, strategies=some)
    scenario.start()
    most = len(every_object(cluster)) + 50
    for _ in range(int(lasting(1, 150))):
        before = [strategy.head.sha for strategy in scenario.strategies]
        for _ in range(600):
            clock.advance(2)
        assert not [one.name for one, sha in zip(scenario.strategies, before, strict=True) if one.head.sha == sha]
        assert len(every_object(cluster)) < most
