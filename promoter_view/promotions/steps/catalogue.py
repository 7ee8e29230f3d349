"""The kinds of promotion steps that are known here. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from promoter_view.promotions.steps.schema import ConfigSchema, load_schema
from promoter_view.promotions.steps.step import Applications, Step, StepContext, StepResult, StepStatus, errored
from promoter_view.promotions.steps.update import USES as UPDATE
from promoter_view.promotions.steps.update import run_update
from promoter_view.promotions.steps.wait import USES as WAIT
from promoter_view.promotions.steps.wait import run_wait

#: Decides one run of a step whose config its schema has found valid.
Decide = Callable[[StepContext, Applications, Mapping[str, Any]], StepResult]


def known_steps() -> Mapping[str, Step]:
    """Each kind of step under its ``uses``; reads their schemas."""
    decisions = {UPDATE: run_update, WAIT: run_wait}
    return {uses: Step(uses, partial(_run, uses, load_schema(uses), decide)) for uses, decide in decisions.items()}


def _run(uses: str, schema: ConfigSchema, decide: Decide, context: StepContext) -> StepResult:
    """One run: what the decision needs is there, a valid config and Applications, or it is not made."""
    config = {} if context.config is None else context.config
    problems = schema.problems(config)
    if problems:
        return StepResult(StepStatus.FAILED, f"invalid {uses} config: {'; '.join(problems)}", terminal=True)
    if context.applications is None:
        return errored("Argo CD integration is disabled: the cluster has no Applications")
    return decide(context, context.applications, config)
