"""The engine: one case a rule of a pass over a Promotion's steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter_view.promotions import engine
from promoter_view.promotions.state.execution import Execution, PlannedStep, PromotionPhase, StepRecord
from promoter_view.promotions.steps.step import RefreshApplication, StepResult, failed_action
from tests.promotions.runs import NOW, NOW_WRITTEN, ScriptedSteps, result

OK = result("Succeeded")
WAITING = result("Running", "waiting for a")
BROKEN = result("Errored", "no such thing")
EARLIER = "2027-01-15T07:59:00Z"


def step(alias: str, **more: Any) -> PlannedStep:
    return PlannedStep(alias, "known", **more)


def running(**more: Any) -> Execution:
    return Execution(phase=PromotionPhase.RUNNING, started_at=EARLIER, **more)


def run(plan: list[PlannedStep], execution: Execution | None = None, **answers: Any) -> engine.Pass:
    return engine.run(plan, execution or running(), ScriptedSteps(answers), NOW)


def ended(*statuses: StepResult, **more: Any) -> tuple[PromotionPhase, str]:
    """Phase and message of a Promotion whose steps answer so, each with ``always()`` as its if."""
    plan = [step(f"s{place}", condition="always", **more) for place in range(len(statuses))]
    steps = ScriptedSteps({f"s{place}": [each] for place, each in enumerate(statuses)}, {"always": True})
    execution = engine.run(plan, running(), steps, NOW).execution
    return execution.phase, execution.message


# -- beginning and ending ----------------------------------------------------------------------------------------------


def test_begins_once() -> None:
    """A Promotion gets its start when its turn comes, and keeps it."""
    begun = engine.begin(Execution(phase=PromotionPhase.PENDING, message="waits"), NOW)
    assert begun == Execution(phase=PromotionPhase.RUNNING, started_at=NOW_WRITTEN)
    assert engine.begin(begun, NOW + 60) is begun


def test_all_steps_succeed() -> None:
    """Steps run in order within one pass; their outputs and health checks stay; the Promotion succeeds."""
    check = {"uses": "argocd-update", "config": {"apps": []}}
    done = run(
        [step("a"), step("b")],
        a=[result("Succeeded", output={"x": 1}, health_check=check)],
        b=[result("Succeeded", output={"y": 2})],
    )
    assert done.again_seconds is None
    assert done.execution.phase is PromotionPhase.SUCCEEDED
    assert done.execution.state == {"a": {"x": 1}, "b": {"y": 2}}
    assert done.execution.health_checks == (check,)
    assert done.execution.finished_at == NOW_WRITTEN
    assert [(each.status, each.finished_at) for each in done.execution.records] == [("Succeeded", NOW_WRITTEN)] * 2


@pytest.mark.parametrize(
    ("statuses", "phase", "message"),
    [
        ([OK, OK], PromotionPhase.SUCCEEDED, ""),
        ([result("Skipped"), OK], PromotionPhase.SUCCEEDED, ""),
        ([OK, result("Failed", "bad config", terminal=True)], PromotionPhase.FAILED, "bad config"),
        ([result("Failed", "f", terminal=True), result("Errored", "e", terminal=True)], PromotionPhase.ERRORED,
         "an unrecoverable error occurred: e"),
        ([result("Errored", "e1", terminal=True), result("Errored", "e2", terminal=True)], PromotionPhase.ERRORED,
         "an unrecoverable error occurred: e1"),
        ([BROKEN, OK], PromotionPhase.ERRORED, "step met error threshold of 1: no such thing"),
        ([result("Errored"), OK], PromotionPhase.ERRORED,
         "step met error threshold of 1: errored: no details provided"),
    ],
)  # fmt: skip
def test_the_worst_step_decides(statuses: list[StepResult], phase: PromotionPhase, message: str) -> None:
    """The Promotion ends as the worst of its steps, and says what the first of the worst said."""
    assert ended(*statuses) == (phase, message)


def test_steps_that_may_fail() -> None:
    """A step with continueOnError has no say in the end, and does not have the next one skipped."""
    done = run([step("a", continue_on_error=True), step("b")], a=[BROKEN], b=[OK])
    assert done.execution.phase is PromotionPhase.SUCCEEDED
    assert [each.status for each in done.execution.records] == ["Errored", "Succeeded"]


@pytest.mark.parametrize("current", [1, 7])
def test_a_current_step_that_is_not_there(current: int) -> None:
    """A status that counts more steps than there are ends the Promotion with words, not with success."""
    done = run([step("a")], running(current_step=current))
    assert done.execution.phase is PromotionPhase.ERRORED
    assert done.execution.message == f"status.currentStep is {current}, but the Promotion has 1 steps"


# -- which step runs ---------------------------------------------------------------------------------------------------


def test_after_a_fault_steps_are_skipped() -> None:
    """Without an ``if`` a step is skipped once an earlier one has failed, and has no times."""
    done = run([step("a"), step("b")], a=[BROKEN], b=[OK])
    assert done.execution.records[1] == StepRecord("b", "Skipped")
    assert done.execution.phase is PromotionPhase.ERRORED


@pytest.mark.parametrize(("holds", "status"), [(True, "Succeeded"), (False, "Skipped")])
def test_if_decides(holds: bool, status: str) -> None:
    """With an ``if`` that alone says whether the step runs."""
    steps = ScriptedSteps({"a": [OK]}, {"x": holds})
    done = engine.run([step("a", condition="x")], running(), steps, NOW)
    assert done.execution.records[0].status == status
    assert steps.ran == (["a"] if holds else [])


def test_an_if_that_has_no_value() -> None:
    """An ``if`` that cannot be evaluated is a fault of the step, which has not begun; the pass goes on."""
    plan = [step("a", condition="nonsense"), step("b", condition="always")]
    done = engine.run(plan, running(), ScriptedSteps({"b": [OK]}, {"always": True}), NOW)
    said = "cannot evaluate if: must evaluate to a boolean, got string"
    assert done.execution.records[0] == StepRecord("a", "Errored", message=said)
    assert done.execution.records[1].status == "Succeeded"
    assert (done.execution.phase, done.execution.message) == (PromotionPhase.ERRORED, said)


def test_if_is_asked_before_the_step_begins_only() -> None:
    """A step that has begun goes on, whatever its ``if`` would say now."""
    begun = running(records=(StepRecord("a", "Running", started_at=EARLIER),))
    steps = ScriptedSteps({"a": [OK]}, {"x": False})
    assert engine.run([step("a", condition="x")], begun, steps, NOW).execution.phase is PromotionPhase.SUCCEEDED


def test_what_somebody_else_has_finished_is_not_run_again() -> None:
    """A status may have the current step's end and not yet the step after: Kargo writes the two apart."""
    done = StepRecord("a", "Succeeded", started_at=EARLIER, finished_at=EARLIER)
    steps = ScriptedSteps({"b": [OK]})
    execution = engine.run([step("a"), step("b")], running(records=(done,)), steps, NOW).execution
    assert execution.records[0] is done
    assert (execution.phase, execution.records[1].status) == (PromotionPhase.SUCCEEDED, "Succeeded")


