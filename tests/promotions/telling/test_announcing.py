"""What is told of Promotions and Freight while they change, and what happens where that is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable
from tests.promotions.cluster import Cluster
from tests.promotions.kargo import freight, promotion, stage
from tests.promotions.shard import Process

REPO = "https://example.com/repo.git"
EVENTS = "POST /api/v1/namespaces/kargo-demo/events"
ABORT = "kargo.akuity.io/abort"
CONTEXT = "kargo.akuity.io/argocd-context"


def application(name: str = "a") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "argocd", "uid": f"uid-{name}"}
    authorized = {"annotations": {"kargo.akuity.io/authorized-stage": "kargo-demo:test"}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {**metadata, **authorized},
        "spec": {"source": {"repoURL": REPO, "targetRevision": "old"}},
    }


def updating(name: str = "p", **more: Any) -> dict[str, Any]:
    found = promotion(name, **more)
    source = {"repoURL": REPO, "desiredRevision": "new", "updateTargetRevision": True}
    found["spec"]["steps"] = [{"uses": "argocd-update", "config": {"apps": [{"name": "a", "sources": [source]}]}}]
    return found


@pytest.fixture
def cluster() -> Cluster:
    found = Cluster()
    found.put("stages", stage())
    found.put("freights", freight())
    found.put("applications", application())
    return found


def run(cluster: Cluster, process: Process, **ending: str) -> None:
    for _ in range(4):
        process.turn(seconds=1)
        cluster.take_operations(process.moment, **ending)


def annotations(cluster: Cluster) -> dict[str, Any]:
    found: dict[str, Any] = cluster.of("stages", "test")["metadata"].get("annotations", {})
    return found


def test_a_failure_is_told(cluster: Cluster) -> None:
    """A Promotion that failed: one Event with why; nothing is verified, and the pages link to what they did before."""
    cluster.put("promotions", updating())
    run(cluster, Process(cluster), phase="Failed")
    assert cluster.told() == [("p", "PromotionErrored")]
    assert "failed with: carried out" in cluster.events[-1]["message"]
    assert CONTEXT not in annotations(cluster)


def test_called_off(cluster: Cluster) -> None:
    """Called off while it runs, and while it waits: each is told once, by whom, and nothing else of it."""
    for place, name in enumerate("pq"):
        cluster.put("promotions", updating(name, created=place))
    process = Process(cluster)
    process.turn(seconds=1)
    for name, asked in (("p", "terminate"), ("q", '{"action": "terminate", "actor": "email:a@example.com"}')):
        cluster.change("promotions", "kargo-demo", name, {"metadata": {"annotations": {ABORT: asked}}})
    run(cluster, process)
    assert sorted(cluster.told()) == [("p", "PromotionAborted"), ("q", "PromotionAborted")]
    told = {each["involvedObject"]["name"]: each for each in cluster.events}
    assert told["q"]["metadata"]["annotations"]["event.kargo.akuity.io/actor"] == "email:a@example.com"
    assert told["q"]["message"] == "terminated by email:a@example.com"


@pytest.mark.parametrize("dies_after", range(6))
def test_killed_while_calling_off(cluster: Cluster, dies_after: int) -> None:
    """A process that dies between the Event and the status, or after both, leaves nothing untold and nothing twice."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    process.turn(seconds=1)
    cluster.change("promotions", "kargo-demo", "p", {"metadata": {"annotations": {ABORT: "terminate"}}})
    cluster.dies_after = len(cluster.writes) + dies_after
    process.may_write = dies_after > 0
    process.turn(seconds=1)
    cluster.revive()
    run(cluster, Process(cluster, process.clock))
    assert cluster.told() == [("p", "PromotionAborted")]
    assert cluster.of("promotions", "p")["status"]["phase"] == "Aborted"


def test_refused(cluster: Cluster) -> None:
    """Where Events may not be created, promotions go on without them."""
    cluster.put("promotions", updating())
    cluster.refusals[EVENTS] = [ApiError(403, "Forbidden", "may not") for _ in range(9)]
    run(cluster, Process(cluster))
    assert cluster.told() == []
    assert cluster.of("promotions", "p")["status"]["phase"] == "Succeeded"
    assert cluster.of("stages", "test")["status"]["lastPromotion"]["name"] == "p"


