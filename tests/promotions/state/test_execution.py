"""Promotion.status read and written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.state.execution import (
    Execution,
    PlannedStep,
    PromotionPhase,
    StepRecord,
    read_execution,
    read_plan,
    write_execution,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
STATUS: dict[str, Any] = {
    "phase": "Running",
    "message": "m",
    "startedAt": "2027-01-15T08:00:00Z",
    "currentStep": 1,
    "stepExecutionMetadata": [
        {"alias": "a", "status": "Succeeded", "startedAt": "x", "finishedAt": "y"},
        {"alias": "b", "status": "Running", "errorCount": 2, "message": "w", "continueOnError": True},
    ],
    "state": {"a": {"x": 1}},
    "healthChecks": [{"uses": "argocd-update", "config": {}}],
    "freight": {"name": "f"},
    "lastHandledRefresh": "r",
}


def test_a_status_is_read_and_written_the_same() -> None:
    """What is read of a status and written again is that status, what others keep in it included."""
    assert write_execution(STATUS, read_execution({"status": STATUS})) == STATUS


@pytest.mark.parametrize("phase", [phase.value for phase in PromotionPhase])
def test_phases(phase: str) -> None:
    """Each phase that the cluster has is known."""
    assert read_execution({"status": {"phase": phase}}).phase.value == phase


@given(JSON)
def test_any_status_can_be_read(status: Any) -> None:
    """Whatever a status holds, reading it raises nothing."""
    read_execution({"status": status})
    read_plan({"spec": status})


def test_a_plan() -> None:
    """Steps without a name are counted from 1; what the step says of retries is read."""
    steps = [
        {"uses": "argocd-update", "config": {"apps": []}, "vars": [{"name": "v", "value": "1"}]},
        {
            "uses": "argocd-wait",
            "as": "wait",
            "if": "${{ always() }}",
            "continueOnError": True,
            "retry": {"timeout": "10m", "errorThreshold": 3},
        },
    ]
    assert read_plan({"spec": {"steps": steps}}) == (
        PlannedStep("step-1", "argocd-update", config={"apps": []}, variables=[{"name": "v", "value": "1"}]),
        PlannedStep("wait", "argocd-wait", "${{ always() }}", True, 600.0, 3, []),
    )


def test_since_when_a_step_runs() -> None:
    """It is the last one that has begun and not ended; nothing runs before the first and after the last."""
    began, ended = StepRecord("a", started_at="t1"), StepRecord("a", started_at="t1", finished_at="t2")
    assert [Execution(records=records).running_since for records in ((), (began,), (ended,))] == ["", "t1", ""]
