"""The schemas of the views: our own kinds and lists, and the members' own as the cluster publishes them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from promoter_view.api.openapi.meta import KUBERNETES_NAMES, LIST_META, OBJECT_META, STATUS, meta_schemas
from promoter_view.api.openapi.schemas import Schema, adopt, described_reference, plain_object, reference
from promoter_view.kubernetes.kinds import Kind
from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND, Schemas, name_of, schemas_of
from promoter_view.views.definition import GROUP, VERSION, Member, ViewDefinition

#: Our schemas are named below our group, as kube-apiserver names those of custom resources.
_OURS = ".".join((*reversed(GROUP.split(".")), VERSION, ""))
_OF_META = (OBJECT_META, LIST_META, STATUS)
_KIND = "The kind of this object."
_API_VERSION = "The group and version of this object's kind."


def schema_name(kind: str) -> str:
    """What the schema of that kind, a view's or a member's, is called in our documents."""
    return _OURS + kind


def group_versions(definitions: Iterable[ViewDefinition]) -> tuple[str, ...]:
    """``group/version`` of all members: those whose documents of the cluster are wanted."""
    return tuple(dict.fromkeys(kind.api_version for kind in _member_kinds(definitions)))


def view_schemas(definitions: Sequence[ViewDefinition], documents: Mapping[str, Any]) -> dict[str, Schema]:
    """All schemas by name. ``documents``: the cluster's version 3 documents by ``group/version``, as far as known."""
    schemas = meta_schemas()
    for api_version in group_versions(definitions):
        schemas |= _adopted(schemas_of(documents.get(api_version)), api_version, definitions)
    for kind in _member_kinds(definitions):
        schemas.setdefault(schema_name(kind.kind), plain_object(_unknown(kind)))
    for definition in definitions:
        schemas[schema_name(definition.kind)] = _bundle(definition)
        schemas[schema_name(definition.list_kind)] = _list(definition)
    return schemas


def _member_kinds(definitions: Iterable[ViewDefinition]) -> list[Kind]:
    return list(dict.fromkeys(kind for each in definitions for kind in each.resources))


def _adopted(source: Schemas, api_version: str, definitions: Sequence[ViewDefinition]) -> dict[str, Schema]:
    wanted = [kind for kind in _member_kinds(definitions) if kind.api_version == api_version]
    named = [(name_of(kind, source), schema_name(kind.kind)) for kind in wanted]
    names = {theirs: ours for theirs, ours in named if theirs is not None}
    of_meta = {name: name for name in _OF_META if name in source}
    return adopt(source, names | of_meta, _name_here)


def _name_here(name: str) -> str:
    return name if name.startswith(KUBERNETES_NAMES) else _OURS + name


def _unknown(kind: Kind) -> str:
    return f"A {kind.kind} of {kind.api_version}. The cluster does not publish its fields."


def _bundle(definition: ViewDefinition) -> Schema:
    root = {definition.root_field: described_reference(schema_name(definition.root.kind), definition.root_description)}
    return {
        "description": definition.description,
        "type": "object",
        "required": [definition.root_field],
        "properties": {
            "kind": _string(_KIND),
            "apiVersion": _string(_API_VERSION),
            "metadata": described_reference(
                OBJECT_META,
                f"Name, namespace, labels and creationTimestamp are the same as in the {definition.root.kind}, which "
                f"is its "
                "owner. The resourceVersion belongs to this API: it orders all changes that the API serves.",
            ),
            **root,
            **{member.field: _member(member) for member in definition.members},
            **{computed.field: dict(computed.schema) for computed in definition.computed},
            **({} if definition.status is None else {"status": dict(definition.status.schema)}),
        },
        GROUP_VERSION_KIND: [_group_version_kind(definition.kind)],
    }


def _list(definition: ViewDefinition) -> Schema:
    items = {
        "description": "The objects, by namespace and name.",
        "type": "array",
        "items": reference(schema_name(definition.kind)),
    }
    return {
        "description": f"A list of {definition.kind}, all as of one moment.",
        "type": "object",
        "required": ["items"],
        "properties": {
            "kind": _string(_KIND),
            "apiVersion": _string(_API_VERSION),
            "metadata": described_reference(LIST_META, "The list's resourceVersion and the token for its next page."),
            "items": items,
        },
        GROUP_VERSION_KIND: [_group_version_kind(definition.list_kind)],
    }


def _member(member: Member) -> Schema:
    name = schema_name(member.kind)
    if not member.many:
        return described_reference(name, member.description)
    return {"description": member.description, "type": "array", "items": reference(name)}


def _string(description: str) -> Schema:
    return {"description": description, "type": "string"}


def _group_version_kind(kind: str) -> Mapping[str, str]:
    return {"group": GROUP, "version": VERSION, "kind": kind}