def test_unreachable(cluster: Cluster) -> None:
    """Where nobody knows whether the Event is there it is told again, and once."""
    cluster.put("promotions", updating())
    broken: list[Any] = [Unreachable(Outcome.NOT_JSON, "broke off") for _ in range(4)]
    cluster.refusals[EVENTS] = broken
    process = Process(cluster)
    run(cluster, process)
    run(cluster, process)
    assert cluster.told() == [("p", "PromotionSucceeded"), ("f1", "FreightVerificationSucceeded")]


def test_another_controller_writes_the_stage(cluster: Cluster) -> None:
    """A Promotion of ours whose Stage has gone to another shard is told by us, who have run it."""
    other = stage(status={"currentPromotion": {"name": "p"}})
    other["metadata"]["labels"] = {"kargo.akuity.io/shard": "west"}
    cluster.put("stages", other)
    cluster.put("promotions", updating())
    run(cluster, Process(cluster))
    assert cluster.told() == [("p", "PromotionSucceeded")]


def test_of_other_controllers(cluster: Cluster) -> None:
    """What Kargo's own controller has run or verified before the Stage became ours it has told."""
    theirs = updating("p", phase="Succeeded", freightCollection={"id": "c", "items": {"Warehouse/w": {"name": "f1"}}})
    theirs["metadata"]["labels"] = {}
    cluster.put("promotions", theirs)
    process = Process(cluster)
    verification = {
        "id": "8c3e6f0c-1c59-4f3b-9f5e-0d9c5a1f7b42",
        "phase": "Successful",
        "startTime": process.moment,
        "finishTime": process.moment,
    }
    known = copy.deepcopy(stage())
    history = [{"id": "c", "items": {"Warehouse/w": {"name": "f1"}}, "verificationHistory": [verification]}]
    known["status"] = {"lastPromotion": {"name": "p"}, "freightHistory": history}
    cluster.put("stages", known)
    run(cluster, process)
    assert cluster.told() == []


def test_an_old_verification(cluster: Cluster) -> None:
    """A process that begins long after a verification does not tell it anew: its Event may be gone by then."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    run(cluster, process)
    cluster.events.clear()
    Process(cluster, process.clock).turn(seconds=1)
    assert [reason for _, reason in cluster.told()] == ["FreightVerificationSucceeded"]
    cluster.events.clear()
    process.clock.advance(3600)
    Process(cluster, process.clock).turn(seconds=1)
    assert cluster.told() == []


def test_context(cluster: Cluster) -> None:
    """The annotation follows the newest Promotion that succeeded, and goes where that has no Application."""
    cluster.put("promotions", updating())
    process = Process(cluster)
    run(cluster, process)
    assert annotations(cluster)[CONTEXT] == '[{"name":"a","namespace":"argocd"}]'
    idle = updating("q", created=1)
    idle["spec"]["steps"] = [{"uses": "argocd-update", "if": "never", "config": {}}]
    cluster.put("promotions", idle)
    run(cluster, process)
    assert cluster.of("promotions", "q")["status"]["phase"] == "Succeeded"
    assert CONTEXT not in annotations(cluster)


@pytest.mark.parametrize("dies_after", range(4))
def test_what_flows(cluster: Cluster, dies_after: int) -> None:
    """Freight that a Stage without steps verifies is told once, also by a process that is killed in between."""
    flow = stage()
    del flow["spec"]["promotionTemplate"]
    cluster.put("stages", flow)
    cluster.put("warehouses", {"kind": "Warehouse", "metadata": {"name": "w", "namespace": "kargo-demo"}, "spec": {}})
    cluster.dies_after = dies_after or None
    first = Process(cluster)
    run(cluster, first)
    cluster.revive()
    run(cluster, Process(cluster, first.clock))
    assert cluster.told() == [("f1", "FreightVerificationSucceeded")]
    assert "test" in cluster.of("freights", "f1")["status"]["verifiedIn"]
