"""Fleets: their layout, their size, their past."""

from __future__ import annotations

import statistics

import orjson
import pytest

from promoter_view.simulator.company.fleet import FleetPlan, load_fleet, make_fleet, providers, with_gates
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.company.rendering import render
from tests.simulator.clusters import BY_KIND, NOW, RELEASE_NAMES, make_cluster


def test_a_fleet_is_the_same_for_the_same_seed() -> None:
    """The seed decides everything; another seed gives another fleet."""
    plan = FleetPlan(5)
    assert make_fleet(plan, NOW) == make_fleet(plan, NOW)
    assert make_fleet(plan, NOW) != make_fleet(FleetPlan(5, seed=2), NOW)


def test_a_fleet_is_laid_out_as_planned() -> None:
    """Strategies are spread over the namespaces, each with its environments and a full history."""
    fleet = make_fleet(FleetPlan(12, namespaces=4, environments=4), NOW)
    assert {strategy.namespace for strategy in fleet} == {"team-000", "team-001", "team-002", "team-003"}
    assert len({strategy.name for strategy in fleet}) == 12
    assert {len(strategy.environments) for strategy in fleet} == {4}
    assert sum(strategy.cluster_provider for strategy in fleet) == 3
    assert {document["kind"] for document in providers(fleet)} == {"ScmProvider", "ClusterScmProvider"}


def test_many_environments_have_different_branches() -> None:
    """A fleet can have more environments than there are usual names."""
    (strategy,) = make_fleet(FleetPlan(1, environments=40, past_moves=1), NOW)
    assert len({environment.branch for environment in strategy.environments}) == 40


@pytest.mark.parametrize(
    ("promoter", "bytes_of", "objects"),
    [("0.36", (50_000, 75_000), (15, 24)), ("0.44", (65_000, 95_000), (19, 28))],
)
def test_a_bundle_is_about_as_large_as_in_real_installs(
    promoter: str, bytes_of: tuple[int, int], objects: tuple[int, int]
) -> None:
    """Three environments, five past promotions each or up to twenty: so large without the strategy's copies."""
    sizes, counts = [], []
    for strategy in make_fleet(FleetPlan(30), NOW):
        documents = [one.document for one in render(strategy, NOW, RELEASES[promoter])]
        documents[0] = {**documents[0], "status": {}}
        sizes.append(sum(len(orjson.dumps(document)) for document in documents))
        counts.append(len(documents))
    assert bytes_of[0] < statistics.mean(sizes) < bytes_of[1]
    assert objects[0] <= min(counts) <= max(counts) <= objects[1]


@pytest.mark.parametrize("promoter", RELEASE_NAMES)
def test_a_fleet_can_be_loaded_twice_without_a_change(promoter: str) -> None:
    """Loading what is there already is no event."""
    cluster = make_cluster()
    fleet = make_fleet(FleetPlan(3), NOW)
    load_fleet(cluster, fleet, NOW, RELEASES[promoter])
    before = cluster.resource_version
    load_fleet(cluster, fleet, NOW, RELEASES[promoter])
    assert cluster.resource_version == before
    assert len(cluster.objects(BY_KIND["PromotionStrategy"])) == 3


def test_a_gate_needs_a_branch_that_is_there() -> None:
    """A wrong branch is an error that names it."""
    (strategy,) = make_fleet(FleetPlan(1), NOW)
    with pytest.raises(ValueError, match="environment/nowhere"):
        with_gates(strategy, "environment/nowhere")
