"""One pass over a Promotion's steps: which runs, what its result means, when to look again. Pure.

The rules are Kargo's: a step that has failed does not end the pass, for a later one may be there for that case; its
``if`` says so. What a step wants written to the cluster comes back as actions; where one of them fails, the pass goes
on with that failure as the step's result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from promoter_view.decoded import rfc3339
from promoter_view.durations import format_duration
from promoter_view.promotions.documents import seconds_of
from promoter_view.promotions.state.execution import Execution, PlannedStep, PromotionPhase, StepRecord
from promoter_view.promotions.steps.step import Action, StepResult, StepStatus

#: A step that is not finished is looked at again after this, if nothing wakes it before.
POLL_SECONDS = 300.0
_SOONEST_POLL_SECONDS = 10.0
_FIRST_RETRY_SECONDS = 1.0
_LONGEST_RETRY_SECONDS = 60.0

#: Worst last. A status that is not among them is none of a finished step.
_SEVERITY = {
    name: place for place, name in enumerate(("Succeeded", "Skipped", "Running", "Aborted", "Failed", "Errored"))
}
_FINISHED = frozenset({"Succeeded", "Skipped", "Aborted", "Failed", "Errored"})


class CannotEvaluate(ValueError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """An expression that has no value; the message says which and why."""


class StepRuns(Protocol):
    """What the engine asks of the steps of one Promotion; ``execution`` is the run as far as it has come."""

    def known(self, uses: str) -> bool:
        """Whether there is a step of that name."""

    @property
    def names(self) -> Sequence[str]:
        """The steps that there are."""

    def holds(self, step: PlannedStep, execution: Execution) -> bool:
        """The value of its ``if``. Errors: CannotEvaluate."""

    def configure(self, step: PlannedStep, execution: Execution) -> Any:
        """Its config with every expression evaluated. Errors: CannotEvaluate."""

    def run(self, step: PlannedStep, config: Any, execution: Execution, now: float) -> StepResult:
        """Decides; writes nothing. ``now`` is the wall clock's."""

    def timeout_seconds(self, uses: str) -> float:
        """How long it may take where the Promotion does not say; 0: for ever."""

    def error_threshold(self, uses: str) -> int:
        """How many errors end it where the Promotion does not say."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What came of a pass. ``actions`` are to be done once ``execution`` is written; ``result`` is what wants them.

    ``again_seconds``: when to look again, None once the Promotion is over. ``retry``: not before then.
    """

    execution: Execution
    actions: tuple[Action, ...] = ()
    result: StepResult | None = None
    again_seconds: float | None = None
    retry: bool = False


def begin(execution: Execution, now: float) -> Execution:
    """A Promotion whose turn it is runs."""
    if execution.phase is PromotionPhase.RUNNING:
        return execution
    started = execution.started_at or rfc3339(now)
    return replace(execution, phase=PromotionPhase.RUNNING, message="", started_at=started)


def run(plan: Sequence[PlannedStep], execution: Execution, steps: StepRuns, now: float, stepped: float = 0.0) -> Pass:
    """Goes on from the current step until one is not finished, or all are.

    ``now`` is the wall clock's, as dates of objects are. ``stepped``: by how many seconds that has stepped since the
    step that runs began; its time goes on as if it had not.
    """
    if execution.current_step >= len(plan):
        wrong = f"status.currentStep is {execution.current_step}, but the Promotion has {len(plan)} steps"
        return Pass(refuse(execution, wrong, now))
    return _go_on(plan, execution, steps, now, stepped)


def _go_on(plan: Sequence[PlannedStep], execution: Execution, steps: StepRuns, now: float, stepped: float) -> Pass:
    for place in range(execution.current_step, len(plan)):
        outcome = _attempt(plan[place], replace(execution, current_step=place), steps, now, stepped)
        if outcome.again_seconds is not None:
            return outcome
        execution = outcome.execution
    return Pass(_concluded(execution, now))


def fail(
    plan: Sequence[PlannedStep],
    execution: Execution,
    steps: StepRuns,
    result: StepResult,
    now: float,
    stepped: float = 0.0,
) -> Pass:
    """Goes on from the current step with that result, which came of an action that failed."""
    outcome = _settle(plan[execution.current_step], execution, steps, result, now, stepped)
    if outcome.again_seconds is not None:
        return outcome
    return _go_on(plan, replace(outcome.execution, current_step=execution.current_step + 1), steps, now, 0.0)


def abort(execution: Execution, message: str, now: float) -> Execution:
    """Ends a run; the step that runs ends with it. What Argo CD has begun is not called off."""
    last = execution.records[-1] if execution.records else None
    records = execution.records
    if execution.phase is PromotionPhase.RUNNING and last is not None and last.status == "Running":
        records = (*records[:-1], replace(last, status="Aborted", finished_at=rfc3339(now)))
    return replace(execution, phase=PromotionPhase.ABORTED, message=message, finished_at=rfc3339(now), records=records)


def refuse(execution: Execution, message: str, now: float) -> Execution:
    """Ends a Promotion that cannot run."""
    return replace(execution, phase=PromotionPhase.ERRORED, message=message, finished_at=rfc3339(now))


