"""A Stage's status and conditions: a row each of kargo.md, section 4."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.automatic.decision import StageDecision
from promoter_view.promotions.automatic.policies import PolicyAnswer
from promoter_view.promotions.state.queue import turn
from promoter_view.promotions.state.stage_status import assessed, summary, taken
from promoter_view.promotions.state.verification import NO_ANALYSIS
from promoter_view.promotions.values import read_promotion, read_stage, read_stage_status
from promoter_view.stages.application import Application, read_application
from promoter_view.stages.assessment import assess
from tests.promotions.kargo import collection, promotion, stage

NOW = "2027-01-15T08:00:00Z"
CHECK = {"uses": "argocd-update", "config": {"apps": [{"name": "a", "namespace": "argocd"}]}}


def application(health: str) -> Application:
    status = {"health": {"status": health}, "sync": {"status": "Synced"}}
    return read_application({"metadata": {"name": "a", "namespace": "argocd"}, "status": status})


def settled(found: dict[str, Any], promotions: list[Any], health: str = "Healthy", now: str = NOW) -> dict[str, Any]:
    """The status after one look."""
    before = read_stage(found)
    decided = turn(before.status, map(read_promotion, promotions))
    after = before.with_status(taken(before.status, decided))
    found_health = assess(after.document, lambda *_: application(health), default_namespace="argocd")
    return assessed(after, found_health, decided.claimed, now)


def is_verified(status: dict[str, Any]) -> bool:
    return read_stage_status(status).is_verified


def conditions(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}


def messages(status: dict[str, Any]) -> dict[str, str]:
    return {each["type"]: each["message"] for each in status["conditions"]}


def ended(name: str, phase: str, *, created: int = 0, freight: str = "f1", **more: Any) -> dict[str, Any]:
    brought = {"freight": {"name": freight}, "freightCollection": collection(freight), "healthChecks": [CHECK]}
    found = promotion(name, phase, created=created)
    found["status"] |= {**brought, "startedAt": "s", "finishedAt": f"2027-01-15T08:01:{created:02d}Z", **more}
    return found


def test_nothing_promoted_yet() -> None:
    """A Stage without a Promotion has no health, and says that it has no Freight."""
    found = settled(stage(), [])
    assert "health" not in found
    assert conditions(found) == {
        "Ready": ("False", "NoFreight"),
        "Healthy": ("Unknown", "NoFreight"),
        "Verified": ("Unknown", "NoFreight"),
    }
    assert (found["freightSummary"], found["observedGeneration"]) == ("0/1 Fulfilled", 3)


def test_a_promotion_is_claimed() -> None:
    """The Promotion whose turn it is is named; while it is, the Stage is promoting and its health unknown."""
    found = settled(stage(), [promotion("p", "Pending")])
    assert found["currentPromotion"] == {"name": "p"}
    assert messages(found)["Ready"] == messages(found)["Promoting"] == 'Promotion "p" is currently Pending'
    assert found["health"]["status"] == "Unknown"
    assert conditions(found)["Promoting"] == ("True", "ActivePromotion")
    assert conditions(found)["Healthy"] == ("Unknown", "ActivePromotion")
    assert conditions(found)["Ready"] == ("False", "ActivePromotion")


def test_a_promotion_has_succeeded() -> None:
    """What succeeded is the last Promotion; its Freight is in use, checked, and verified where the Stage is healthy."""
    found = settled(stage(status={"currentPromotion": {"name": "p"}}), [ended("p", "Succeeded")])
    assert "currentPromotion" not in found
    assert found["lastPromotion"]["name"] == "p"
    assert found["freightSummary"] == "f1"
    assert found["health"]["status"] == "Healthy"
    assert is_verified(found)
    assert conditions(found) == {
        "Ready": ("True", "Verified"),
        "Healthy": ("True", "Healthy"),
        "Verified": ("True", "Verified"),
    }


@pytest.mark.parametrize(
    ("health", "state", "condition"),
    [
        ("Healthy", "Healthy", ("True", "Healthy")),
        ("Progressing", "Progressing", ("Unknown", "Progressing")),
        ("Degraded", "Unhealthy", ("False", "Unhealthy")),
    ],
)
def test_health(health: str, state: str, condition: tuple[str, str]) -> None:
    """The checks of the last Promotion make the Stage's health."""
    found = settled(stage(), [ended("p", "Succeeded")], health)
    assert found["health"]["status"] == state
    assert conditions(found)["Healthy"] == condition
    assert is_verified(found) is (health == "Healthy")
    if health != "Healthy":
        assert conditions(found)["Ready"] == ("False", condition[1])
        assert conditions(found)["Verified"] == ("Unknown", "WaitingForVerification")


