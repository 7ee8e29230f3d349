"""Steps for tests of the engine: each answers what the test says, in order, and remembers when it ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promoter_view.promotions.engine import CannotEvaluate
from promoter_view.promotions.state.execution import Execution, PlannedStep
from promoter_view.promotions.steps.step import StepResult, StepStatus

NOW = 1_800_000_000.0
NOW_WRITTEN = "2027-01-15T08:00:00Z"


def result(status: str, message: str = "", **more: Any) -> StepResult:
    return StepResult(StepStatus(status), message, **more)


@dataclass
class ScriptedSteps:
    """``answers`` by alias; the last of them is given again. ``conditions`` by what ``if`` says."""

    answers: Mapping[str, Sequence[StepResult]]
    conditions: Mapping[str, bool] = field(default_factory=dict)
    broken_configs: Sequence[str] = ()
    ran: list[str] = field(default_factory=list)

    names = ("known",)

    def known(self, uses: str) -> bool:
        return uses == "known"

    def holds(self, step: PlannedStep, execution: Execution) -> bool:
        if step.condition not in self.conditions:
            raise CannotEvaluate("must evaluate to a boolean, got string")
        return self.conditions[step.condition]

    def configure(self, step: PlannedStep, execution: Execution) -> Any:
        if step.alias in self.broken_configs:
            raise CannotEvaluate("vars.x is not there")
        return step.config

    def run(self, step: PlannedStep, config: Any, execution: Execution, now: float) -> StepResult:
        self.ran.append(step.alias)
        answers = self.answers[step.alias]
        return answers[min(self.ran.count(step.alias), len(answers)) - 1]

    def timeout_seconds(self, uses: str) -> float:
        return 300.0

    def error_threshold(self, uses: str) -> int:
        return 1
