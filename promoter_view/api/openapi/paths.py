"""The operations on the views' paths, as OpenAPI 3 and as OpenAPI 2 tell of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from promoter_view.api.openapi.meta import STATUS
from promoter_view.api.openapi.schemas import V2_REFERENCE, reference
from promoter_view.api.openapi.views import schema_name
from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND
from promoter_view.views.definition import GROUP, VERSION

_MEDIA_TYPES = ("application/json", "application/yaml")
_FAILED = "The request was refused or failed: a Status says why."
#: The group and version as one word, as kube-apiserver tags operations.
_TAG = "".join(part.capitalize() for part in GROUP.split("."))
_TAG = f"{_TAG[0].lower()}{_TAG[1:]}_{VERSION}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a request; ``place`` is query or path."""

    name: str
    type: str
    description: str
    place: str = "query"


@dataclass(frozen=True, slots=True)
class Operation:
    """A GET on ``path``; ``returns`` names a schema."""

    path: str
    action: str
    id: str
    kind: str
    description: str
    returns: str
    parameters: tuple[Parameter, ...]


NAMESPACE = Parameter("namespace", "string", "The namespace.", "path")
_NAME = Parameter("name", "string", "The object's name.", "path")
PRETTY = Parameter("pretty", "string", "true: the answer is indented.")
_GET_VERSION = Parameter("resourceVersion", "string", "The answer must not be older than this.")
#: Of what is read as it was at a moment.
AT = Parameter(
    "at",
    "string",
    "The state of a moment of the past: a time such as 2026-11-30T09:30:00Z, how long ago, such as -2h, or a "
    "resourceVersion.",
)
_LIST_PARAMETERS = (
    Parameter(
        "allowWatchBookmarks", "boolean", "For a watch: also send bookmarks, which have the position of the watch."
    ),
    Parameter("continue", "string", "The token of the previous page: gets the next page of the same state."),
    Parameter("fieldSelector", "string", "Only objects with these metadata.name or metadata.namespace (=, ==, !=)."),
    Parameter("labelSelector", "string", "Only objects with these labels."),
    Parameter("limit", "integer", "At most this number of objects; the list says how to get the rest."),
    Parameter(
        "resourceVersion", "string", "For a list: how new it must be. For a watch: the position after which it starts."
    ),
    Parameter("resourceVersionMatch", "string", "How to use resourceVersion: Exact or NotOlderThan."),
    Parameter("sendInitialEvents", "boolean", "For a watch: start with the whole state, then mark its end."),
    Parameter("timeoutSeconds", "integer", "For a watch: end it after this number of seconds."),
    Parameter("watch", "boolean", "Watch for changes instead of listing."),
)


class ListedResource(Protocol):
    """A resource with get, list and watch."""

    @property
    def kind(self) -> str:
        """Of one."""

    @property
    def list_kind(self) -> str:
        """Of a list of them."""

    @property
    def plural(self) -> str:
        """As it stands in paths."""


def operations(definition: ListedResource, *more: Parameter) -> Iterator[Operation]:
    """The operations on one resource, with more parameters of its reads."""
    root = f"/apis/{GROUP}/{VERSION}"
    plural, kind = definition.plural, definition.kind
    here = f"{root}/namespaces/{{namespace}}/{plural}"
    lists = (schema_name(definition.list_kind), (*_LIST_PARAMETERS, *more, PRETTY))
    yield _listing(f"{root}/{plural}", f"list{kind}ForAllNamespaces", kind, *lists)
    yield _listing(here, f"listNamespaced{kind}", kind, lists[0], (*lists[1], NAMESPACE))
    yield Operation(
        path=f"{here}/{{name}}",
        action="get",
        id=f"readNamespaced{kind}",
        kind=kind,
        description=f"Get one {kind}.",
        returns=schema_name(kind),
        parameters=(_GET_VERSION, *more, PRETTY, NAMESPACE, _NAME),
    )


def paths_v3(found: Sequence[Operation]) -> Mapping[str, Any]:
    """``paths`` of a version 3 document."""
    return {each.path: {"get": _operation_v3(each)} for each in found}


def paths_v2(found: Sequence[Operation]) -> Mapping[str, Any]:
    """``paths`` of a version 2 document."""
    return {each.path: {"get": _operation_v2(each)} for each in found}


def _listing(path: str, name: str, kind: str, returns: str, parameters: tuple[Parameter, ...]) -> Operation:
    return Operation(path, "list", name, kind, f"List or watch {kind}.", returns, parameters)


def _operation_v3(operation: Operation) -> Mapping[str, Any]:
    return {
        **_common(operation),
        "parameters": [{**_told(parameter), "schema": {"type": parameter.type}} for parameter in operation.parameters],
        "responses": {
            "200": {"description": "OK", "content": _content(operation.returns)},
            "default": {"description": _FAILED, "content": _content(STATUS)},
        },
    }


def _operation_v2(operation: Operation) -> Mapping[str, Any]:
    return {
        **_common(operation),
        "produces": list(_MEDIA_TYPES),
        "schemes": ["https"],
        "parameters": [{**_told(parameter), "type": parameter.type} for parameter in operation.parameters],
        "responses": {
            "200": {"description": "OK", "schema": {"$ref": V2_REFERENCE + operation.returns}},
            "default": {"description": _FAILED, "schema": {"$ref": V2_REFERENCE + STATUS}},
        },
    }


def _common(operation: Operation) -> Mapping[str, Any]:
    return {
        "tags": [_TAG],
        "description": operation.description,
        "operationId": f"{operation.id}{_TAG}",
        "x-kubernetes-action": operation.action,
        # On operations it is one object, on schemas a list of them.
        GROUP_VERSION_KIND: {"group": GROUP, "version": VERSION, "kind": operation.kind},
    }


def _told(parameter: Parameter) -> Mapping[str, Any]:
    required = {"required": True} if parameter.place == "path" else {}
    return {"name": parameter.name, "in": parameter.place, "description": parameter.description, **required}


def _content(name: str) -> Mapping[str, Any]:
    return {media_type: {"schema": reference(name)} for media_type in _MEDIA_TYPES}