@pytest.mark.parametrize("phase", ["Failed", "Errored", "Aborted"])
def test_a_promotion_has_failed(phase: str) -> None:
    """A last Promotion that did not succeed makes the Stage Unhealthy and says why; its Freight does not change."""
    before = settled(stage(), [ended("p", "Succeeded")])
    failed = ended("q", phase, created=1, freight="f2", message="no such commit")
    found = settled(stage(status=before), [ended("p", "Succeeded"), failed])
    assert found["health"]["status"] == "Unhealthy"
    assert found["health"]["issues"] == [f"last Promotion q {phase}: no such commit"]
    assert found["health"]["output"], "the Applications go on being shown"
    assert conditions(found)["Ready"] == ("False", f"LastPromotion{phase}")
    assert conditions(found)["Healthy"] == ("False", f"LastPromotion{phase}")
    assert found["freightSummary"] == "f1"


def test_one_that_never_began_inherits() -> None:
    """A Promotion refused before it began leaves the collection of its predecessor for the next one to build on."""
    before = settled(stage(), [ended("p", "Succeeded")])
    refused = promotion("q", "Errored", created=1, message="not available", finishedAt="t")
    found = settled(stage(status=before), [ended("p", "Succeeded"), refused])
    assert found["lastPromotion"]["status"]["freightCollection"] == collection("f1")


def test_many_have_ended() -> None:
    """Ended Promotions are taken in the order of their creation; ten collections are kept, the newest first."""
    many = [ended(f"p{place:02d}", "Succeeded", created=place, freight=f"f{place}") for place in range(12)]
    found = settled(stage(), list(reversed(many)))
    assert found["lastPromotion"]["name"] == "p11"
    assert [each["id"] for each in found["freightHistory"]] == [f"f{place}" for place in range(11, 1, -1)]


def test_who_comes_next_waits_for_what_came() -> None:
    """Nobody is claimed in the look that releases somebody: what was brought is looked at first."""
    both = [ended("p", "Succeeded"), promotion("q", "Pending", created=1)]
    first = settled(stage(status={"currentPromotion": {"name": "p"}}), both)
    assert "currentPromotion" not in first
    assert settled(stage(status=first), both)["currentPromotion"] == {"name": "q"}


def test_aborted_before_it_began_changes_nothing() -> None:
    """A Promotion called off before it began leaves the Stage as it was."""
    before = settled(stage(), [ended("p", "Succeeded")])
    called_off = promotion("q", "Aborted", created=1)
    held = {**before, "currentPromotion": {"name": "q"}}
    after = settled(stage(status=held), [ended("p", "Succeeded"), called_off])
    assert {**after, "conditions": 0} == {**before, "conditions": 0}
    assert conditions(after) == conditions(before)


def test_nothing_differs() -> None:
    """A second look at the same state, later, gives the same status to the byte."""
    before = settled(stage(), [ended("p", "Succeeded")])
    assert settled(stage(status=before), [ended("p", "Succeeded")], now="2030-01-01T00:00:00Z") == before


def test_transitions_have_their_time() -> None:
    """A condition's time changes with its status only; conditions of others stay, after Ready, Healthy, Verified."""
    foreign = {"type": "Other", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "t"}
    old = {"type": "Healthy", "status": "True", "reason": "Healthy", "lastTransitionTime": "old"}
    left = [{**foreign, "type": name} for name in ("Reconciling", "AutoPromotion", "StepsSupported")]
    before = {"conditions": [old, foreign, *left]}
    found = settled(stage(status=before), [ended("p", "Succeeded")])
    times = [(each["type"], each["lastTransitionTime"]) for each in found["conditions"]]
    assert times == [("Ready", NOW), ("Healthy", "old"), ("Verified", NOW), ("Other", "t")]


def test_verification_by_analysis_is_not_done_and_said() -> None:
    """A Stage that asks for analysis is told that nobody does it here, and nothing counts as verified."""
    found = settled(stage(verification={"analysisTemplates": [{"name": "t"}]}), [ended("p", "Succeeded")])
    assert conditions(found)["Verified"] == conditions(found)["Ready"] == ("False", "VerificationError")
    assert messages(found)["Verified"] == NO_ANALYSIS
    assert not is_verified(found)