def test_an_unknown_step() -> None:
    """A step that nobody knows is an error that lists those that there are."""
    done = run([PlannedStep("a", "git-clone")])
    said = "no step is called 'git-clone' here; there are: known"
    assert done.execution.records == (StepRecord("a", "Errored", message=said),)
    assert done.execution.phase is PromotionPhase.ERRORED


def test_a_config_that_has_no_value() -> None:
    """A config that cannot be evaluated is an error of a step that has begun and never ended."""
    steps = ScriptedSteps({}, broken_configs=["a"])
    done = engine.run([step("a")], running(), steps, NOW)
    said = "failed to build step context: vars.x is not there"
    assert done.execution.records == (StepRecord("a", "Errored", started_at=NOW_WRITTEN, message=said),)
    assert done.execution.message == said


# -- waiting, errors and time ------------------------------------------------------------------------------------------


def test_a_step_that_waits() -> None:
    """A step that is not finished leaves the Promotion running at it, with what it waits for and wants done."""
    wanted = RefreshApplication("argocd", "a")
    answer = replace(WAITING, actions=(wanted,), output={"apps": []})
    waits = run([step("a"), step("b"), step("c")], a=[OK], b=[answer])
    assert (waits.execution.phase, waits.execution.current_step) == (PromotionPhase.RUNNING, 1)
    assert waits.execution.records[1] == StepRecord("b", "Running", started_at=NOW_WRITTEN, message="waiting for a")
    assert waits.execution.state == {"b": {"apps": []}}
    assert (waits.actions, waits.result, waits.again_seconds) == ((wanted,), answer, 300.0)


