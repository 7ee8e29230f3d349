"""What Stage.status.health tells of the Applications checked, in the shape that Kargo's dashboard reads. Pure.

Times that tick are left out, so that equal observations give equal bytes; so is what of an Application's sources may
carry secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.decoded import items, mapping, mappings, text, texts
from promoter_view.stages.assessment import StageHealth
from promoter_view.stages.checks import CheckHealth
from promoter_view.stages.health import ApplicationHealth
from promoter_view.urls import public_url


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
    if not state:
        return {}
    found: dict[str, Any] = {
        "operation": _asked_for(mapping(state, "operation")),
        **_texts(state, "phase", "message", "finishedAt"),
    }
    result = state.get("syncResult")
    return {**found, "syncResult": _result(result)} if isinstance(result, dict) else found


def _asked_for(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Whether and how often it is tried again is not kept in the log: that reads as never."""
    begun_by = {**_texts(mapping(operation, "initiatedBy"), "username"), **_true(operation, "initiatedBy", "automated")}
    found: dict[str, Any] = {"initiatedBy": begun_by, "retry": {}}
    if info := [_texts(item, "name", "value") for item in mappings(operation, "info")]:
        found["info"] = info
    if isinstance(operation.get("sync"), dict):
        lists = {name: told for name in ("syncOptions", "revisions") if (told := texts(operation, "sync", name))}
        found["sync"] = {**lists, **_true(operation, "sync", "prune")}
    return found


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    found = {**_revisions(result), "source": _source(mapping(result, "source"))}
    sources = [_source(each) for each in mappings(result, "sources")]
    return {**found, "sources": sources} if sources else found


def _source(source: Mapping[str, Any]) -> dict[str, str]:
    """What of a source holds no secret."""
    return {"repoURL": public_url(text(source, "repoURL")), **_texts(source, "targetRevision", "chart")}


def _true(found: Mapping[str, Any], *path: str) -> dict[str, bool]:
    return {path[-1]: True} if mapping(found, *path[:-1]).get(path[-1]) is True else {}


def _revisions(result: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _texts(result, "revision")
    if items(result, "revisions"):
        found["revisions"] = texts(result, "revisions")
    return found


def _texts(found: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := text(found, name))}
