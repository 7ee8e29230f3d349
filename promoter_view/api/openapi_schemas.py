"""Schemas of OpenAPI documents: adopted from another document, and rewritten from version 3 to version 2. Pure.

Total over any JSON: what is no schema becomes a plain object, and so does what is nested too deeply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from promoter_view.kubernetes.kinds import Kind

Schema = dict[str, Any]
Schemas = Mapping[str, Any]

GROUP_VERSION_KIND = "x-kubernetes-group-version-kind"
V3_REFERENCE = "#/components/schemas/"
V2_REFERENCE = "#/definitions/"

_UNKNOWN_FIELDS = "x-kubernetes-preserve-unknown-fields"
_MAX_DEPTH = 100
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("items", "not", "additionalProperties")
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


def schemas_of(document: Any) -> Schemas:
    """The schemas of a version 3 document, none where it has none."""
    components = document.get("components") if isinstance(document, dict) else None
    schemas = components.get("schemas") if isinstance(components, dict) else None
    return schemas if isinstance(schemas, dict) else {}


def name_of(kind: Kind, schemas: Schemas) -> str | None:
    """The name of the schema that says that it is that kind's."""
    wanted = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    for name, schema in schemas.items():
        said = schema.get(GROUP_VERSION_KIND) if isinstance(schema, dict) else None
        if isinstance(said, list) and wanted in said:
            return name
    return None


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
            schema = adopted[our_name(name)] = _adopted(source.get(name), our_name)
            waiting += [each for each in _references(source.get(name)) if our_name(each) not in adopted]
            schema.pop(GROUP_VERSION_KIND, None)
    return adopted


def to_v2(schema: Any, depth: int = 0) -> Schema:
    """A version 3 schema as version 2, with the losses that kube-apiserver's own has (apiextensions, openapi/v2)."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return {_UNKNOWN_FIELDS: True}
    found = {key: value for key, value in schema.items() if key not in _NOT_IN_V2}
    referred = _only_reference(schema)
    if referred:
        return {**found, "$ref": V2_REFERENCE + referred.removeprefix(V3_REFERENCE)}
    _drop_untyped(found, schema)
    _drop_nullable_required(found, schema)
    return _mapped(found, lambda part: to_v2(part, depth + 1))


def _adopted(schema: Any, our_name: Callable[[str], str], depth: int = 0) -> Schema:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return plain_object()
    found = _mapped(schema, lambda part: _adopted(part, our_name, depth + 1))
    referred = schema.get("$ref")
    if isinstance(referred, str):
        found["$ref"] = V3_REFERENCE + our_name(referred.removeprefix(V3_REFERENCE))
    return found


def _references(schema: Any, depth: int = 0) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    referred = schema.get("$ref")
    if isinstance(referred, str):
        yield referred.removeprefix(V3_REFERENCE)
    for part in _parts(schema):
        yield from _references(part, depth + 1)


def _only_reference(schema: Mapping[str, Any]) -> str:
    """What a schema refers to and is nothing else than; "" for none."""
    alone = schema.get("allOf")
    single = alone[0] if isinstance(alone, list) and len(alone) == 1 else schema
    referred = single.get("$ref") if isinstance(single, dict) else None
    return referred if isinstance(referred, str) else ""


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
    kept = [name for name in required if not (isinstance(name, str) and _is_nullable(told.get(name)))]
    if kept:
        found["required"] = kept


def _is_nullable(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("nullable") is True


def _mapped(schema: Mapping[str, Any], change: Callable[[Any], Schema]) -> Schema:
    """The schema with each schema in it changed."""
    found = dict(schema)
    properties = found.get("properties")
    if isinstance(properties, dict):
        found["properties"] = {name: change(part) for name, part in properties.items()}
    for key in _SINGLE:
        if isinstance(found.get(key), dict):
            found[key] = change(found[key])
    for key in _LISTS:
        if isinstance(found.get(key), list):
            found[key] = [change(part) for part in found[key]]
    return found


def _parts(schema: Mapping[str, Any]) -> Iterator[Any]:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from properties.values()
    yield from (schema[key] for key in _SINGLE if key in schema)
    for key in _LISTS:
        if isinstance(schema.get(key), list):
            yield from schema[key]