@pytest.mark.parametrize(
    ("suggested", "timeout", "again"),
    [
        (None, None, 300),
        (3, None, 10),
        (60, None, 60),
        (900, None, 300),
        (60, 20, 20),
        (None, 0.0, 300),
        (None, 9e9, 300),
    ],
)
def test_when_to_look_again(suggested: float | None, timeout: float | None, again: float) -> None:
    """At the latest after five minutes, at the soonest after ten seconds, and when the step's time is over."""
    waits = run([step("a", timeout_seconds=timeout)], a=[replace(WAITING, retry_after_seconds=suggested)])
    assert waits.again_seconds == again


def test_goes_on_where_it_was() -> None:
    """A resumed run does not run again what is finished."""
    records = (StepRecord("a", "Succeeded", EARLIER, EARLIER), StepRecord("b", "Running", EARLIER))
    steps = ScriptedSteps({"b": [OK]})
    done = engine.run([step("a"), step("b")], running(current_step=1, records=records), steps, NOW)
    assert steps.ran == ["b"]
    assert done.execution.phase is PromotionPhase.SUCCEEDED


def test_errors_below_the_threshold_are_tried_again() -> None:
    """An error is tried again, ever later, until there are as many as the step allows."""
    plan, execution, waits = [step("a", error_threshold=3, timeout_seconds=0.0)], running(), []
    for _ in range(2):
        tried = run(plan, execution, a=[BROKEN])
        execution = tried.execution
        assert (execution.phase, tried.retry) == (PromotionPhase.RUNNING, True)
        assert execution.message == "step 'a' met with an error; step will be retried: no such thing"
        waits.append(tried.again_seconds)
    assert waits == [1.0, 2.0]
    done = run(plan, execution, a=[BROKEN]).execution
    assert done.records[0].error_count == 3
    assert done.message == "step met error threshold of 3: no such thing"


def test_an_error_is_forgotten_by_the_message_only() -> None:
    """A step that recovers keeps its count of errors; the Promotion's message goes."""
    plan = [step("a", error_threshold=3)]
    tried = run(plan, a=[BROKEN]).execution
    waits = run(plan, tried, a=[WAITING]).execution
    assert (waits.message, waits.records[0].error_count) == ("", 1)


@pytest.mark.parametrize(("terminal", "status"), [(True, "Failed"), (True, "Errored")])
def test_terminal_errors_are_not_tried_again(terminal: bool, status: str) -> None:
    """A terminal error ends the step, whatever its threshold."""
    done = run([step("a", error_threshold=9)], a=[result(status, "m", terminal=terminal)])
    assert done.execution.phase.value == status


@pytest.mark.parametrize("answer", [WAITING, BROKEN])
def test_a_step_whose_time_is_over(answer: StepResult) -> None:
    """After a run past its time a step that is not finished has timed out, and says what was waited for."""
    begun = running(records=(StepRecord("a", "Running", started_at="2027-01-15T07:50:00Z"),))
    done = run([step("a", error_threshold=9)], begun, a=[answer]).execution
    assert done.phase is PromotionPhase.ERRORED
    assert done.message == f"timed out after 5m0s: {answer.message}"
    assert done.records[0].finished_at == NOW_WRITTEN


