"""Many Stages whose Applications are looked at all the time."""

from __future__ import annotations

import random

from promoter_view.kubernetes.cleaning import CleaningRules, source_object
from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS
from promoter_view.simulator.company.stage_fleet import Reconciliations, load_stages
from tests.simulator.clusters import make_clock, make_cluster

STAGE = next(kind for kind in KARGO_KINDS if kind.kind == "Stage")


def test_as_many_as_asked_for() -> None:
    """So many Stages, ten a project, so many Applications each, all in Argo CD's namespace."""
    cluster = make_cluster(make_clock())
    load_stages(cluster, 23, 3, random.Random(1), 1000.0)
    assert len(cluster.objects(STAGE)) == 23
    assert len({stage["metadata"]["namespace"] for stage in cluster.objects(STAGE)}) == 3
    assert len(cluster.objects(APPLICATION, "argocd")) == 69


def test_each_is_looked_at_once_a_period() -> None:
    """In a period there is a write an Application, and what the log would hold of it stays the same."""
    clock = make_clock()
    cluster = make_cluster(clock)
    load_stages(cluster, 4, 3, random.Random(1), clock.seconds())
    rules = CleaningRules(APPLICATION)
    before = [source_object(found, rules)[1].body for found in cluster.objects(APPLICATION)]
    version = cluster.resource_version
    ticking = Reconciliations(cluster, clock=clock, period_seconds=10.0)
    ticking.start()
    for _ in range(400):
        clock.advance(0.05)
    # Where the time, in seconds, is the one that was written before there is nothing to write.
    made = cluster.resource_version - version
    assert 20 <= made <= 24
    assert [source_object(found, rules)[1].body for found in cluster.objects(APPLICATION)] == before
    ticking.stop()
    clock.advance(10)
    assert cluster.resource_version - version == made
