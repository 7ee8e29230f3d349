"""How far a Promotion has come: the values behind Promotion.status, read from it and written to it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promoter_view.decoded import mapping, number, text
from promoter_view.durations import parse_duration
from promoter_view.promotions.documents import Document, objects


class PromotionPhase(enum.StrEnum):
    """A Promotion's phase, as the cluster has it; NEW: nobody has looked at it yet."""

    NEW = ""
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERRORED = "Errored"
    ABORTED = "Aborted"

    @property
    def terminal(self) -> bool:
        """It changes no more."""
        return self in _TERMINAL


_PHASES = {phase.value: phase for phase in PromotionPhase}
_TERMINAL = frozenset({PromotionPhase.SUCCEEDED, PromotionPhase.FAILED, PromotionPhase.ERRORED, PromotionPhase.ABORTED})


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One entry of spec.steps. ``timeout_seconds`` and ``error_threshold`` None: the step runner's own."""

    alias: str
    uses: str
    condition: str = ""
    continue_on_error: bool = False
    timeout_seconds: float | None = None
    error_threshold: int | None = None
    variables: Sequence[Document] = ()
    config: Any = None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One entry of status.stepExecutionMetadata. ``status`` is "" until the step has been looked at."""

    alias: str
    status: str = ""
    started_at: str = ""
    finished_at: str = ""
    error_count: int = 0
    message: str = ""
    continue_on_error: bool = False

    @property
    def is_fault(self) -> bool:
        """It went wrong."""
        return self.status in ("Failed", "Errored")


@dataclass(frozen=True, slots=True)
class Execution:
    """What Promotion.status says of the run. Moments are RFC 3339; ``state`` holds each step's output by its alias."""

    phase: PromotionPhase = PromotionPhase.NEW
    message: str = ""
    started_at: str = ""
    finished_at: str = ""
    current_step: int = 0
    records: tuple[StepRecord, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)
    health_checks: tuple[Document, ...] = ()

    def record(self, alias: str) -> StepRecord | None:
        """What is known of that step."""
        return next((record for record in self.records if record.alias == alias), None)

    def with_record(self, record: StepRecord) -> Execution:
        """The same with that record, in the place of what was known of the step, or else after the others."""
        records = [record if known.alias == record.alias else known for known in self.records]
        if self.record(record.alias) is None:
            records.append(record)
        return replace(self, records=tuple(records))

    def has_fault_besides(self, alias: str) -> bool:
        """Whether a step other than that went wrong, of those whose faults count."""
        return any(each.is_fault and not each.continue_on_error and each.alias != alias for each in self.records)

    @property
    def running_since(self) -> str:
        """When the step began that runs; "" where none does."""
        last = self.records[-1] if self.records else None
        return "" if last is None or last.finished_at else last.started_at


def read_plan(promotion: Document) -> tuple[PlannedStep, ...]:
    """spec.steps. A step without ``as`` is called ``step-N``, counted from 1."""
    return tuple(_planned(step, place) for place, step in enumerate(objects(promotion, "spec", "steps"), 1))


def read_execution(promotion: Document) -> Execution:
    """The run as the Promotion's status has it. A phase that nobody knows counts as new."""
    status = mapping(promotion, "status")
    phase = text(status, "phase")
    return Execution(
        phase=_PHASES.get(phase, PromotionPhase.NEW),
        message=text(status, "message"),
        started_at=text(status, "startedAt"),
        finished_at=text(status, "finishedAt"),
        current_step=max(0, number(status, "currentStep")),
        records=tuple(map(_record, objects(status, "stepExecutionMetadata"))),
        state=mapping(status, "state"),
        health_checks=tuple(objects(status, "healthChecks")),
    )


def write_execution(status: Document, execution: Execution) -> dict[str, Any]:
    """That status with the run in it. What else it holds stays; what is empty is left out."""
    fields = {
        "phase": execution.phase.value,
        "message": execution.message,
        "startedAt": execution.started_at,
        "finishedAt": execution.finished_at,
        "currentStep": execution.current_step,
        "stepExecutionMetadata": [_written(record) for record in execution.records],
        "state": dict(execution.state),
        "healthChecks": list(execution.health_checks),
    }
    kept = {name: value for name, value in status.items() if name not in fields}
    return {**kept, **{name: value for name, value in fields.items() if value}}


def _planned(step: Document, place: int) -> PlannedStep:
    retry = mapping(step, "retry")
    return PlannedStep(
        alias=text(step, "as") or f"step-{place}",
        uses=text(step, "uses"),
        condition=text(step, "if"),
        continue_on_error=step.get("continueOnError") is True,
        timeout_seconds=parse_duration(text(retry, "timeout")),
        error_threshold=number(retry, "errorThreshold") or None,
        variables=objects(step, "vars"),
        config=step.get("config"),
    )


def _record(found: Document) -> StepRecord:
    return StepRecord(
        alias=text(found, "alias"),
        status=text(found, "status"),
        started_at=text(found, "startedAt"),
        finished_at=text(found, "finishedAt"),
        error_count=number(found, "errorCount"),
        message=text(found, "message"),
        continue_on_error=found.get("continueOnError") is True,
    )


def _written(record: StepRecord) -> dict[str, Any]:
    fields = {
        "alias": record.alias,
        "status": record.status,
        "startedAt": record.started_at,
        "finishedAt": record.finished_at,
        "errorCount": record.error_count,
        "message": record.message,
        "continueOnError": record.continue_on_error,
    }
    return {name: value for name, value in fields.items() if value}
