"""Small clusters and objects for the simulator's tests."""

from __future__ import annotations

import random
from typing import Any

from twisted.internet.task import Clock

from promoter_view.kubernetes.kinds import PROMOTER_KINDS, Kind
from promoter_view.simulator.company.releases import RELEASES
from promoter_view.simulator.company.scenario import Scenario
from promoter_view.simulator.kubernetes.cluster import ObjectStore

RELEASE_NAMES = tuple(RELEASES)
BY_KIND = {kind.kind: kind for kind in PROMOTER_KINDS}
REPOSITORIES = BY_KIND["GitRepository"]
NOW = 1_790_000_000.0


def make_clock() -> Clock:
    clock = Clock()
    clock.advance(NOW)
    return clock


def make_cluster(clock: Clock | None = None, **options: Any) -> ObjectStore:
    return ObjectStore(clock=clock or make_clock(), random=random.Random(1), **options)


def begin(promoter: str, seed: int = 1) -> tuple[Clock, ObjectStore, Scenario]:
    """The demo's company at work, by a release that its cluster has the kinds of."""
    clock = make_clock()
    cluster = make_cluster(clock, kinds=RELEASES[promoter].kinds)
    scenario = Scenario(cluster, clock=clock, random=random.Random(seed), release=RELEASES[promoter])
    scenario.start()
    return clock, cluster, scenario


def every_object(cluster: ObjectStore) -> list[dict[str, Any]]:
    """The objects of all kinds of the promoter that are installed."""
    return [document for kind in cluster.kinds if kind in PROMOTER_KINDS for document in cluster.objects(kind)]


def repository(name: str, **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "GitRepository",
        "metadata": {"name": name, "labels": labels},
        "spec": {"fake": {"owner": "org", "name": name}},
    }


def add(cluster: ObjectStore, *names: str, kind: Kind = REPOSITORIES, **labels: str) -> list[int]:
    """Creates repositories in the namespace ``default`` and returns their resourceVersions."""
    made = [cluster.create(kind, "default", repository(name, **labels)) for name in names]
    return [int(one["metadata"]["resourceVersion"]) for one in made]
