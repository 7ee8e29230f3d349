"""What the simulator says of itself: discovery documents, version and OpenAPI. Pure.

Enough for kubectl and client-go's discovery. OpenAPI has no schemas; it says of each resource only that the server
validates fields, so that kubectl does not try to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.kubernetes.kinds import Kind
from promoter_view.simulator.kubernetes import reviews

_VERBS = ("create", "delete", "get", "list", "patch", "update", "watch")
_SHORT_NAMES = {"namespaces": ("ns",), "nodes": ("no",), "pods": ("po",), "customresourcedefinitions": ("crd", "crds")}

VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.3+simulator", "platform": "simulator"}
OPENAPI_V2 = {
    "swagger": "2.0",
    "info": {"title": "Kubernetes", "version": "v1.36.3"},
    "paths": {},
    "definitions": {},
}


def find(segments: Sequence[str], kinds: Sequence[Kind]) -> dict[str, Any] | None:
    """The document at a path that is not a resource's; None where there is none."""
    fixed: dict[tuple[str, ...], dict[str, Any]] = {
        ("api",): {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        ("apis",): {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(kinds)},
        ("apis", reviews.GROUP, reviews.VERSION): _resource_list(reviews.GROUP, reviews.VERSION, reviews.RESOURCES),
        ("version",): VERSION,
        ("openapi", "v2"): OPENAPI_V2,
        ("openapi", "v3"): {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in _paths(kinds)}},
    }
    found = fixed.get(tuple(segments))
    if found is not None:
        return found
    if list(segments[:2]) == ["openapi", "v3"]:
        return _openapi("/".join(segments[2:]), kinds)
    if list(segments) == ["api", "v1"]:
        return _resources("", "v1", kinds)
    if len(segments) == 2 and segments[0] == "apis":
        return _one_group(segments[1], kinds)
    if len(segments) == 3 and segments[0] == "apis":
        return _resources(segments[1], segments[2], kinds)
    return None


def _groups(kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    return [_group(name, kinds) for name in sorted({reviews.GROUP, *(kind.group for kind in kinds if kind.group)})]


def _one_group(name: str, kinds: Sequence[Kind]) -> dict[str, Any] | None:
    if name not in {reviews.GROUP, *(kind.group for kind in kinds if kind.group)}:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, kinds)}


def _group(name: str, kinds: Sequence[Kind]) -> dict[str, Any]:
    found = [reviews.VERSION] if name == reviews.GROUP else sorted({it.version for it in kinds if it.group == name})
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in found]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resources(group: str, version: str, kinds: Sequence[Kind]) -> dict[str, Any] | None:
    found = [kind for kind in kinds if (kind.group, kind.version) == (group, version)]
    if not found:
        return None
    return _resource_list(group, version, [resource for kind in found for resource in _resources_of(kind)])


def _resource_list(group: str, version: str, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    name = f"{group}/{version}".lstrip("/")
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}


def _resources_of(kind: Kind) -> list[dict[str, Any]]:
    return [_resource(kind), _status(kind)] if kind.has_status else [_resource(kind)]


def _resource(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.plural,
        "singularName": kind.kind.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(_VERBS),
        "shortNames": list(_SHORT_NAMES.get(kind.plural, ())),
    }


def _status(kind: Kind) -> dict[str, Any]:
    return {
        "name": f"{kind.plural}/status",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": ["get", "patch", "update"],
    }


def _path(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"


def _paths(kinds: Sequence[Kind]) -> list[str]:
    return sorted({_path(kind) for kind in kinds})


def _openapi(path: str, kinds: Sequence[Kind]) -> dict[str, Any] | None:
    found = [kind for kind in kinds if _path(kind) == path]
    if not found:
        return None
    paths = {f"/{path}/{kind.plural}/{{name}}": {"patch": _operation(kind)} for kind in found}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.3"}, "paths": paths}


def _operation(kind: Kind) -> dict[str, Any]:
    return {
        "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
    }
