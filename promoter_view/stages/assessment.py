"""The health of a Stage: its last Promotion first, then that Promotion's health checks. Pure, and total.

CASES is the table; the first row that applies decides. One differs from Kargo on purpose: a last Promotion that did not
succeed makes the Stage Unhealthy. The Applications are checked and shown in every case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import items, mapping, text
from promoter_view.stages.checks import CheckHealth, Judge, Lookup, judge_checks, judging
from promoter_view.stages.health import ApplicationHealth, Health, worst

SUCCEEDED = "Succeeded"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a Stage, without its times. ``status`` is True, False or Unknown; ``reason`` is one word."""

    status: str
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class StageHealth:
    """A Stage assessed. ``state`` None: there is nothing to say of it (no Freight yet, or it controls flow only).

    ``checks`` are those of its last Promotion, also where something else decided. ``condition`` is None for a Stage
    that controls flow only.
    """

    state: Health | None
    issues: tuple[str, ...] = ()
    checks: tuple[CheckHealth, ...] = ()
    condition: Condition | None = None

    @property
    def applications(self) -> Iterator[ApplicationHealth]:
        """Each Application of each check, in the order of the checks."""
        return (application for check in self.checks for application in check.applications)


def assess(
    stage: Mapping[str, Any],
    lookup: Lookup,
    *,
    default_namespace: str,
    earlier_checks: Sequence[Any] = (),
) -> StageHealth:
    """The health of a decoded Stage.

    ``default_namespace`` is where Argo CD lives. ``earlier_checks`` is the healthChecks list of the last Promotion that
    succeeded: what is checked while the last one did not, and registered none.
    """
    return assess_by(stage, judging(lookup), default_namespace=default_namespace, earlier_checks=earlier_checks)


def assess_by(
    stage: Mapping[str, Any], judge: Judge, *, default_namespace: str, earlier_checks: Sequence[Any] = ()
) -> StageHealth:
    """The same, by verdicts that are given."""
    if is_control_flow(stage):
        return StageHealth(None)
    checks = judge_checks(registered_checks(stage) or earlier_checks, judge, default_namespace=default_namespace)
    found = next(case for row in CASES if (case := row(stage, checks)) is not None)
    return StageHealth(found.state, found.issues, checks, found.condition)


def is_control_flow(stage: Mapping[str, Any]) -> bool:
    """Whether it has no promotion steps: Freight flows through it, and it has no health."""
    steps = mapping(stage, "spec", "promotionTemplate", "spec").get("steps")
    return not (isinstance(steps, list) and steps)


def registered_checks(stage: Mapping[str, Any]) -> Sequence[Any]:
    """The health checks of the copy of its last Promotion, as they stand there."""
    return items(stage, "status", "lastPromotion", "status", "healthChecks")


Case = Callable[[Mapping[str, Any], tuple[CheckHealth, ...]], StageHealth | None]


def _promoting(stage: Mapping[str, Any], _: tuple[CheckHealth, ...]) -> StageHealth | None:
    current = mapping(stage, "status", "currentPromotion")
    if not current:
        return None
    issue = f"Promotion {text(current, 'name')} is currently in progress"
    condition = Condition("Unknown", "ActivePromotion", "Stage has a Promotion in progress")
    return StageHealth(Health.UNKNOWN, (issue,), condition=condition)


def _of_targets(stage: Mapping[str, Any], _: tuple[CheckHealth, ...]) -> StageHealth | None:
    """A Stage with Targets: its Promotions are theirs, and it names the PromotionRequest of them all."""
    status = mapping(stage, "status")
    asked = mapping(status, "currentPromotionRequest") or mapping(status, "lastPromotionRequest")
    if not asked or mapping(status, "lastPromotion"):
        return None
    words = f"PromotionRequest {text(asked, 'name')} {text(asked, 'phase') or 'Unknown'}: Targets are not looked at"
    return StageHealth(Health.UNKNOWN, (words,), condition=Condition("Unknown", "TargetsNotSupported", words))


def _never_promoted(stage: Mapping[str, Any], _: tuple[CheckHealth, ...]) -> StageHealth | None:
    if mapping(stage, "status", "lastPromotion"):
        return None
    return StageHealth(None, condition=Condition("Unknown", "NoFreight", "Stage has no current Freight"))


def _failed(stage: Mapping[str, Any], _: tuple[CheckHealth, ...]) -> StageHealth | None:
    last = mapping(stage, "status", "lastPromotion")
    phase = text(last, "status", "phase")
    if phase == SUCCEEDED:
        return None
    phase = phase or "Unknown"
    message = text(last, "status", "message")
    issue = f"last Promotion {text(last, 'name')} {phase}" + (f": {message}" if message else "")
    return StageHealth(Health.UNHEALTHY, (issue,), condition=Condition("False", f"LastPromotion{phase}", issue))


def _checked(_: Mapping[str, Any], checks: tuple[CheckHealth, ...]) -> StageHealth:
    state = worst(check.state for check in checks)
    issues = tuple(issue for check in checks for issue in check.issues)
    return StageHealth(state, issues, condition=_condition(state, len(issues), len(checks)))


#: In this order; the last always applies.
CASES: tuple[Case, ...] = (_promoting, _of_targets, _never_promoted, _failed, _checked)


def _condition(state: Health, issues: int, checks: int) -> Condition:
    if state is Health.HEALTHY:
        return Condition("True", state, f"Stage is healthy (performed {checks} health checks)")
    if state is Health.UNHEALTHY:
        return Condition("False", state, f"Stage is unhealthy ({issues} issues in {checks} health checks)")
    return Condition("Unknown", state)
