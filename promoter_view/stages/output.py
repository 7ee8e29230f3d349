"""What Stage.status.health tells of the Applications checked, in the shape that Kargo's dashboard reads. Pure.

Times that tick are left out, so that equal observations give equal bytes; so is all of an Application that may carry
secrets (its sources, also those inside operationState).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.decoded import items, mapping, mappings, text, texts
from promoter_view.stages.assessment import StageHealth
from promoter_view.stages.checks import CheckHealth
from promoter_view.stages.health import ApplicationHealth


def health_status(health: StageHealth) -> dict[str, Any] | None:
    """The value of Stage.status.health; None where it is absent."""
    if health.state is None:
        return None
    found: dict[str, Any] = {"status": str(health.state)}
    if health.issues:
        found["issues"] = list(health.issues)
    output = [_of_check(check) for check in health.checks if check.applications]
    return {**found, "output": output} if output else found


def _of_check(check: CheckHealth) -> dict[str, Any]:
    return {"applicationStatuses": [_of_application(application) for application in check.applications]}


def _of_application(application: ApplicationHealth) -> dict[str, Any]:
    names = {"Namespace": application.wanted.namespace, "Name": application.wanted.name}
    if application.found is None:
        return {**names, "health": {"status": "Unknown"}, "sync": {"status": "Unknown"}}
    status = mapping(application.found.document, "status")
    found: dict[str, Any] = {
        **names,
        "health": _texts(mapping(status, "health"), "status"),
        "sync": {**_texts(mapping(status, "sync"), "status"), **_revisions(mapping(status, "sync"))},
        "conditions": [_texts(item, "type", "message") for item in mappings(status, "conditions")],
        "operationState": _operation(mapping(status, "operationState")),
    }
    return {name: value for name, value in found.items() if value or name in ("health", "sync")}


def _operation(state: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "initiatedBy": _texts(mapping(state, "operation", "initiatedBy"), "username"),
        "info": [_texts(item, "name", "value") for item in mappings(state, "operation", "info")],
    }
    found: dict[str, Any] = {
        "operation": {name: value for name, value in operation.items() if value},
        **_texts(state, "phase", "message", "finishedAt"),
        "syncResult": _revisions(mapping(state, "syncResult")),
    }
    return {name: value for name, value in found.items() if value}


def _revisions(result: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _texts(result, "revision")
    if items(result, "revisions"):
        found["revisions"] = texts(result, "revisions")
    return found


def _texts(found: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := text(found, name))}
