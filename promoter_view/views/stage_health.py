"""The field ``health`` of StageDetails: the Stage's state, why, and the verdict on each Application. Pure.

What is decided is decided in ``stages``; here is how it is told. Of an Application that does not authorize the Stage
nothing is told but the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.stages.assessment import SUCCEEDED, assess
from promoter_view.stages.authorization import StageKey, authorization_of
from promoter_view.stages.checks import run_checks
from promoter_view.stages.health import ApplicationHealth, Found, Unreadable, worst
from promoter_view.views.definition import Computed, Members

_Name = tuple[str, str]

_LOST = Unreadable("it is not there, or no longer authorizes this Stage")


@dataclass(frozen=True, slots=True)
class _Applications:
    """The Applications of a bundle by namespace and name."""

    stage: StageKey
    documents: Mapping[_Name, Mapping[str, Any]]

    def find(self, namespace: str, name: str) -> Found:
        """What a check looks at."""
        return self.documents.get((namespace, name))

    def find_earlier(self, namespace: str, name: str) -> Found:
        """The same for a check that is not the Stage's own any more: what is not here may still be there."""
        return self.documents.get((namespace, name), _LOST)

    def is_told(self, checked: ApplicationHealth) -> bool:
        """Whether more than the verdict may be told."""
        return checked.document is None or self.stage in authorization_of(checked.document).stages


def stage_health(default_namespace: str) -> Computed:
    """The field. ``default_namespace``: of Applications that a check names without one."""

    def compute(stage: Mapping[str, Any], members: Members) -> Mapping[str, Any] | None:
        return _health(stage, members, default_namespace)

    return Computed("health", frozenset(("Application",)), compute, _SCHEMA)


def _health(stage: Mapping[str, Any], members: Members, default_namespace: str) -> Mapping[str, Any] | None:
    key = StageKey(text(stage, "metadata", "namespace"), text(stage, "metadata", "name"))
    applications = _Applications(key, {_name(each): each for each in members("applications")})
    found = assess(stage, applications.find, default_namespace=default_namespace)
    checked = tuple(found.applications)
    if found.state is not None and not found.checks:
        earlier = _checks_of_last_success(stage, members)
        checks = run_checks(earlier, applications.find_earlier, default_namespace=default_namespace)
        checked = tuple(each for check in checks for each in check.applications)
    if found.state is None:
        return None
    issues = _told_issues(found.issues, checked, applications)
    told = {"status": str(found.state), "issues": issues, "checks": _checks(checked, applications)}
    return {name: value for name, value in told.items() if value}


def _checks_of_last_success(stage: Mapping[str, Any], members: Members) -> Sequence[Any]:
    """What was checked before the last Promotion did not succeed."""
    if text(stage, "status", "lastPromotion", "status", "phase") == SUCCEEDED:
        return ()
    succeeded = [each for each in members("promotions") if text(each, "status", "phase") == SUCCEEDED]
    checks = mapping(succeeded[-1], "status").get("healthChecks") if succeeded else None
    return checks if isinstance(checks, list) else ()


def _told_issues(issues: Iterable[str], checked: Iterable[ApplicationHealth], applications: _Applications) -> list[str]:
    instead = {issue: _untold(each) for each in checked if not applications.is_told(each) for issue in each.issues}
    return list(dict.fromkeys(instead.get(issue, issue) for issue in issues))


def _untold(checked: ApplicationHealth) -> str:
    return f"Application {checked.wanted} is {checked.state}; it does not authorize this Stage, so no more is told"


def _checks(checked: Iterable[ApplicationHealth], applications: _Applications) -> list[dict[str, Any]]:
    """One entry an Application, however many checks name it."""
    by_name: dict[_Name, list[ApplicationHealth]] = {}
    for each in checked:
        by_name.setdefault((each.wanted.namespace, each.wanted.name), []).append(each)
    return [_entry(several, applications) for several in by_name.values()]


def _entry(several: Sequence[ApplicationHealth], applications: _Applications) -> dict[str, Any]:
    first = several[0]
    issues = [issue for each in several for issue in each.issues]
    told = {
        "name": first.wanted.name,
        "namespace": first.wanted.namespace,
        "status": str(worst(each.state for each in several)),
        "issues": _told_issues(issues, several, applications),
        "revisionWanted": _joined(each.wanted.revisions for each in several),
        "revisionSeen": _joined([first.seen]) if applications.is_told(first) else "",
    }
    return {name: value for name, value in told.items() if value}


def _joined(wishes: Iterable[Sequence[str]]) -> str:
    """``abc``, or for several sources ``abc, any``; "" where there is nothing to say."""
    told = dict.fromkeys(", ".join(each or "any" for each in wish) for wish in wishes if any(wish))
    return "; ".join(told)


def _name(document: Mapping[str, Any]) -> _Name:
    return text(document, "metadata", "namespace"), text(document, "metadata", "name")


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "type": "string"}


_ISSUES = {"description": "Why it is not Healthy, in words.", "type": "array", "items": {"type": "string"}}
_STATES = "Healthy, Progressing, Unknown or Unhealthy"
_SCHEMA = {
    "description": "The Stage's health, worked out anew with each change of what it depends on. Left out while nothing "
    "was promoted to the Stage, and for Stages without promotion steps.",
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": _text(
            f"{_STATES}: Unknown while a Promotion is under way, Unhealthy when the last one did not succeed, else the "
            "worst of the checks; Healthy without any."
        ),
        "issues": _ISSUES,
        "checks": {
            "description": "The Applications that the last Promotion's health checks name; where it did not succeed "
            "and named none, those of the last one that did.",
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
                        "The revision that it is to be synced to; of several sources each, any "
                        "where it does not matter."
                    ),
                    "revisionSeen": _text(
                        "The revision that it is synced to; left out where it does not authorize the Stage."
                    ),
                },
            },
        },
    },
}
