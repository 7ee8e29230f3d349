"""The newest known copies: the log, and what requests answered since."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from promoter_view.promotions.objects import APPLICATION, KnownObjects, is_newer
from promoter_view.records import (
    ABSENT,
    LOST,
    Change,
    ChangeType,
    Mirror,
    ObjectKey,
    Position,
    Record,
    Snapshot,
    SourceObject,
)
from promoter_view.slices import at_once
from promoter_view.stages.authorization import StageKey
from tests.promotions.kargo import freight, promotion, stage

TEST = StageKey("kargo-demo", "test")
PROD = StageKey("kargo-demo", "prod")
KEY = ObjectKey(APPLICATION, "argocd", "a")


def application(version: str, authorized: str = "kargo-demo:test") -> dict[str, Any]:
    annotations = {"kargo.akuity.io/authorized-stage": authorized}
    return {"metadata": {"name": "a", "namespace": "argocd", "resourceVersion": version, "annotations": annotations}}


def record(document: dict[str, Any], kind: str = APPLICATION, change: ChangeType = ChangeType.MODIFIED) -> Record:
    metadata = document["metadata"]
    body = b"" if change is ChangeType.DELETED else orjson.dumps(document)
    key = ObjectKey(kind, metadata["namespace"], metadata["name"])
    return Record(1, 0, Change(change, key, body, metadata["resourceVersion"], "path"))


@pytest.fixture
def known() -> KnownObjects:
    return KnownObjects()


def version(known: KnownObjects) -> str | None:
    found = known.get(*KEY)
    return None if found is None else found["metadata"]["resourceVersion"]


def test_what_was_answered_is_newer_than_the_log(known: KnownObjects) -> None:
    """Copies older than the answer to a write are not looked at; the log counts again once it has caught up."""
    known.apply([record(application("5"))])
    known.learn(APPLICATION, application("9"))
    for of_log, seen in (("7", "9"), ("9", "9"), ("12", "12")):
        known.apply([record(application(of_log))])
        assert version(known) == seen


def test_an_answer_that_comes_late(known: KnownObjects) -> None:
    """An answer older than what the log holds already is not looked at."""
    known.apply([record(application("12"))])
    known.learn(APPLICATION, application("9"))
    assert version(known) == "12"


def test_gone_before_the_log_knows(known: KnownObjects) -> None:
    """What a read did not find is not there, until the log holds something newer."""
    known.apply([record(application("5"))])
    known.learn_absent(*KEY)
    assert version(known) is None
    known.apply([record(application("6"))])
    assert version(known) == "6"


def test_deletion_after_an_answer(known: KnownObjects) -> None:
    """A deletion that is newer than the answer counts."""
    known.learn(APPLICATION, application("9"))
    known.apply([record(application("10"), change=ChangeType.DELETED)])
    assert version(known) is None
    assert known.applications("argocd") == []


def test_a_restored_cluster(known: KnownObjects) -> None:
    """Once the cluster was restored nothing that it answered before is newer than the log."""
    known.apply([record(application("5"))])
    known.learn(APPLICATION, application("9"))
    known.apply([Record(2, 0, Position("", LOST))])
    assert version(known) == "5"


def test_who_is_told(known: KnownObjects) -> None:
    """The listener learns of each changed object and the Stages that it named or names, once for each batch."""
    told: list[tuple[ObjectKey, frozenset[StageKey]]] = []
    known.listen(lambda key, stages: told.append((key, stages)))
    known.apply([record(application("5"))])
    known.apply([record(application("6", "kargo-demo:prod"))])
    known.apply([record(application("7", "*:*"))])
    known.apply([record(application("8")), record(application("9"), change=ChangeType.DELETED)])
    assert [stages for _, stages in told] == [{TEST}, {TEST, PROD}, {PROD}, {TEST}]


def test_indexes(known: KnownObjects) -> None:
    """Promotions are found by their Stage, Freight by the Stages in its status, Applications by namespace."""
    known.apply([record(stage(), "Stage"), record(promotion("p"), "Promotion"), record(application("5"))])
    known.apply([record(freight(currentlyIn={"test": {}}, verifiedIn={"prod": {}}), "Freight")])
    assert [each.name for each in known.promotions(TEST)] == ["p"]
    assert [each.name for each in known.freight_of(PROD)] == ["f1"]
    assert len(known.applications("argocd")) == 1
    assert set(known.stages()) == {TEST}
    known.apply([record(promotion("p"), "Promotion", ChangeType.DELETED)])
    assert known.promotions(TEST) == []


def test_beginning_again(known: KnownObjects) -> None:
    """A snapshot replaces all that was known."""
    known.apply([record(stage(), "Stage")])
    known.learn(APPLICATION, application("9"))
    found = SourceObject(orjson.dumps(application("3")), "3")
    at_once(known.restore(Snapshot(1, Mirror("", {}), 0, True, {}, {KEY: found}, {})))
    assert (version(known), set(known.stages())) == ("3", set())


def test_whether_there_are_applications(known: KnownObjects) -> None:
    """Only where each list path of Applications is known to be empty for want of a CRD, here as in a snapshot."""
    one, other = (f"/apis/argoproj.io/v1alpha1/namespaces/{name}/applications" for name in ("a", "b"))
    stages = "/apis/kargo.akuity.io/v1alpha1/stages"
    steps = [(stages, ABSENT, True), (one, ABSENT, False), (f"argocd:{other}?labelSelector=x", "5", True)]
    for path, position, there in [*steps, (f"argocd:{other}?labelSelector=x", ABSENT, False), (one, "7", True)]:
        known.apply([Record(1, 0, Position(path, position))])
        assert known.has_applications is there
    at_once(known.restore(Snapshot(1, Mirror("", {}), 0, True, {one: ABSENT, stages: "5"}, {}, {})))
    assert not known.has_applications


@pytest.mark.parametrize(
    ("version", "other", "newer"),
    [("10", "9", True), ("9", "10", False), ("9", "9", False), ("x", "9", False), ("9", "", False)],
)
def test_newer(version: str, other: str, newer: bool) -> None:
    """Versions are compared as numbers; what is no number is not newer."""
    assert is_newer(version, other) is newer


def flow(*warehouses: str, name: str = "flow") -> dict[str, Any]:
    return stage(*warehouses, name=name, promotionTemplate=None)


def test_what_flows_through_a_stage(known: KnownObjects) -> None:
    """A Stage without steps is told of Freight that it requests, and of its Warehouse; one with steps is not."""
    told: list[frozenset[StageKey]] = []
    known.apply([record(flow("w", "v"), "Stage"), record(stage(), "Stage")])
    known.listen(lambda _, stages: told.append(stages))
    warehouse = {"metadata": {"name": "w", "namespace": "kargo-demo", "resourceVersion": "1"}}
    known.apply([record(freight(), "Freight"), record(freight("f2", "x"), "Freight"), record(warehouse, "Warehouse")])
    assert told == [{StageKey("kargo-demo", "flow")}, set(), {StageKey("kargo-demo", "flow")}]
    known.apply([record(flow("x"), "Stage")])
    known.apply([record(freight(), "Freight", ChangeType.DELETED)])
    assert told[-1] == set()


def test_what_was_not_verified(known: KnownObjects) -> None:
    """Freight of an origin is found as long as it is there and was not verified in the Stage."""
    key = StageKey("kargo-demo", "flow")
    known.apply([record(freight(name, verifiedIn={"other": {}}), "Freight") for name in ("f1", "f2")])
    assert set(known.unverified(key, ["Warehouse/w", "Warehouse/v"])) == {"f1", "f2"}
    known.apply([record(freight("f1", verifiedIn={"flow": {}}), "Freight")])
    assert set(known.unverified(key, ["Warehouse/w"])) == {"f2"}
    known.apply([record(freight("f2"), "Freight", ChangeType.DELETED)])
    assert set(known.unverified(key, ["Warehouse/w"])) == set()
