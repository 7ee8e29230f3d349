"""A process that dies after any of its writes: the next one goes on; nothing is synced twice, no Promotion is lost."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from promoter_view.promotions.objects import KnownObjects
from tests.promotions.cluster import Cluster
from tests.promotions.kargo import freight, promotion, stage
from tests.promotions.shard import Process
from tests.promotions.test_promotions import REPO, application, phase

APPS = ("a", "b")
SYNCS = [("a", "p"), ("b", "p"), ("a", "q"), ("b", "q")]


def fleet() -> Cluster:
    """A Stage with two Promotions, of which each updates an Application, waits for it, and updates another."""
    cluster = Cluster()
    cluster.put("stages", stage())
    cluster.put("freights", freight())
    for name in APPS:
        cluster.put("applications", application(name))
    for place, name in enumerate("pq"):
        found = promotion(name, created=place)
        update = {"repoURL": REPO, "desiredRevision": f"r-{name}", "updateTargetRevision": True}
        found["spec"]["steps"] = [
            {"uses": "argocd-update", "config": {"apps": [{"name": "a", "sources": [update]}]}},
            {"uses": "argocd-wait", "config": {"apps": [{"name": "a"}]}},
            {"uses": "argocd-update", "config": {"apps": [{"name": "b", "sources": [update]}]}},
        ]
        cluster.put("promotions", found)
    return cluster


def promote(cluster: Cluster, process: Process) -> None:
    """Until nothing happens any more. Argo CD takes what it is given."""
    for _ in range(12):
        process.turn(seconds=1)
        cluster.take_operations(process.moment)


def writes_of_a_whole_run() -> int:
    cluster = fleet()
    promote(cluster, Process(cluster))
    assert cluster.syncs == SYNCS
    return len(cluster.writes)


def assert_promoted(cluster: Cluster) -> None:
    assert cluster.syncs == SYNCS, "each step has synced once"
    assert [phase(cluster, name) for name in "pq"] == [("Succeeded", ""), ("Succeeded", "")]
    status = cluster.of("stages", "test")["status"]
    assert "currentPromotion" not in status
    assert status["lastPromotion"]["name"] == "q"
    assert len(status["freightHistory"]) == 2
    assert "test" in cluster.of("freights", "f1")["status"]["verifiedIn"]
    assert_told_once(cluster)


def assert_told_once(cluster: Cluster) -> None:
    """Each end and each verification by one Event, and what to link to by one annotation."""
    stage_of_all = cluster.of("stages", "test")
    verifications = sum(len(each.get("verificationHistory", ())) for each in stage_of_all["status"]["freightHistory"])
    assert verifications in (1, 2)
    ended = [(name, "PromotionSucceeded") for name in "pq"]
    assert sorted(cluster.told()) == [("f1", "FreightVerificationSucceeded")] * verifications + ended
    context = stage_of_all["metadata"]["annotations"]["kargo.akuity.io/argocd-context"]
    assert json.loads(context) == [{"name": name, "namespace": "argocd"} for name in APPS]
    assert sum("argocd-context" in str(body) for _, _, body in cluster.writes) == 1


WRITES = writes_of_a_whole_run()


@pytest.mark.parametrize("argo_cd", ["takes it meanwhile", "takes it later"])
@pytest.mark.parametrize("dies_after", range(WRITES))
def test_dies_after_a_write(dies_after: int, argo_cd: str) -> None:
    """Killed once its nth write has had its effect, before it hears of that: the next process ends what was begun."""
    cluster = fleet()
    cluster.dies_after = dies_after
    first = Process(cluster)
    first.may_write = dies_after > 0
    promote(cluster, first)
    cluster.revive()
    if argo_cd == "takes it meanwhile":
        cluster.take_operations(first.moment)
    promote(cluster, Process(cluster, first.clock))
    assert_promoted(cluster)


@pytest.mark.parametrize("dies_after", range(1, WRITES))
def test_the_log_is_behind(dies_after: int) -> None:
    """The same where the next process' log ends before what the first one did: it decides on what the cluster says."""
    cluster = fleet()
    first = Process(cluster)
    old = cluster.known()
    cluster.dies_after = dies_after
    promote(cluster, first)
    cluster.revive()
    second = Process(cluster, first.clock, known=old)
    second.turn(fed=False, seconds=1)
    promote(cluster, second)
    assert_promoted(cluster)


@pytest.mark.parametrize("seed", range(20))
def test_dies_again_and_again(seed: int) -> None:
    """Killed at random, over and over, with a log that is now behind and now not: still each step syncs once."""
    source, cluster = random.Random(seed), fleet()
    clock = Process(cluster).clock
    behind: KnownObjects | None = None
    for _ in range(8):
        cluster.revive()
        process = Process(cluster, clock, known=behind)
        behind = cluster.known() if source.random() < 0.5 else None
        cluster.dies_after = len(cluster.writes) + source.randrange(1, 6)
        for _ in range(source.randrange(1, 4)):
            process.turn(fed=source.random() < 0.7, seconds=1)
            if source.random() < 0.5:
                cluster.take_operations(process.moment)
    cluster.revive()
    promote(cluster, Process(cluster, clock))
    assert_promoted(cluster)


def both(first: Process, second: Process) -> Callable[[], None]:
    """A turn of both, as two instances that each believe to hold the Lease."""

    def turn() -> None:
        for process in (first, second):
            process.turn(seconds=1)

    return turn


@pytest.mark.parametrize("argo_cd_every", [1, 2, 3])
def test_two_at_once(argo_cd_every: int) -> None:
    """Two that both believe to hold the Lease do no harm to each other: their writes meet as conflicts."""
    cluster = fleet()
    first = Process(cluster)
    turn = both(first, Process(cluster, first.clock))
    for place in range(30):
        turn()
        if place % argo_cd_every == 0:
            cluster.take_operations(first.moment)
    assert_promoted(cluster)
