"""The health of a Stage: kargo.md section 4, row by row, with the differences of section 0."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.stages.assessment import Condition, assess, registered_checks
from promoter_view.stages.health import Found, Health
from tests.support.stages.applications import known_application as application

STEPS = {"promotionTemplate": {"spec": {"steps": [{"uses": "argocd-update"}]}}}
CHECK = {"uses": "argocd-update", "config": {"apps": [{"name": "app", "namespace": "argocd"}]}}


def last(phase: str = "Succeeded", message: str = "", checks: list[Any] | None = None) -> dict[str, Any]:
    status: dict[str, Any] = {"phase": phase, "message": message, "healthChecks": [CHECK] if checks is None else checks}
    return {"lastPromotion": {"name": "test.01.abc", "status": status}}


PROMOTING = {"currentPromotion": {"name": "test.02.def"}}
IN_PROGRESS = "Promotion test.02.def is currently in progress"
FAILED = "last Promotion test.01.abc Failed: no such Application"

CASES: dict[str, tuple[dict[str, Any], str, Health | None, tuple[str, ...], Condition]] = {
    "promoting": (
        {**PROMOTING, **last()},
        "Healthy",
        Health.UNKNOWN,
        (IN_PROGRESS,),
        Condition("Unknown", "ActivePromotion", "Stage has a Promotion in progress"),
    ),
    "promoting for the first time": (
        PROMOTING,
        "Healthy",
        Health.UNKNOWN,
        (IN_PROGRESS,),
        Condition("Unknown", "ActivePromotion", "Stage has a Promotion in progress"),
    ),
    "with targets": (
        {"lastPromotionRequest": {"name": "r1", "phase": "Succeeded"}},
        "Healthy",
        Health.UNKNOWN,
        ("PromotionRequest r1 Succeeded: Targets are not looked at",),
        Condition("Unknown", "TargetsNotSupported", "PromotionRequest r1 Succeeded: Targets are not looked at"),
    ),
    "never promoted": ({}, "Healthy", None, (), Condition("Unknown", "NoFreight", "Stage has no current Freight")),
    "last failed": (
        last("Failed", "no such Application"),
        "Healthy",
        Health.UNHEALTHY,
        (FAILED,),
        Condition("False", "LastPromotionFailed", FAILED),
    ),
    "last errored": (
        last("Errored"),
        "Healthy",
        Health.UNHEALTHY,
        ("last Promotion test.01.abc Errored",),
        Condition("False", "LastPromotionErrored", "last Promotion test.01.abc Errored"),
    ),
    "last aborted": (
        last("Aborted", "terminated by x"),
        "Degraded",
        Health.UNHEALTHY,
        ("last Promotion test.01.abc Aborted: terminated by x",),
        Condition("False", "LastPromotionAborted", "last Promotion test.01.abc Aborted: terminated by x"),
    ),
    "healthy": (
        last(),
        "Healthy",
        Health.HEALTHY,
        (),
        Condition("True", "Healthy", "Stage is healthy (performed 1 health checks)"),
    ),
    "unhealthy": (
        last(),
        "Degraded",
        Health.UNHEALTHY,
        ('Application argocd/app has health state "Degraded"',),
        Condition("False", "Unhealthy", "Stage is unhealthy (1 issues in 1 health checks)"),
    ),
    "progressing": (
        last(),
        "Progressing",
        Health.PROGRESSING,
        ("Application argocd/app is progressing",),
        Condition("Unknown", "Progressing"),
    ),
    "no checks": (
        last(checks=[]),
        "Degraded",
        Health.HEALTHY,
        (),
        Condition("True", "Healthy", "Stage is healthy (performed 0 health checks)"),
    ),
}


@pytest.mark.parametrize(("status", "word", "state", "issues", "condition"), CASES.values(), ids=CASES.keys())
def test_row(
    status: dict[str, Any], word: str, state: Health | None, issues: tuple[str, ...], condition: Condition
) -> None:
    """The first row that applies gives the state of the Stage, its issues, and its condition Healthy."""
    found = assess({"spec": STEPS, "status": status}, lambda *_: application(health=word), default_namespace="argocd")
    assert (found.state, found.issues, found.condition) == (state, issues, condition)


@pytest.mark.parametrize("spec", [{}, {"promotionTemplate": {"spec": {"steps": []}}}, {"promotionTemplate": None}])
def test_control_flow(spec: dict[str, Any]) -> None:
    """A Stage without promotion steps has neither health nor condition."""
    found = assess({"spec": spec, "status": last()}, lambda *_: None, default_namespace="argocd")
    assert (found.state, found.issues, found.checks, found.condition) == (None, (), (), None)


def test_checked_meanwhile() -> None:
    """While a Promotion runs, and after one failed, the Applications are checked and shown."""
    for status in ({**PROMOTING, **last()}, last("Failed")):
        found = assess(
            {"spec": STEPS, "status": status}, lambda *_: application(health="Degraded"), default_namespace="x"
        )
        assert [one.state for one in found.applications] == [Health.UNHEALTHY]


def test_earlier_checks() -> None:
    """A last Promotion that registered no check leaves those of the last that succeeded to be shown."""
    stage = {"spec": STEPS, "status": last("Failed", checks=[])}
    found = assess(stage, lambda *_: application(), default_namespace="argocd", earlier_checks=[CHECK])
    assert [one.state for one in found.applications] == [Health.HEALTHY]
    assert found.state is Health.UNHEALTHY


def test_checks_are_merged() -> None:
    """Of several checks the worst counts, and their issues stand in their order."""
    words: dict[str, Found] = {"slow": application(health="Progressing"), "bad": application(health="Degraded")}
    checks = [{"uses": "argocd-update", "config": {"apps": [{"name": name}]}} for name in ("slow", "bad")]
    stage = {"spec": STEPS, "status": last(checks=[*checks, {"uses": "other"}])}
    found = assess(stage, lambda _, name: words[name], default_namespace="argocd")
    assert found.state is Health.UNHEALTHY
    assert [issue.partition("Application ")[2] or issue for issue in found.issues] == [
        "argocd/slow is progressing",
        'argocd/bad has health state "Degraded"',
        'no health checker registered for "other"',
    ]


def test_registered_checks() -> None:
    """The checks are those of the copy of the last Promotion; where it is malformed there are none."""
    assert list(registered_checks({"status": last()})) == [CHECK]
    for status in ({}, {"lastPromotion": 7}, {"lastPromotion": {"status": {"healthChecks": {}}}}):
        assert list(registered_checks({"status": status})) == []


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda children: (
            st.lists(children, max_size=3)
            | st.dictionaries(
                st.sampled_from(["currentPromotion", "lastPromotion", "status", "phase", "healthChecks", "name"]),
                children,
            )
        ),
    )
)
def test_any_status(status: Any) -> None:
    """Whatever the status of a Stage holds, it is assessed."""
    assess({"spec": STEPS, "status": status}, lambda *_: None, default_namespace="argocd")
