"""Schemas of OpenAPI 3 from a short notation, and CustomResourceDefinitions around them. Pure.

A mapping is an object (a key that ends in ``!`` is required), a list of one an array, a tuple an enum of strings, a set
of one a map from strings to it, ``ANY`` whatever comes, a string the name of a scalar: string, time, integer, boolean;
``Default`` says what a field is where nobody sets it, ``Nullable`` that null may stand there. A field that a mapping
does not name is pruned, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ANY = object()
#: In a difference: the field is gone.
GONE = object()
#: A CustomResourceDefinition as a document.
Definition = dict[str, Any]
_SCALARS = {
    "string": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer", "format": "int64"},
    "boolean": {"type": "boolean"},
}


@dataclass(frozen=True, slots=True)
class Default:
    """A shape, and its value where an object has none."""

    shape: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Nullable:
    """A shape in the place of which null may stand."""

    shape: Any


def schema(shape: Any) -> dict[str, Any]:
    """The schema of a shape."""
    if isinstance(shape, dict):
        return _object(shape)
    if isinstance(shape, list):
        return {"type": "array", "items": schema(shape[0])}
    if isinstance(shape, frozenset):
        return {"type": "object", "additionalProperties": schema(*shape)}
    if isinstance(shape, Default):
        return {**schema(shape.shape), "default": shape.value}
    if isinstance(shape, Nullable):
        return {**schema(shape.shape), "nullable": True}
    return _leaf(shape)


def _object(shape: dict[str, Any]) -> dict[str, Any]:
    required = [name[:-1] for name in shape if name.endswith("!")]
    properties = {name.removesuffix("!"): schema(inner) for name, inner in shape.items()}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _leaf(shape: Any) -> dict[str, Any]:
    if shape is ANY:
        return {"x-kubernetes-preserve-unknown-fields": True}
    return {"type": "string", "enum": list(shape)} if isinstance(shape, tuple) else _SCALARS[shape]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as its project publishes it, as far as tests turn on it. ``columns``: name and JSON path."""

    name: str
    plural: str
    about: str
    spec: Any = field(default_factory=dict)
    status: Any = field(default_factory=dict)
    short: tuple[str, ...] = ()
    cluster_wide: bool = False
    columns: tuple[tuple[str, str], ...] = ()
    top: dict[str, Any] = field(default_factory=dict)
    spec_required: bool = False
    status_subresource: bool = True


def changed(kind: Kind, differences: Mapping[str, Any]) -> Kind:
    """The kind of a later release: its shape by dotted paths (``status.history``, through lists as well).

    A path ends in ``!`` as a key does. Errors: KeyError for a field that is to go and is not there.
    """
    whole = {"spec": kind.spec, "status": kind.status}
    for path, shape in differences.items():
        whole = _changed(whole, path.split("."), shape)
    return replace(kind, spec=whole["spec"], status=whole["status"])


def _changed(shape: Any, path: list[str], new: Any) -> Any:
    if isinstance(shape, list):
        return [_changed(shape[0], path, new)]
    name = path[0].removesuffix("!")
    found = next((key for key in (name, f"{name}!") if key in shape), None)
    if len(path) > 1:
        if found is None:
            raise KeyError(name)
        return {key: _changed(inner, path[1:], new) if key == found else inner for key, inner in shape.items()}
    rest = {key: inner for key, inner in shape.items() if key != found}
    if new is GONE:
        if found is None:
            raise KeyError(name)
        return rest
    return {**rest, path[0]: new}


def definition(group: str, kind: Kind) -> Definition:
    """Its CustomResourceDefinition (apiextensions.k8s.io/v1), of the one version v1alpha1."""
    singular = kind.name.lower()
    names = {"kind": kind.name, "listKind": f"{kind.name}List", "plural": kind.plural, "singular": singular}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _whole(kind)},
        "subresources": {"status": {}} if kind.status_subresource else {},
        "additionalPrinterColumns": [{"name": name, "type": "string", "jsonPath": path} for name, path in kind.columns],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster" if kind.cluster_wide else "Namespaced",
            "names": {**names, **({"shortNames": list(kind.short)} if kind.short else {})},
            "versions": [version],
        },
    }


def _whole(kind: Kind) -> dict[str, Any]:
    told = schema({"spec!" if kind.spec_required else "spec": kind.spec, "status": kind.status, **kind.top})
    properties = {
        "apiVersion": {"type": "string", "description": "The version of this object's schema."},
        "kind": {"type": "string", "description": "The kind of this object."},
        "metadata": {"type": "object"},
    }
    return {**told, "description": kind.about, "properties": {**told["properties"], **properties}}
