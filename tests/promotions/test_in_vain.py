"""Syncs that do not come to what is desired: few of them, with the reason in the Promotion, whoever is killed."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from twisted.internet.task import Clock

from tests.promotions.cluster import Cluster
from tests.promotions.kargo import freight, promotion, stage
from tests.promotions.runs import NOW
from tests.promotions.shard import Process

REPO = "https://example.com/repo.git"
NO_REVISION = {"phase": "Error", "message": "ComparisonError: unable to resolve 'abc'", "syncResult": {"revision": ""}}
MOVED_ON = {"phase": "Succeeded", "message": "successfully synced", "syncResult": {"revision": "def"}}


@pytest.fixture
def cluster() -> Cluster:
    """A Promotion that wants ``abc`` of a branch, and writes no targetRevision."""
    found = Cluster()
    found.put("stages", stage())
    found.put("freights", freight())
    found.put(
        "applications",
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {
                "name": "a",
                "namespace": "argocd",
                "annotations": {"kargo.akuity.io/authorized-stage": "kargo-demo:test"},
            },
            "spec": {"source": {"repoURL": REPO, "targetRevision": "main"}},
        },
    )
    wanted = promotion("p")
    app = {"name": "a", "sources": [{"repoURL": REPO, "desiredRevision": "abc"}]}
    wanted["spec"]["steps"] = [{"uses": "argocd-update", "as": "update", "config": {"apps": [app]}}]
    found.put("promotions", wanted)
    return found


def end_operation(cluster: Cluster, moment: str, came_to: dict[str, Any]) -> None:
    """Argo CD takes the operation that is asked for, if any, and it comes to that."""
    found = copy.deepcopy(cluster.of("applications", "a"))
    operation = found.pop("operation", None)
    if operation is not None:
        state = {**came_to, "operation": operation, "finishedAt": moment}
        found["status"] = {"operationState": state, "reconciledAt": moment, "health": {"status": "Healthy"}}
        cluster.put("applications", found)


def step(cluster: Cluster) -> dict[str, Any]:
    status = cluster.of("promotions", "p").get("status", {})
    (found,) = status["stepExecutionMetadata"]
    return {**found, "phase": status["phase"], "state": status.get("state", {}).get("update", {})}


def test_without_a_revision(cluster: Cluster) -> None:
    """A sync that failed before it knew a revision is the end, at once, with Argo CD's message; none follows."""
    process = Process(cluster)
    process.turn()
    end_operation(cluster, process.moment, NO_REVISION)
    process.turn(seconds=1)
    found = step(cluster)
    assert (found["phase"], found["status"]) == ("Errored", "Errored")
    assert "argocd/a failed with: ComparisonError: unable to resolve 'abc'" in found["message"]
    for _ in range(300):
        process.turn(seconds=1)
        end_operation(cluster, process.moment, NO_REVISION)
    assert cluster.syncs == [("a", "p")]


def test_the_reason_is_told_at_once(cluster: Cluster) -> None:
    """Synced to another revision: the Promotion says to which, which was wanted, what the source asks for, and when
    it is tried again.
    """
    process = Process(cluster)
    process.turn()
    end_operation(cluster, process.moment, MOVED_ON)
    process.turn(seconds=1)
    found = step(cluster)
    assert (found["phase"], found["status"]) == ("Running", "Running")
    assert "synced to def, wanted abc; the source's targetRevision is main" in found["message"]
    assert found["state"]["resyncs"]["argocd/a"]["syncs"] == 1
    written = len(cluster.writes)
    for _ in range(8):
        process.turn(seconds=1)
    assert len(cluster.writes) == written, "nothing is written meanwhile"


@pytest.mark.parametrize("killed", [False, True])
def test_five_minutes(cluster: Cluster, killed: bool) -> None:
    """A branch that has moved on: five syncs at most, also of processes that are killed after any write."""
    clock = Clock()
    clock.advance(NOW)
    source = random.Random(7)
    process = Process(cluster, clock)
    moments = []
    for second in range(299):
        if killed:
            cluster.dies_after = len(cluster.writes) + source.randint(1, 3)
        before = len(cluster.syncs)
        process.turn(seconds=1)
        moments += [second] * (len(cluster.syncs) - before)
        end_operation(cluster, process.moment, MOVED_ON)
        if killed:
            cluster.revive()
            process = Process(cluster, clock)
    assert 3 <= len(moments) <= 5, moments
    process.turn(seconds=5)
    process.turn(seconds=60)
    found = step(cluster)
    assert (found["phase"], found["status"]) == ("Errored", "Errored")
    assert "timed out after 5m0s" in found["message"]
    assert "synced to def, wanted abc" in found["message"]


def test_a_branch_that_is_late(cluster: Cluster) -> None:
    """Once the branch gives what is wanted, the next sync is the last, and its output is the usual one."""
    process = Process(cluster)
    process.turn()
    end_operation(cluster, process.moment, MOVED_ON)
    for _ in range(12):
        process.turn(seconds=1)
    assert len(cluster.syncs) == 2
    end_operation(cluster, process.moment, {**MOVED_ON, "syncResult": {"revision": "abc"}})
    process.turn(seconds=1)
    found = step(cluster)
    assert found["phase"] == "Succeeded"
    assert found["state"] == {"apps": [{"name": "a", "namespace": "argocd"}]}