@pytest.mark.parametrize(
    ("began", "stepped", "phase"),
    [
        ("2027-01-14T07:59:00Z", 86_400.0, PromotionPhase.RUNNING),
        ("2027-01-14T07:54:00Z", 86_400.0, PromotionPhase.ERRORED),
        ("2027-01-15T08:59:00Z", -3600.0, PromotionPhase.RUNNING),
        ("2027-01-15T08:54:00Z", -3600.0, PromotionPhase.ERRORED),
    ],
)
def test_a_step_of_the_clock_is_no_time(began: str, stepped: float, phase: PromotionPhase) -> None:
    """A step has its five minutes, whether the wall clock was set forward by a day or back by an hour meanwhile."""
    execution = running(records=(StepRecord("a", "Running", started_at=began),))
    done = engine.run([step("a")], execution, ScriptedSteps({"a": [WAITING]}), NOW, stepped)
    assert done.execution.phase is phase


def test_success_comes_late() -> None:
    """A step that succeeds at its last look has succeeded: its time is asked for after the run."""
    begun = running(records=(StepRecord("a", "Running", started_at="2027-01-15T07:00:00Z"),))
    assert run([step("a")], begun, a=[OK]).execution.phase is PromotionPhase.SUCCEEDED


def test_no_time_limit() -> None:
    """A timeout of 0 is none."""
    begun = running(records=(StepRecord("a", "Running", started_at="2020-01-01T00:00:00Z"),))
    assert run([step("a", timeout_seconds=0.0)], begun, a=[WAITING]).execution.phase is PromotionPhase.RUNNING


# -- actions and abort -------------------------------------------------------------------------------------------------


def test_an_action_that_failed() -> None:
    """The failure of an action is the step's result; the pass goes on from there, without a health check."""
    plan = [step("a"), step("b", condition="always")]
    answer = result(
        "Running", output={"apps": [1]}, health_check={"uses": "x"}, actions=(RefreshApplication("n", "a"),)
    )
    steps = ScriptedSteps({"a": [answer], "b": [OK]}, {"always": True})
    waits = engine.run(plan, running(), steps, NOW)
    assert waits.result is not None
    done = engine.fail(plan, waits.execution, steps, failed_action(waits.result, "error patching"), NOW).execution
    assert steps.ran == ["a", "b"]
    assert (done.phase, done.message) == (PromotionPhase.ERRORED, "step met error threshold of 1: error patching")
    assert done.state == {"a": {"apps": [1]}}
    assert done.health_checks == ()


def test_an_action_that_failed_is_tried_again() -> None:
    """Within its threshold the step is run again after a failed action."""
    plan = [step("a", error_threshold=2)]
    steps = ScriptedSteps({"a": [WAITING]})
    waits = engine.run(plan, running(), steps, NOW)
    tried = engine.fail(plan, waits.execution, steps, failed_action(WAITING, "error patching"), NOW)
    assert (tried.retry, tried.execution.records[0].error_count) == (True, 1)


@pytest.mark.parametrize(
    ("execution", "records"),
    [
        (Execution(phase=PromotionPhase.PENDING), ()),
        (
            running(records=(StepRecord("a", "Running", EARLIER),)),
            (StepRecord("a", "Aborted", EARLIER, NOW_WRITTEN),),
        ),
        (
            running(records=(StepRecord("a", "Errored", EARLIER),)),
            (StepRecord("a", "Errored", EARLIER),),
        ),
    ],
)
def test_abort(execution: Execution, records: tuple[StepRecord, ...]) -> None:
    """An abort ends the Promotion, and the step that runs with it."""
    done = engine.abort(execution, "terminated by me", NOW)
    assert (done.phase, done.message, done.finished_at) == (PromotionPhase.ABORTED, "terminated by me", NOW_WRITTEN)
    assert done.records == records
