"""Auto-promotion on a cluster in memory: what is created, how often, and what the Stage says of it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from twisted.internet.task import Clock

from promoter_view.decoded import rfc3339
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.promotions.objects import KnownObjects
from promoter_view.records import ABSENT, Position, Record
from tests.promotions.cluster import Cluster
from tests.promotions.kargo import freight, stage
from tests.promotions.runs import NOW
from tests.promotions.shard import Process
from tests.promotions.test_promotions import REPO, application

PROJECT = "kargo-demo"
CONFIGS = "/apis/kargo.akuity.io/v1alpha1/projectconfigs"
CREATE = f"POST /apis/kargo.akuity.io/v1alpha1/namespaces/{PROJECT}/promotions"
AUTOMATIC = "view.promoter.argoproj.io/auto-promotion"
HOLD = "kargo.akuity.io/auto-promotion-hold"


def config(*, enabled: bool = True) -> dict[str, Any]:
    return {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "ProjectConfig",
        "metadata": {"name": PROJECT, "namespace": PROJECT},
        "spec": {"promotionPolicies": [{"stageSelector": {"name": "test"}, "autoPromotionEnabled": enabled}]},
    }


def found_at(minute: int, name: str, **status: Any) -> dict[str, Any]:
    return {**freight(name, **status), "discoveredAt": f"2027-01-15T07:{minute:02d}:00Z"}


def updating(**more: Any) -> dict[str, Any]:
    """A Stage whose Promotions sync the Application ``a``."""
    source = {"repoURL": REPO, "desiredRevision": "new", "updateTargetRevision": True}
    step = {"uses": "argocd-update", "config": {"apps": [{"name": "a", "sources": [source]}]}}
    return stage(promotionTemplate={"spec": {"steps": [step]}}, **more)


@pytest.fixture
def cluster() -> Cluster:
    found = Cluster()
    found.put("stages", updating())
    found.put("freights", found_at(10, "f1"))
    found.put("applications", application())
    found.put("projectconfigs", config())
    return found


def go_on(cluster: Cluster, process: Process, times: int = 8) -> None:
    for _ in range(times):
        process.turn(seconds=1)
        cluster.take_operations(process.moment)


def made(cluster: Cluster) -> dict[str, str]:
    """The phases of all Promotions, by their Freight."""
    found = [each for (plural, _, _), each in cluster.objects.items() if plural == "promotions"]
    assert len({each["spec"]["freight"] for each in found}) == len(found), "none is promoted twice"
    return {each["spec"]["freight"]: each.get("status", {}).get("phase", "") for each in found}


def status(cluster: Cluster) -> dict[str, Any]:
    found: dict[str, Any] = cluster.of("stages", "test")["status"]
    return found


def said(cluster: Cluster) -> tuple[str, str, str]:
    [found] = [each for each in status(cluster)["conditions"] if each["type"] == "AutoPromotion"]
    return found["status"], found["reason"], found["message"]


def test_new_freight_is_promoted(cluster: Cluster) -> None:
    """The newest is promoted as soon as it is there, older Freight never; an automated sync of nobody, as Kargo's."""
    process = Process(cluster, promotes=True)
    go_on(cluster, process)
    assert made(cluster) == {"f1": "Succeeded"}
    assert said(cluster) == ("True", "UpToDate", "Freight f1 is in use already")
    assert status(cluster)["autoPromotionEnabled"] is True
    [application_] = [each for (plural, _, _), each in cluster.objects.items() if plural == "applications"]
    initiator = application_["status"]["operationState"]["operation"]["initiatedBy"]
    assert initiator == {"username": "kargo-controller", "automated": True}
    cluster.put("freights", found_at(5, "older"))
    go_on(cluster, process)
    assert made(cluster) == {"f1": "Succeeded"}
    cluster.put("freights", found_at(20, "f2"))
    process.turn(seconds=0.1)
    assert made(cluster)["f2"] == "Running"
    go_on(cluster, process)
    assert made(cluster) == {"f1": "Succeeded", "f2": "Succeeded"}
    assert status(cluster)["freightSummary"] == "f2"


