"""The demo's projects: they live, their objects are always theirs, and their Stages show every state of health."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS
from promoter_view.simulator.company.delivery import DeliveryCompany
from promoter_view.simulator.company.delivery_rendering import render_project
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.stages.application import Application, read_application
from promoter_view.stages.assessment import assess
from tests.simulator.clusters import make_clock, make_cluster
from tests.support.soaking import lasting, soak

KINDS = {kind.kind: kind for kind in (*KARGO_KINDS, APPLICATION)}


def start(seed: int = 1) -> tuple[Any, ObjectStore, DeliveryCompany]:
    clock = make_clock()
    cluster = make_cluster(clock)
    delivery = DeliveryCompany(cluster, clock=clock, random=random.Random(seed))
    delivery.start()
    return clock, cluster, delivery


def held(cluster: ObjectStore) -> set[tuple[str, str, str]]:
    """The keys of all objects of Kargo and Argo CD."""
    return {
        (kind.kind, found["metadata"].get("namespace", ""), found["metadata"]["name"])
        for kind in KINDS.values()
        for found in cluster.objects(kind)
    }


def test_the_cluster_holds_what_the_projects_are() -> None:
    """After each step the objects are those of the projects: old Promotions and Freight are gone."""
    clock, cluster, delivery = start(seed=3)
    for _ in range(100):
        clock.advance(5)
        wanted = {
            (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
            for project in delivery.projects
            for each in render_project(project)
        }
        assert held(cluster) == wanted


@soak
def test_a_bounded_past() -> None:
    """However long it lives, a Stage keeps few Promotions, and a project little Freight."""
    clock, cluster, _ = start()
    for _ in range(lasting(1000, 3000)):
        clock.advance(5)
    found = Counter(kind for kind, _, _ in held(cluster))
    assert found["Promotion"] <= 5 * 15
    assert found["Freight"] <= 5 * 16 + 2 * 9


def test_every_state_of_health_is_seen() -> None:
    """Within a quarter of an hour Stages are promoted to, fail, come up, fall ill and are well again."""
    clock, cluster, _ = start()
    seen: Counter[str] = Counter()
    for _ in range(450):
        clock.advance(2)
        seen.update(states(cluster))
    assert {"Healthy", "Progressing", "Unhealthy", "Unknown"} <= set(seen)
    assert seen["Healthy"] > 100


def states(cluster: ObjectStore) -> list[str]:
    """The health of each Stage."""
    found = cluster.objects(APPLICATION)
    applications = {(each["metadata"]["namespace"], each["metadata"]["name"]): read_application(each) for each in found}

    def lookup(namespace: str, name: str) -> Application | None:
        return applications.get((namespace, name))

    stages = cluster.objects(KINDS["Stage"])
    return [str(assess(stage, lookup, default_namespace="argocd").state) for stage in stages]


def test_the_objects_stay_when_it_stops() -> None:
    """After the end nothing moves, and nothing is taken away."""
    clock, cluster, delivery = start()
    before = held(cluster)
    delivery.stop()
    version = cluster.resource_version
    clock.advance(100)
    assert (held(cluster), cluster.resource_version) == (before, version)
