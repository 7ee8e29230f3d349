"""Schemas of OpenAPI documents: adopted from another document, and rewritten from version 3 to version 2. Pure.

Total over any JSON: what is no schema becomes a plain object, and so does what is nested too deeply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND, V3_REFERENCE, Schemas

Schema = dict[str, Any]

V2_REFERENCE = "#/definitions/"

_UNKNOWN_FIELDS = "x-kubernetes-preserve-unknown-fields"
_MAX_DEPTH = 100
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("items", "not", "additionalProperties")
#: The keywords that hold schemas, and what each must be to do so.
_HOLDS: Mapping[str, type | tuple[type, ...]] = {
    "properties": dict,
    "items": dict,
    "not": dict,
    "additionalProperties": (dict, bool),
    **dict.fromkeys(_LISTS, list),
}
#: What version 2 does not know, and defaults, which kube-apiserver leaves out there.
_NOT_IN_V2 = frozenset(("allOf", "anyOf", "oneOf", "not", "nullable", "default"))


def plain_object(description: str = "") -> Schema:
    """An object of which nothing is known."""
    described = {"description": description} if description else {}
    return {**described, "type": "object", _UNKNOWN_FIELDS: True}


def reference(name: str) -> Schema:
    """A reference to that schema, as version 3 has it."""
    return {"$ref": V3_REFERENCE + name}


def described_reference(name: str, description: str) -> Schema:
    """The same with words of its own: in version 3 nothing may stand beside $ref."""
    return {"description": description, "allOf": [reference(name)]}


def adopt(source: Schemas, names: Mapping[str, str], rename: Callable[[str], str]) -> dict[str, Schema]:
    """The schemas of ``names`` (theirs to ours) and all that they refer to, which is called what ``rename`` says.

    None of them says any more which kind it is: that is for the one who serves it to say, and one malformed copy would
    break the cluster's merged document.
    """

    def our_name(name: str) -> str:
        return names.get(name) or rename(name)

    adopted: dict[str, Schema] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if our_name(name) not in adopted:
            adopted[our_name(name)] = _adopted(source.get(name), our_name)
            waiting += _references(source.get(name))
    return adopted


def to_v2(schema: Any, depth: int = 0) -> Schema:
    """A version 3 schema as version 2, with the losses that kube-apiserver's own has (apiextensions, openapi/v2)."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return {_UNKNOWN_FIELDS: True}
    found = {key: value for key, value in schema.items() if key not in _NOT_IN_V2}
    referred = _only_reference(schema)
    if referred:
        return {**found, "$ref": V2_REFERENCE + referred}
    _drop_untyped(found, schema)
    _drop_nullable_required(found, schema)
    return _mapped(found, lambda part: to_v2(part, depth + 1))


def _adopted(schema: Any, our_name: Callable[[str], str], depth: int = 0) -> Schema:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return plain_object()
    found = _mapped(schema, lambda part: _adopted(part, our_name, depth + 1))
    found.pop(GROUP_VERSION_KIND, None)
    found.pop("$ref", None)
    referred = _referred(schema)
    return {**found, **reference(our_name(referred))} if referred else found


def _references(schema: Any, depth: int = 0) -> Iterator[str]:
    """The names of all schemas that this one refers to, with repetitions."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    referred = _referred(schema)
    if referred:
        yield referred
    for part in _parts(schema):
        yield from _references(part, depth + 1)


def _referred(schema: Mapping[str, Any]) -> str:
    """What that schema itself refers to in its own document; "" for nothing."""
    found = schema.get("$ref")
    return found.removeprefix(V3_REFERENCE) if isinstance(found, str) and found.startswith(V3_REFERENCE) else ""


def _only_reference(schema: Mapping[str, Any]) -> str:
    """What a schema refers to and is nothing else than; "" for nothing. Beside a $ref nothing counts."""
    alone = schema.get("allOf")
    single = alone[0] if isinstance(alone, list) and len(alone) == 1 else None
    return _referred(schema) or (_referred(single) if isinstance(single, dict) else "")


def _drop_untyped(found: Schema, schema: Mapping[str, Any]) -> None:
    """kubectl cannot read version 2 where fields or items are told of what may be null or hold unknown fields."""
    unknown, nullable = schema.get(_UNKNOWN_FIELDS) is True, schema.get("nullable") is True
    if unknown or nullable:
        found.pop("items", None)
        found.pop("properties", None)
    has_type = found.get("type")
    if nullable or (unknown and has_type == "object") or (has_type == "array" and "items" not in found):
        found.pop("type", None)


def _drop_nullable_required(found: Schema, schema: Mapping[str, Any]) -> None:
    required = found.pop("required", None)
    if not isinstance(required, list) or _is_nullable(schema.get("additionalProperties")):
        return
    properties = schema.get("properties")
    told = properties if isinstance(properties, dict) else {}
    kept = [name for name in required if isinstance(name, str) and not _is_nullable(told.get(name))]
    if kept:
        found["required"] = kept


def _is_nullable(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("nullable") is True


def _mapped(schema: Mapping[str, Any], change: Callable[[Any], Schema]) -> Schema:
    """The schema with each schema in it changed; a keyword that holds no schema where there must be one is left out."""
    found = {key: value for key, value in schema.items() if key not in _HOLDS or _held(schema, key) is not None}
    if "properties" in found:
        found["properties"] = {name: change(part) for name, part in found["properties"].items()}
    for key in _SINGLE:
        if isinstance(found.get(key), dict):
            found[key] = change(found[key])
    for key in _LISTS:
        if key in found:
            found[key] = [change(part) for part in found[key]]
    return found


def _parts(schema: Mapping[str, Any]) -> Iterator[Any]:
    for key in _HOLDS:
        held = _held(schema, key)
        if isinstance(held, list):
            yield from held
        elif key == "properties" and held:
            yield from held.values()
        else:
            yield held


def _held(schema: Mapping[str, Any], key: str) -> Any:
    """What that keyword holds, None where it is not there or of the wrong type."""
    value = schema.get(key)
    return value if isinstance(value, _HOLDS[key]) else None
