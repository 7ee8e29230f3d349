"""Stages on a cluster in memory: made, given Freight that flows, deleted, made again, moved to another shard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.promotions.cluster import Cluster
from tests.promotions.kargo import freight, promotion, stage
from tests.promotions.shard import Process

FINALIZER = "kargo.akuity.io/finalizer"
SHARD = "kargo.akuity.io/shard"


def warehouse(name: str = "w") -> dict[str, Any]:
    return {"kind": "Warehouse", "metadata": {"name": name, "namespace": "kargo-demo", "uid": f"uid-{name}"}}


def flow(name: str = "flow", **sources: Any) -> dict[str, Any]:
    """A Stage without steps."""
    found = stage(name=name, promotionTemplate=None)
    found["spec"]["requestedFreight"][0]["sources"] = sources or {"direct": True}
    return found


@pytest.fixture
def cluster() -> Cluster:
    found = Cluster()
    found.put("warehouses", warehouse())
    found.put("freights", freight())
    return found


def verified_in(cluster: Cluster, name: str = "f1") -> set[str]:
    return set(cluster.of("freights", name)["status"].get("verifiedIn", {}))


def conditions(cluster: Cluster, name: str) -> dict[str, tuple[str, str]]:
    found = cluster.of("stages", name)["status"]["conditions"]
    return {each["type"]: (each["status"], each["reason"]) for each in found}


def test_freight_flows(cluster: Cluster) -> None:
    """A Stage without steps verifies what there is and what comes, so that it goes on behind it; then it rests."""
    cluster.put("stages", flow())
    cluster.put("stages", flow("behind", stages=["flow"]))
    process = Process(cluster)
    process.turn()
    assert verified_in(cluster) == {"flow", "behind"}
    assert conditions(cluster, "flow") == {"Ready": ("True", "Ready")}
    cluster.put("freights", freight("f2"))
    process.turn()
    assert verified_in(cluster, "f2") == {"flow", "behind"}
    before = len(cluster.writes)
    process.turn(seconds=600)
    process.controller.wake_all()
    process.turn()
    assert len(cluster.writes) == before


def test_freight_soaks(cluster: Cluster) -> None:
    """What has to soak upstream is verified as soon as its time is over, though nothing else happens."""
    cluster.put("stages", flow("behind", stages=["test"], requiredSoakTime="10m"))
    process = Process(cluster)
    here = {"currentlyIn": {"test": {"since": process.moment}}, "verifiedIn": {"test": {"verifiedAt": process.moment}}}
    cluster.change("freights", "kargo-demo", "f1", {"status": here})
    process.turn()
    process.turn(seconds=599)
    assert verified_in(cluster) == {"test"}
    process.turn(seconds=2)
    assert verified_in(cluster) == {"test", "behind"}


def test_a_warehouse_comes_later(cluster: Cluster) -> None:
    """Without its Warehouse a Stage says so and verifies nothing; once that is there it goes on by itself."""
    cluster.put("freights", freight("f9", "late"))
    found = flow()
    found["spec"]["requestedFreight"][0]["origin"]["name"] = "late"
    cluster.put("stages", found)
    process = Process(cluster)
    process.turn()
    assert conditions(cluster, "flow") == {"Ready": ("False", "FreightRetrievalFailed")}
    assert verified_in(cluster, "f9") == set()
    cluster.put("warehouses", warehouse("late"))
    process.turn()
    assert conditions(cluster, "flow") == {"Ready": ("True", "Ready")}
    assert verified_in(cluster, "f9") == {"flow"}


def test_steps_are_taken_away_under_a_promotion(cluster: Cluster) -> None:
    """A Promotion that runs goes on to its end; then the Stage is one through which Freight flows."""
    cluster.put("stages", stage())
    found = promotion("p")
    found["spec"]["steps"] = [{"uses": "argocd-wait", "config": {"apps": [{"name": "a"}]}}]
    metadata = {"name": "a", "namespace": "argocd", "uid": "a"}
    source = {"source": {"repoURL": "r"}}
    waiting = {"health": {"status": "Progressing"}}
    cluster.put("applications", {"kind": "Application", "metadata": metadata, "spec": source, "status": waiting})
    cluster.put("promotions", found)
    process = Process(cluster)
    process.turn()
    cluster.change("stages", "kargo-demo", "test", {"spec": {"promotionTemplate": None}})
    process.turn()
    assert cluster.of("promotions", "p")["status"]["phase"] == "Running"
    well = {"health": {"status": "Healthy"}, "sync": {"status": "Synced"}}
    cluster.change("applications", "argocd", "a", {"status": well})
    process.turn()
    assert cluster.of("promotions", "p")["status"]["phase"] == "Succeeded"
    assert cluster.of("stages", "test")["status"]["freightSummary"] == "N/A"


def made_again(**status: Any) -> Cluster:
    """A cluster with a Stage that was just made, and Freight that knows its name."""
    found = Cluster()
    found.put("warehouses", warehouse())
    found.put("freights", freight(**status))
    new = stage()
    new["metadata"]["creationTimestamp"] = "2027-01-15T08:00:00Z"
    found.put("stages", new)
    return found


@pytest.mark.parametrize("name", ["test", "flow"])
def test_a_stage_is_deleted(cluster: Cluster, name: str) -> None:
    """A Stage that is being deleted is forgotten by its Freight, then its finalizer goes, and no other's."""
    cluster.put("stages", flow("flow") if name == "flow" else stage())
    process = Process(cluster)
    process.turn()
    assert cluster.of("stages", name)["metadata"]["finalizers"] == [FINALIZER]
    said = {"currentlyIn": {name: {}}, "verifiedIn": {name: {}, "other": {}}, "approvedFor": {name: {}}}
    cluster.change("freights", "kargo-demo", "f1", {"status": said})
    found = cluster.of("stages", name)
    found["metadata"] |= {"deletionTimestamp": "t", "finalizers": [FINALIZER, "other"]}
    cluster.put("stages", found)
    process.turn()
    assert cluster.of("stages", name)["metadata"]["finalizers"] == ["other"]
    assert cluster.of("freights", "f1")["status"] == {"currentlyIn": {}, "verifiedIn": {"other": {}}, "approvedFor": {}}
    before = len(cluster.writes)
    process.turn(seconds=600)
    cluster.change("stages", "kargo-demo", name, {"metadata": {"finalizers": None}})
    process.turn(seconds=600)
    assert len(cluster.writes) == before