def test_off(cluster: Cluster) -> None:
    """Without the option nothing is created, and the Stage says nothing of it."""
    process = Process(cluster)
    go_on(cluster, process)
    assert made(cluster) == {}
    assert "AutoPromotion" not in [each["type"] for each in status(cluster)["conditions"]]
    assert "autoPromotionEnabled" not in status(cluster)


def test_turned_off(cluster: Cluster) -> None:
    """A process without the option takes the condition away; Kargo's own fields stay as they are."""
    go_on(cluster, Process(cluster, promotes=True))
    go_on(cluster, Process(cluster))
    assert "AutoPromotion" not in [each["type"] for each in status(cluster)["conditions"]]
    assert status(cluster)["autoPromotionEnabled"] is True


def test_a_policy_that_changes(cluster: Cluster) -> None:
    """A policy wakes the Stages of its project, as it comes and as it changes."""
    gone = cluster.objects.pop(("projectconfigs", PROJECT, PROJECT))
    process = Process(cluster, promotes=True)
    go_on(cluster, process, 2)
    assert (made(cluster), said(cluster)[1]) == ({}, "NoPolicy")
    cluster.put("projectconfigs", gone)
    go_on(cluster, process)
    assert made(cluster) == {"f1": "Succeeded"}
    cluster.put("projectconfigs", config(enabled=False))
    process.turn(seconds=1)
    assert said(cluster) == ("False", "Disabled", f"promotion policy 1 of ProjectConfig {PROJECT} disables it")
    assert "autoPromotionEnabled" not in status(cluster)


def test_policies_that_cannot_be_read(cluster: Cluster) -> None:
    """Not listed yet, for want of a right, and not installed are told apart; nothing is promoted."""
    known = KnownObjects(promotes=True)
    cluster.feed(known)
    process = Process(cluster, known=known, promotes=True)
    process.turn(seconds=1)
    assert (made(cluster), said(cluster)[:2]) == ({}, ("False", "NotPermitted"))
    known.apply([Record(10**9, 0, Position(CONFIGS, ABSENT))])
    process.controller.wake_all()
    process.turn(seconds=1)
    assert (made(cluster), said(cluster)[:2]) == ({}, ("False", "NotInstalled"))


def test_the_end_of_a_soak_is_waited_for(cluster: Cluster) -> None:
    """Nothing happens in the cluster, and still the Freight is promoted when it has soaked for long enough."""
    taking = updating()
    taking["spec"]["requestedFreight"][0]["sources"] = {"stages": ["dev"], "requiredSoakTime": "1h"}
    cluster.put("stages", taking)
    here = {"verifiedIn": {"dev": {}}, "currentlyIn": {"dev": {"since": "2027-01-15T07:50:00Z"}}}
    cluster.put("freights", found_at(10, "f1", **here))
    process = Process(cluster, promotes=True)
    process.turn(seconds=1)
    assert said(cluster)[1] == "NothingAvailable"
    assert said(cluster)[2].endswith("f1 has soaked for long enough at 2027-01-15T08:50:00Z")
    writes = len(cluster.writes)
    process.turn(seconds=2990)
    assert (made(cluster), len(cluster.writes)) == ({}, writes)
    process.turn(seconds=10)
    assert made(cluster) == {"f1": "Running"}


def test_what_is_verified_upstream(cluster: Cluster) -> None:
    """Freight that another Stage has verified wakes those that take it from there."""
    taking = updating()
    taking["spec"]["requestedFreight"][0]["sources"] = {"stages": ["dev"]}
    cluster.put("stages", taking)
    process = Process(cluster, promotes=True)
    process.turn(seconds=1)
    assert made(cluster) == {}
    cluster.change("freights", PROJECT, "f1", {"status": {"verifiedIn": {"dev": {}}}})
    process.turn(seconds=1)
    assert made(cluster) == {"f1": "Running"}