def test_a_promotion_that_runs_names_its_freight() -> None:
    """Once it runs the current Promotion is told with its Freight, and that it runs."""
    running = promotion("p", "Running")
    running["status"]["freight"] = {"name": "f1"}
    found = settled(stage(status={"currentPromotion": {"name": "p"}}), [running])
    assert found["currentPromotion"] == {"name": "p", "freight": {"name": "f1"}}
    assert messages(found)["Promoting"] == 'Promotion "p" is currently Running'


@pytest.mark.parametrize(
    ("shard", "whose"),
    [("west", 'shard "west", whose controller'), ("", "no shard, and Kargo's default controller")],
)
def test_a_promotion_of_another_shard(shard: str, whose: str) -> None:
    """A Stage that has come here with an open Promotion says whose controller has to run that."""
    open_one = promotion("p")
    open_one["metadata"] |= {
        "labels": {"kargo.akuity.io/shard": shard},
        "annotations": {"kargo.akuity.io/stage": "test"},
    }
    found = settled(stage(), [open_one])
    assert conditions(found)["Ready"] == ("False", "PromotionOfOtherShard")
    told = f'Promotion "p" is currently Pending: it is of {whose} has to run it'
    assert messages(found)["Promoting"] == told


def test_steps_that_are_not_run_here() -> None:
    """They are named in advance; a Stage without any says nothing of it."""
    steps = [{"uses": "git-clone"}, {"uses": "argocd-update"}, {"uses": "git-push"}, {"uses": "git-clone"}]
    found = settled(stage(promotionTemplate={"spec": {"steps": steps}}), [])
    assert conditions(found)["StepsSupported"] == ("False", "StepsNotSupported")
    assert "does not run git-clone, git-push: " in messages(found)["StepsSupported"]
    assert "StepsSupported" not in conditions(settled(stage(status=found), []))


@pytest.mark.parametrize(
    ("phase", "condition"),
    [
        ("Failed", ("False", "VerificationFailed")),
        ("Aborted", ("False", "VerificationAborted")),
        ("Inconclusive", ("Unknown", "VerificationInconclusive")),
        ("Running", ("False", "VerificationError")),
        ("Successful", ("True", "Verified")),
    ],
)
def test_verification_of_others(phase: str, condition: tuple[str, str]) -> None:
    """What another controller has verified counts; what it has begun ends, for nobody looks at it here."""
    history = [{**collection("f1"), "verificationHistory": [{"id": "x", "phase": phase}]}]
    before = {"freightHistory": history, "lastPromotion": {"name": "p", "status": {"phase": "Succeeded"}}}
    found = settled(stage(status=before, verification={"analysisTemplates": []}), [])
    assert conditions(found)["Verified"] == condition


def test_refresh() -> None:
    """A request to look again is answered in the status."""
    found = stage()
    found["metadata"]["annotations"] = {"kargo.akuity.io/refresh": "now"}
    assert settled(found, [])["lastHandledRefresh"] == "now"


@pytest.mark.parametrize(
    ("requested", "names", "expected"),
    [(1, [], "0/1 Fulfilled"), (1, ["f"], "f"), (2, ["f"], "1/2 Fulfilled"), (2, ["f", "g"], "2/2 Fulfilled")],
)
def test_summaries(requested: int, names: list[str], expected: str) -> None:
    """The summary is the Freight's name where there can be one only, else how many there are."""
    history = [collection(*names)] if names else []
    found = stage(*[f"w{place}" for place in range(requested)], status={"freightHistory": history})
    assert summary(read_stage(found)) == expected


def test_a_stage_that_controls_flow_only() -> None:
    """It has no steps and no health: a condition says that health does not apply, rather than none."""
    found = settled(stage() | {"spec": {}}, [])
    assert "health" not in found
    assert conditions(found)["Healthy"] == ("Unknown", "NotApplicable")


def test_what_is_said_of_auto_promotion() -> None:
    """Where it is decided here fields and condition are written; else the fields stay, and the condition goes."""
    of = read_stage(stage(status={"autoPromotionEnabled": True, "autoPromotionHolds": {"Warehouse/w": {}}}))
    health = assess(of.document, lambda *_: None, default_namespace="argocd")
    said = assessed(of, health, None, NOW, StageDecision(PolicyAnswer(False, "Disabled", "a policy disables it")))
    assert conditions(said)["AutoPromotion"] == ("False", "Disabled")
    assert not {"autoPromotionEnabled", "autoPromotionHolds"} & set(said)
    unsaid = assessed(of.with_status({**of.status.document, "conditions": said["conditions"]}), health, None, NOW)
    assert "AutoPromotion" not in conditions(unsaid)
    assert unsaid["autoPromotionEnabled"] is True
