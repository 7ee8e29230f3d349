"""The field ``health`` of StageDetails: the Stage's state, why, and the verdict on each Application. Pure.

What is decided is decided in ``stages``; here is how it is told. Of an Application that does not authorize the Stage
nothing is told but the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from promoter_view.decoded import items, mapping, text
from promoter_view.stages.application import Application, read_application
from promoter_view.stages.assessment import SUCCEEDED, assess_by
from promoter_view.stages.authorization import StageKey, authorization_of
from promoter_view.stages.checks import judge_checks
from promoter_view.stages.health import (
    ApplicationHealth,
    Found,
    UnreadableAnnotation,
    WantedApplication,
    check_application,
    worst,
)
from promoter_view.views.contents import Contents
from promoter_view.views.definition import Computed, Members

#: Verdicts that are kept: one takes about a kilobyte, and most Applications have one.
_KEPT = 8192
_PROMOTION = "Promotion"
_LOST = UnreadableAnnotation("it is not there, or no longer authorizes this Stage")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """On one Application: what a check says, without the document, and how that is told."""

    health: ApplicationHealth
    issues: tuple[str, ...]
    entry: Mapping[str, Any]


class StageHealthField:
    """Works the field out. Verdicts are kept as long as neither the Application changes nor what is wanted of it, so
    that of a Stage with hundreds of Applications a change of one costs little.

    ``default_namespace``: of Applications that a check names without one.
    """

    def __init__(self, default_namespace: str) -> None:
        self._default_namespace = default_namespace
        self._verdict = lru_cache(maxsize=_KEPT)(_verdict)

    def compute(self, stage: Mapping[str, Any], members: Members) -> Mapping[str, Any] | None:
        """See Computed."""
        key = StageKey(text(stage, "metadata", "namespace"), text(stage, "metadata", "name"))
        bodies = {(each.key.namespace, each.key.name): each.body for each in members("applications")}
        verdicts: list[_Verdict] = []

        def judge(wanted: WantedApplication) -> ApplicationHealth:
            verdicts.append(self._verdict(bodies.get((wanted.namespace, wanted.name)), wanted, key, None))
            return verdicts[-1].health

        def judge_earlier(wanted: WantedApplication) -> ApplicationHealth:
            # It is not the Stage's own any more: what is not here may still be there.
            verdicts.append(self._verdict(bodies.get((wanted.namespace, wanted.name)), wanted, key, _LOST))
            return verdicts[-1].health

        found = assess_by(stage, judge, default_namespace=self._default_namespace)
        if found.state is None:
            return None
        issues = _told_issues(found.issues, verdicts)
        if not found.checks:
            earlier = _checks_of_last_success(stage, members)
            judge_checks(earlier, judge_earlier, default_namespace=self._default_namespace)
        told = {"status": str(found.state), "issues": issues, "checks": _checks(verdicts)}
        return {name: value for name, value in told.items() if value}


def stage_health(default_namespace: str) -> Computed:
    """The field. ``default_namespace``: of Applications that a check names without one."""
    field = StageHealthField(default_namespace)
    return Computed("health", frozenset(("Application",)), field.compute, _SCHEMA, _seen)


def _seen(contents: Contents, hidden: frozenset[str]) -> Mapping[str, Any] | None:
    """Without checks that an earlier Promotion may have wanted, where Promotions may not be seen."""
    if _PROMOTION not in hidden or contents.root(_has_succeeded):
        return None
    return {name: value for name, value in contents.one("health", dict).items() if name != "checks"}


def _has_succeeded(stage: Mapping[str, Any]) -> bool:
    return text(stage, "status", "lastPromotion", "status", "phase") == SUCCEEDED


def _verdict(
    body: bytes | None, wanted: WantedApplication, stage: StageKey, missing: UnreadableAnnotation | None
) -> _Verdict:
    found: Found = missing if body is None else read_application(orjson.loads(body))
    health = replace(check_application(wanted, found), found=None)
    is_told = not isinstance(found, Application) or stage in authorization_of(found.document).stages
    issues = health.issues if is_told else tuple(_untold(health) for _ in health.issues)
    told = {
        "name": wanted.name,
        "namespace": wanted.namespace,
        "status": str(health.state),
        "issues": list(dict.fromkeys(issues)),
        "revisionWanted": _joined([wanted.revisions]),
        "revisionSeen": _joined([health.seen]) if is_told else "",
        "dryRevisionSeen": found.dry_revision if is_told and isinstance(found, Application) else "",
    }
    return _Verdict(health, issues, {name: value for name, value in told.items() if value})


def _untold(checked: ApplicationHealth) -> str:
    return f"Application {checked.wanted} is {checked.state}; it does not authorize this Stage, so no more is told"


def _told_issues(issues: Iterable[str], verdicts: Iterable[_Verdict]) -> list[str]:
    """Those issues, each as it may be told."""
    instead = {issue: told for each in verdicts for issue, told in zip(each.health.issues, each.issues, strict=True)}
    return list(dict.fromkeys(instead.get(issue, issue) for issue in issues))


def _checks_of_last_success(stage: Mapping[str, Any], members: Members) -> Sequence[Any]:
    """What was checked before the last Promotion did not succeed."""
    if _has_succeeded(stage):
        return ()
    for promotion in reversed(members("promotions")):
        status = mapping(orjson.loads(promotion.body), "status")
        if text(status, "phase") == SUCCEEDED:
            return items(status, "healthChecks")
    return ()


def _checks(verdicts: Iterable[_Verdict]) -> list[Mapping[str, Any]]:
    """One entry an Application, however many checks name it."""
    by_name: dict[tuple[str, str], list[_Verdict]] = {}
    for each in verdicts:
        by_name.setdefault((each.health.wanted.namespace, each.health.wanted.name), []).append(each)
    return [several[0].entry if len(several) == 1 else _merged(several) for several in by_name.values()]


def _merged(several: Sequence[_Verdict]) -> Mapping[str, Any]:
    told = {
        **several[0].entry,
        "status": str(worst(each.health.state for each in several)),
        "issues": list(dict.fromkeys(issue for each in several for issue in each.issues)),
        "revisionWanted": _joined(each.health.wanted.revisions for each in several),
    }
    return {name: value for name, value in told.items() if value}


def _joined(wishes: Iterable[Sequence[str]]) -> str:
    """``abc``, or for several sources ``abc, any``; "" where there is nothing to say."""
    told = dict.fromkeys(", ".join(each or "any" for each in wish) for wish in wishes if any(wish))
    return "; ".join(told)


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "type": "string"}


_ISSUES = {"description": "Why it is not Healthy, in words.", "type": "array", "items": {"type": "string"}}
_STATES = "Healthy, Progressing, Unknown or Unhealthy"
_SCHEMA = {
    "description": "The Stage's health, computed at each change of what it depends on. Left out if nothing was "
    "promoted to the Stage, and for Stages without promotion steps.",
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": _text(
            f"{_STATES}: Unknown while a Promotion is running, Unhealthy if the last one did not succeed, else the "
            f"worst result of the checks; Healthy if there are none."
        ),
        "issues": _ISSUES,
        "checks": {
            "description": "The Applications in the health checks of the last Promotion. If it did not succeed and "
            "has no checks, the Applications of the last successful Promotion.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "namespace", "status"],
                "properties": {
                    "name": _text("The Application's name."),
                    "namespace": _text("The Application's namespace."),
                    "status": _text(f"{_STATES}."),
                    "issues": _ISSUES,
                    "revisionWanted": _text(
                        "The desired revision; for several sources the revision of each, `any` if it does not matter."
                    ),
                    "revisionSeen": _text(
                        "The revision to which it is synced; left out if it does not authorize the Stage."
                    ),
                    "dryRevisionSeen": _text(
                        "For an Application with spec.sourceHydrator: the dry commit from which revisionSeen was "
                        "hydrated, if it is known."
                    ),
                },
            },
        },
    },
}