def _attempt(step: PlannedStep, execution: Execution, steps: StepRuns, now: float, stepped: float) -> Pass:
    record = execution.record(step.alias) or StepRecord(step.alias, continue_on_error=step.continue_on_error)
    if record.finished_at or (record.status in _FINISHED and not record.started_at):
        return Pass(execution)
    if not record.started_at:
        refused = _kept_out(step, execution, steps)
        if refused is not None:
            status, message = refused
            return Pass(execution.with_record(replace(record, status=status, message=message)))
        record = replace(record, started_at=rfc3339(now), status=StepStatus.RUNNING.value)
        execution, stepped = execution.with_record(record), 0.0
    try:
        config = steps.configure(step, execution)
    except CannotEvaluate as error:
        message = f"failed to build step context: {error}"
        return Pass(execution.with_record(replace(record, status=StepStatus.ERRORED.value, message=message)))
    return _settle(step, execution, steps, steps.run(step, config, execution, now), now, stepped)


def _kept_out(step: PlannedStep, execution: Execution, steps: StepRuns) -> tuple[str, str] | None:
    """The status and message of a step that does not begin; None for one that does."""
    if not step.condition:
        if execution.has_fault_besides(step.alias):
            return StepStatus.SKIPPED.value, ""
    else:
        try:
            if not steps.holds(step, execution):
                return StepStatus.SKIPPED.value, ""
        except CannotEvaluate as error:
            return StepStatus.ERRORED.value, f"cannot evaluate if: {error}"
    if not steps.known(step.uses):
        named = ", ".join(steps.names)
        return StepStatus.ERRORED.value, f"no step is called {step.uses!r} here; there are: {named}"
    return None


def _settle(
    step: PlannedStep, execution: Execution, steps: StepRuns, result: StepResult, now: float, stepped: float
) -> Pass:
    """What a result means for the step: finished, tried again after an error, or gone on waiting for."""
    record = execution.record(step.alias)
    assert record is not None
    if result.output is not None:
        execution = replace(execution, state={**execution.state, step.alias: result.output})
    record = replace(record, status=result.status.value, message=result.message)
    if result.status in (StepStatus.SUCCEEDED, StepStatus.SKIPPED):
        return Pass(_kept(_finished(execution, record, now), result))
    faulty = result.status in (StepStatus.ERRORED, StepStatus.FAILED)
    if faulty:
        record = _counted(record, result)
        if result.terminal or record.error_count >= (step.error_threshold or steps.error_threshold(step.uses)):
            return Pass(_finished(execution, _given_up(record, result), now))
    left = _time_left(step, record, steps, now - stepped)
    if left is not None and left <= 0:
        return Pass(_finished(execution, _timed_out(step, record, steps), now))
    if faulty:
        return _tried_again(execution, record, left)
    seconds = min(POLL_SECONDS, max(result.retry_after_seconds or POLL_SECONDS, _SOONEST_POLL_SECONDS))
    again = seconds if left is None else min(seconds, left)
    return Pass(replace(execution, message="").with_record(record), tuple(result.actions), result, again)


def _tried_again(execution: Execution, record: StepRecord, left: float | None) -> Pass:
    seconds = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2.0 ** min(record.error_count - 1, 10))
    message = f"step {record.alias!r} met with an error; step will be retried: {record.message}"
    waiting = replace(execution, message=message).with_record(record)
    return Pass(waiting, again_seconds=seconds if left is None else min(seconds, left), retry=True)


def _counted(record: StepRecord, result: StepResult) -> StepRecord:
    message = result.message or f"{result.status.value.lower()}: no details provided"
    return replace(record, error_count=record.error_count + 1, message=message)


def _given_up(record: StepRecord, result: StepResult) -> StepRecord:
    if result.terminal:
        if result.status is StepStatus.FAILED:
            return record
        return replace(record, message=f"an unrecoverable error occurred: {record.message}")
    return replace(record, message=f"step met error threshold of {record.error_count}: {record.message}")


def _timed_out(step: PlannedStep, record: StepRecord, steps: StepRuns) -> StepRecord:
    allowed = format_duration(_timeout(step, steps))
    waited = f": {record.message}" if record.message else ""
    return replace(record, status=StepStatus.ERRORED.value, message=f"timed out after {allowed}{waited}")


def _timeout(step: PlannedStep, steps: StepRuns) -> float:
    return steps.timeout_seconds(step.uses) if step.timeout_seconds is None else step.timeout_seconds


def _time_left(step: PlannedStep, record: StepRecord, steps: StepRuns, now: float) -> float | None:
    """Seconds until the step's time is over; None where it has no end."""
    timeout, started = _timeout(step, steps), seconds_of(record.started_at)
    return started + timeout - now if timeout > 0 and started is not None else None


def _finished(execution: Execution, record: StepRecord, now: float) -> Execution:
    return replace(execution, message="").with_record(replace(record, finished_at=rfc3339(now)))


def _kept(execution: Execution, result: StepResult) -> Execution:
    if result.health_check is None or result.status is not StepStatus.SUCCEEDED:
        return execution
    return replace(execution, health_checks=(*execution.health_checks, result.health_check))


def _concluded(execution: Execution, now: float) -> Execution:
    """The worst of the steps that count is the Promotion's end, and the first of the worst says why."""
    counting = [record for record in execution.records if not record.continue_on_error]
    worst = max(counting, key=lambda record: _SEVERITY.get(record.status, 0), default=None)
    if worst is None or worst.status not in ("Aborted", "Failed", "Errored"):
        return replace(execution, phase=PromotionPhase.SUCCEEDED, message="", finished_at=rfc3339(now))
    return replace(execution, phase=PromotionPhase(worst.status), message=worst.message, finished_at=rfc3339(now))