def test_a_hold(cluster: Cluster) -> None:
    """Who promotes other Freight holds the origin: newer Freight is left, until the hold is ended by a Promotion."""
    process = Process(cluster, promotes=True)
    go_on(cluster, process)
    cluster.put("freights", found_at(5, "older"))
    held = cluster.of("promotions", next(name for plural, _, name in cluster.objects if plural == "promotions"))
    by_hand = {**held, "metadata": {**held["metadata"], "name": "z", "uid": "z", "annotations": {HOLD: "Warehouse/w"}}}
    by_hand["metadata"]["creationTimestamp"] = process.moment
    by_hand["spec"] = {**held["spec"], "freight": "older"}
    by_hand.pop("status")
    cluster.put("promotions", by_hand)
    cluster.put("freights", found_at(20, "f2"))
    process.turn(seconds=1)
    assert set(status(cluster)["effectiveAutoPromotionHolds"]) == {"Warehouse/w"}
    assert "autoPromotionHolds" not in status(cluster)
    go_on(cluster, process)
    assert made(cluster) == {"f1": "Succeeded", "older": "Succeeded"}
    assert status(cluster)["autoPromotionHolds"]["Warehouse/w"]["promotionName"] == "z"
    assert said(cluster)[:2] == ("False", "Held")
    cluster.put("projectconfigs", config(enabled=False))
    process.turn(seconds=1)
    assert not {"autoPromotionHolds", "effectiveAutoPromotionHolds"} & set(status(cluster))


@pytest.mark.parametrize("code", [403, 422, 500])
def test_what_the_cluster_refuses(cluster: Cluster, code: int) -> None:
    """The condition has the cluster's words; it is tried again a minute later, and all else goes on meanwhile."""
    cluster.refusals[CREATE] = [ApiError(code, "Forbidden", "not permitted to create Promotions")]
    process = Process(cluster, promotes=True)
    process.turn(seconds=1)
    assert said(cluster) == (
        "False",
        "Refused",
        "the Promotion of Freight f1 was refused: not permitted to create Promotions",
    )
    process.turn(seconds=30)
    cluster.put("freights", found_at(5, "older"))
    process.turn(seconds=1)
    assert made(cluster) == {}
    process.turn(seconds=60)
    go_on(cluster, process)
    assert made(cluster) == {"f1": "Succeeded"}
    assert said(cluster)[1] == "UpToDate"


def test_refused_again(cluster: Cluster) -> None:
    """The same words are not written twice."""
    cluster.refusals[CREATE] = [ApiError(403, "Forbidden", "no") for _ in range(3)]
    process = Process(cluster, promotes=True)
    process.turn(seconds=1)
    writes = len(cluster.writes)
    process.turn(seconds=61)
    process.turn(seconds=61)
    assert (len(cluster.writes), len(cluster.refusals[CREATE])) == (writes, 0)


@pytest.mark.parametrize("code", [429, 503])
def test_a_cluster_that_is_busy(cluster: Cluster, code: int) -> None:
    """That is no refusal: it is tried again soon, and nobody is told."""
    cluster.refusals[CREATE] = [ApiError(code, "", "busy")]
    process = Process(cluster, promotes=True)
    process.turn(seconds=1)
    process.turn(seconds=1)
    assert made(cluster) == {"f1": "Running"}


def test_what_the_log_does_not_hold_yet(cluster: Cluster) -> None:
    """A Promotion that is in the cluster and not in the log is seen before another is created, and so is its end."""
    go_on(cluster, Process(cluster, promotes=True), 1)
    assert list(made(cluster).values()) == ["Running"]
    behind = KnownObjects(promotes=True)
    only = Cluster()
    for key, found in cluster.objects.items():
        if key[0] != "promotions":
            only.objects[key] = {**found, "status": {}} if key[0] == "stages" else found
    behind.apply([Record(1, 0, Position(CONFIGS, "1"))])
    only.feed(behind)
    process = Process(cluster, known=behind, promotes=True)
    process.turn(fed=False, seconds=1)
    assert len(made(cluster)) == 1