def test_approved_a_moment_before_it_is_deleted(cluster: Cluster) -> None:
    """An approval that the log does not know yet goes with the Stage that it was for."""
    cluster.put("stages", stage())
    process = Process(cluster)
    process.turn()
    found = cluster.of("stages", "test")
    found["metadata"] |= {"deletionTimestamp": "t"}
    cluster.put("stages", found)
    cluster.feed(process.known)
    cluster.change("freights", "kargo-demo", "f1", {"status": {"approvedFor": {"test": {}, "other": {}}}})
    process.turn(fed=False)
    assert cluster.of("freights", "f1")["status"]["approvedFor"] == {"other": {}}


def test_nothing_is_inherited() -> None:
    """A new Stage of an old name, whose predecessor went unseen, has neither its approvals nor its verifications."""
    old, new = {"approvedAt": "2027-01-14T08:00:00Z"}, {"approvedAt": "2027-01-15T08:00:00Z"}
    cluster = made_again(approvedFor={"test": old, "other": old})
    Process(cluster).turn()
    assert cluster.of("freights", "f1")["status"]["approvedFor"] == {"other": old}
    cluster = made_again(approvedFor={"test": new})
    Process(cluster).turn()
    assert cluster.of("freights", "f1")["status"]["approvedFor"] == {"test": new}


def test_moved_before_freight_is_written(cluster: Cluster) -> None:
    """A Stage that was given to another shard a moment ago, which the log does not know yet, verifies nothing here."""
    cluster.put("stages", flow())
    process = Process(cluster)
    process.turn()
    cluster.put("freights", freight("f2"))
    cluster.feed(process.known)
    cluster.change("stages", "kargo-demo", "flow", {"metadata": {"labels": {SHARD: "west"}}, "spec": {"shard": "west"}})
    before = len(cluster.writes)
    process.turn(fed=False)
    process.turn(seconds=60)
    assert (verified_in(cluster, "f2"), len(cluster.writes)) == (set(), before)


def test_gone_before_freight_is_written(cluster: Cluster) -> None:
    """So does one that is gone."""
    cluster.put("stages", flow())
    process = Process(cluster)
    process.turn()
    cluster.put("freights", freight("f2"))
    cluster.feed(process.known)
    del cluster.objects["stages", "kargo-demo", "flow"]
    process.turn(fed=False)
    process.turn(seconds=60)
    assert verified_in(cluster, "f2") == set()


def test_verified_anew(cluster: Cluster) -> None:
    """Whoever asks for it by annotation gets a second verification, and no third."""
    collection = {"id": "c", "items": {"Warehouse/w": {"name": "f1"}}}
    done = [{"id": "v1", "phase": "Successful", "finishTime": "2027-01-15T07:00:00Z"}]
    last = {"name": "p", "status": {"phase": "Succeeded"}}
    found = stage(status={"freightHistory": [{**collection, "verificationHistory": done}], "lastPromotion": last})
    found["metadata"]["annotations"] = {"kargo.akuity.io/reverify": '{"id":"v1"}'}
    cluster.put("stages", found)
    process = Process(cluster)
    process.turn()
    process.turn(seconds=60)
    history = cluster.of("stages", "test")["status"]["freightHistory"][0]["verificationHistory"]
    assert [each["phase"] for each in history] == ["Successful", "Successful"]
    assert history[1] == done[0]
    verified = cluster.of("freights", "f1")["status"]["verifiedIn"]["test"]
    assert verified == {"verifiedAt": history[0]["finishTime"]}
