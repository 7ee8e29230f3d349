"""Kargo's Events: what each tells, by Kargo's names, and that the same is told by the same name."""

from __future__ import annotations

import json
from typing import Any

from promoter_view.promotions.telling.event import event_of
from promoter_view.promotions.telling.kargo_events import freight_verified, promotion_aborted, promotion_ended
from promoter_view.promotions.values import read_promotion, read_stage
from promoter_view.stages.freight import read_freight
from tests.promotions.kargo import freight, promotion, stage
from tests.promotions.runs import NOW, NOW_WRITTEN

PREFIX = "event.kargo.akuity.io/"
ALIASED = {**freight(), "alias": "sad-cat", "images": [{"repoURL": "example.com/a", "tag": "1.0"}]}
ALIASED["metadata"] = {**ALIASED["metadata"], "creationTimestamp": "2027-01-15T07:00:00Z"}
FREIGHT = read_freight(ALIASED)
STAGE = read_stage(stage())


def told(annotations: Any) -> dict[str, str]:
    return {name.removeprefix(PREFIX): value for name, value in annotations.items()}


def test_promotion_succeeded() -> None:
    """Who, which Promotion, of what, with which Applications; and that nothing more is verified."""
    document = promotion("p", "Succeeded", state={"step-1": {"apps": [{"name": "a", "namespace": "argocd"}]}})
    document["metadata"]["annotations"] = {"kargo.akuity.io/create-actor": "email:a@example.com"}
    event = promotion_ended(read_promotion(document), FREIGHT, STAGE, "east")
    assert (event.reason, event.message) == ("PromotionSucceeded", "Promotion Succeeded")
    assert told(event.annotations) == {
        "project": "kargo-demo",
        "actor": "email:a@example.com",
        "promotion-name": "p",
        "stage-name": "test",
        "promotion-create-time": "2027-01-15T08:00:00Z",
        "applications": '[{"Namespace":"argocd","Name":"a"}]',
        "freight-name": "f1",
        "freight-alias": "sad-cat",
        "freight-create-time": "2027-01-15T07:00:00Z",
        "freight-warehouse-name": "w",
        "freight-commits": json.dumps(ALIASED["commits"], separators=(",", ":")),
        "freight-images": json.dumps(ALIASED["images"], separators=(",", ":")),
        "verification-pending": "false",
    }


def test_promotion_failed() -> None:
    """Without Freight, and made by nobody that is known: the controller is the actor; the message says why."""
    document = promotion("p", "Errored", message="no such Freight")
    document["metadata"]["annotations"] = {"kargo.akuity.io/rollback": "true"}
    event = promotion_ended(read_promotion(document), None, None, "east")
    assert (event.reason, event.message) == ("PromotionErrored", "Promotion Errored: no such Freight")
    found = told(event.annotations)
    assert (found["actor"], found["rollback"]) == ("controller:promotion-controller-east", "true")
    assert not {"freight-name", "applications", "verification-pending"} & set(found)


def test_verification_is_pending() -> None:
    """A Stage that asks for analysis: the Event says that verification is still to come."""
    asking = read_stage(stage(verification={"analysisTemplates": [{"name": "t"}]}))
    event = promotion_ended(read_promotion(promotion("p", "Succeeded")), None, asking, "east")
    assert told(event.annotations)["verification-pending"] == "true"


def test_promotion_aborted() -> None:
    """Who calls it off is the actor, not who has made it."""
    document = promotion("p", "Running")
    document["metadata"]["annotations"] = {"kargo.akuity.io/create-actor": "email:a@example.com"}
    words = "terminated by email:b@example.com"
    event = promotion_aborted(read_promotion(document), FREIGHT, words, "email:b@example.com")
    assert (event.reason, event.message) == ("PromotionAborted", words)
    assert told(event.annotations)["actor"] == "email:b@example.com"


def test_freight_verified() -> None:
    """Each end of a verification has its reason; one that has not ended has none."""
    ending = {"id": "v1", "startTime": NOW_WRITTEN, "finishTime": NOW_WRITTEN}
    event = freight_verified(FREIGHT, STAGE, {**ending, "phase": "Successful"}, "east")
    assert event is not None
    assert (event.reason, event.message) == ("FreightVerificationSucceeded", "Freight verification succeeded")
    assert event.about.kind == "Freight"
    found = told(event.annotations)
    assert (found["stage-name"], found["freight-name"], found["project"]) == ("test", "f1", "kargo-demo")
    assert (found["actor"], found["verification-start-time"]) == ("controller:stage-controller-east", NOW_WRITTEN)
    reasons = {
        "Failed": "FreightVerificationFailed",
        "Error": "FreightVerificationErrored",
        "Aborted": "FreightVerificationAborted",
        "Inconclusive": "FreightVerificationInconclusive",
    }
    for phase, reason in reasons.items():
        verification = {**ending, "phase": phase, "message": "why", "actor": "admin", "analysisRun": {"name": "run"}}
        event = freight_verified(FREIGHT, STAGE, verification, "east")
        assert event is not None
        assert (event.reason, event.message) == (reason, "why")
        assert (told(event.annotations)["actor"], told(event.annotations)["analysis-run-name"]) == ("admin", "run")
    assert freight_verified(FREIGHT, STAGE, {**ending, "phase": "Running"}, "east") is None


def test_large_freight() -> None:
    """What would not find room among an object's annotations stays away, the rest is told."""
    large = {**ALIASED, "commits": [{"id": "a", "message": "x" * 300_000}]}
    event = promotion_ended(read_promotion(promotion("p", "Failed")), read_freight(large), STAGE, "east")
    assert "freight-commits" not in told(event.annotations)
    assert "freight-images" in told(event.annotations)
    assert sum(len(name) + len(value) for name, value in event.annotations.items()) < 256 * 1024


def test_the_same_is_named_the_same() -> None:
    """An end is told by one name at whatever moment and in whatever words; another Promotion's, or none, by another."""
    first = promotion_ended(read_promotion(promotion("p", "Failed")), None, None, "east")
    later = promotion_ended(read_promotion(promotion("p", "Failed", message="again")), FREIGHT, STAGE, "east")
    other = promotion("p", "Failed")
    other["metadata"]["uid"] = "another"
    names = [event_of(event, moment)["metadata"]["name"] for event, moment in ((first, NOW), (later, NOW + 99))]
    assert names[0] == names[1]
    assert names[0].startswith("p.")
    another = event_of(promotion_ended(read_promotion(other), None, None, "east"), NOW)["metadata"]["name"]
    assert another != names[0]


def test_document() -> None:
    """The Event is about the object, by its uid too, so that kubectl describe shows it; a long name is cut."""
    long = promotion("a" * 235 + "-." + "b" * 16, "Failed")
    found = event_of(promotion_ended(read_promotion(long), None, None, "east"), NOW)
    assert len(found["metadata"]["name"]) == 235 + 17
    assert found["metadata"]["namespace"] == "kargo-demo"
    assert found["involvedObject"] == {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Promotion",
        "namespace": "kargo-demo",
        "name": long["metadata"]["name"],
        "uid": long["metadata"]["uid"],
    }
    assert (found["type"], found["count"], found["firstTimestamp"]) == ("Normal", 1, NOW_WRITTEN)