@pytest.mark.parametrize("change", ["shard", "policy", "freight", "deleted", "gone"])
def test_what_has_changed_meanwhile(cluster: Cluster, change: str) -> None:
    """Whose the Stage is, its policy and the Freight are read again before a Promotion is created."""
    process = Process(cluster, promotes=True)
    done = []

    def meanwhile(path: str) -> None:
        if done or "/stages/test" not in path:
            return
        done.append(path)
        if change == "shard":
            cluster.change("stages", PROJECT, "test", {"metadata": {"labels": {"kargo.akuity.io/shard": "west"}}})
        if change == "policy":
            cluster.put("projectconfigs", config(enabled=False))
        if change == "freight":
            cluster.change("freights", PROJECT, "f1", {"metadata": {"deletionTimestamp": "t", "finalizers": ["x"]}})
        if change == "deleted":
            cluster.change("stages", PROJECT, "test", {"metadata": {"deletionTimestamp": "t", "finalizers": ["x"]}})
        if change == "gone":
            del cluster.objects["stages", PROJECT, "test"]

    cluster.before_write = meanwhile
    process.turn(fed=False)
    process.turn(seconds=2)
    process.turn(seconds=2)
    assert done
    assert made(cluster) == {}


def test_two_processes_that_both_believe_to_hold_the_lease(cluster: Cluster) -> None:
    """A request that is carried out late brings a second Promotion: it ends without having begun, and says why."""
    first = Process(cluster, promotes=True)
    first.turn()
    [name] = [name for plural, _, name in cluster.objects if plural == "promotions"]
    late = cluster.of("promotions", name)
    twin = {**late, "metadata": {**late["metadata"], "name": "zz", "uid": "zz"}}
    twin.pop("status", None)
    cluster.put("promotions", twin)
    go_on(cluster, first)
    assert cluster.of("promotions", name)["status"]["phase"] == "Succeeded"
    ended = cluster.of("promotions", "zz")["status"]
    assert (ended["phase"], cluster.syncs) == ("Aborted", [("a", name)])
    assert ended["message"].startswith("auto-promotion has made it in vain: ")
    assert status(cluster)["lastPromotion"]["name"] == name
    cluster.put("freights", found_at(20, "f2"))
    go_on(cluster, first)
    assert status(cluster)["freightSummary"] == "f2"


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_write(seed: int) -> None:
    """Whenever a process dies, and though its log is behind, each Freight is promoted once, in the order it came in."""
    chance, clock = random.Random(seed), Clock()
    clock.advance(NOW)
    cluster = Cluster()
    cluster.now = lambda: rfc3339(clock.seconds())
    cluster.put("stages", updating())
    cluster.put("applications", application())
    cluster.put("projectconfigs", config())
    process = Process(cluster, clock, promotes=True)
    for place in range(4):
        cluster.put("freights", found_at(place, f"f{place}"))
        for _ in range(12):
            if chance.random() < 0.5:
                cluster.dies_after = len(cluster.writes) + chance.randrange(1, 4)
            process.turn(seconds=1, fed=chance.random() < 0.8)
            cluster.take_operations(process.moment)
            if cluster.dies_after is not None and len(cluster.writes) >= cluster.dies_after:
                process = replaced(cluster, process)
        process = replaced(cluster, process)
        go_on(cluster, process)
    assert made(cluster) == {f"f{place}": "Succeeded" for place in range(4)}
    assert len(cluster.syncs) == 4


def replaced(cluster: Cluster, process: Process) -> Process:
    """The next process, once that one does nothing any more."""
    process.may_write = False
    process.controller.stop()
    cluster.revive()
    return Process(cluster, process.clock, promotes=True)
