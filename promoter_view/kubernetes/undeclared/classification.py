"""Which kinds of the group nobody declares, how they belong to a strategy, and what their fields are called. Pure.

A schema tells of a kind whose objects name their strategy. Of any other only its objects tell: those that a strategy, a
ChangeTransferPolicy or a gate controls belong, and those that nothing controls are in no bundle.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.kinds import PROMOTER_GROUP, Kind
from promoter_view.kubernetes.openapi import V3_REFERENCE, Schemas, name_of
from promoter_view.records import UndeclaredKind

#: The group's count of kinds grows by one a month: what is far beyond that is a mistake, or meant to do harm.
MAX_KINDS = 16
#: Never taken up: it tells of the promoter itself and of no strategy.
_NEVER = frozenset({"ControllerConfiguration"})
_VERBS = frozenset({"list", "watch"})
_MAX_REFERENCES = 8


class LeftOut(enum.StrEnum):
    """Why a kind is not taken up, or no longer. The values are the label ``outcome`` of the metric."""

    NO_SCHEMA = "no_schema"
    NAME_TAKEN = "name_taken"
    TOO_MANY_KINDS = "too_many_kinds"
    NOT_PERMITTED = "not_permitted"
    TOO_MANY_OBJECTS = "too_many_objects"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_CHANGES = "too_many_changes"


@dataclass(frozen=True, slots=True)
class Taken:
    """What no undeclared kind may be called: the kinds that are declared, and the fields that a bundle has already."""

    kinds: frozenset[str]
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Classification:
    """The kinds that may be taken up, by field, and why others may not."""

    kinds: tuple[UndeclaredKind, ...] = ()
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)


def field_of(kind: str, plural: str) -> str:
    """The field of a kind's objects, as the declared ones are called: the kind with the plural's ending, in camelCase.

    ``ArgoCDCommitStatus`` with the plural ``argocdcommitstatuses`` gives ``argoCDCommitStatuses``.
    """
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(kind.lower(), plural, strict=False)))
    called = kind[:common] + plural[common:]
    return called[:1].lower() + called[1:]


def resource_of(kind: UndeclaredKind) -> Kind:
    """The resource by which its objects are listed and watched."""
    return Kind(kind.kind, kind.plural, PROMOTER_GROUP, kind.version)


def candidates(resource_list: Any, version: str) -> dict[str, Kind]:
    """By name the namespaced kinds of an APIResourceList of that version that can be listed and watched."""
    found: dict[str, Kind] = {}
    for resource in mappings(resource_list, "resources"):
        kind, plural, verbs = text(resource, "kind"), text(resource, "name"), resource.get("verbs")
        listable = isinstance(verbs, list) and set(filter(_is_text, verbs)) >= _VERBS
        if kind and plural and "/" not in plural and listable and resource.get("namespaced") is True:
            found.setdefault(kind, Kind(kind, plural, PROMOTER_GROUP, version))
    return {name: kind for name, kind in found.items() if name not in _NEVER}


def names_root(kinds: Iterable[Kind], schemas: Schemas) -> dict[str, bool]:
    """By kind whether its objects name their strategy; of kinds that have no schema (yet) nothing."""
    named = ((kind.kind, name_of(kind, schemas)) for kind in kinds)
    return {kind: _has_reference(schemas[name], schemas) for kind, name in named if name is not None}


def classify(
    found: Mapping[str, Kind], known: Mapping[str, bool], *, taken: Taken, in_force: Collection[str] = ()
) -> Classification:
    """``found``: the ``candidates``; ``known``: ``names_root`` of them. Who is ``in_force`` is not pushed out."""
    kinds: dict[str, UndeclaredKind] = {}
    left_out: dict[str, LeftOut] = {}
    names = sorted(found.keys() - taken.kinds, key=lambda name: (name not in in_force, name))
    for name in names:
        kind = found[name]
        called = field_of(name, kind.plural)
        if name not in known:
            left_out[name] = LeftOut.NO_SCHEMA
        elif called in taken.fields or called in kinds:
            left_out[name] = LeftOut.NAME_TAKEN
        elif len(kinds) == MAX_KINDS:
            left_out[name] = LeftOut.TOO_MANY_KINDS
        else:
            digest = CleaningRules(kind).digest
            kinds[called] = UndeclaredKind(name, kind.plural, kind.version, called, known[name], digest)
    return Classification(tuple(kind for _, kind in sorted(kinds.items())), left_out)


def still_so(kind: UndeclaredKind, taken: Taken) -> bool:
    """Whether what a log has taken up is not declared meanwhile, its field is free, and it is cleaned as it was."""
    same_rules = CleaningRules(resource_of(kind)).digest == kind.rules
    return kind.kind not in taken.kinds and kind.field not in taken.fields and same_rules


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _has_reference(schema: Any, schemas: Schemas) -> bool:
    """Whether there is a string at spec.promotionStrategyRef.name."""
    for name in ("spec", "promotionStrategyRef", "name"):
        schema = mapping(_resolved(schema, schemas), "properties").get(name)
    return text(_resolved(schema, schemas), "type") == "string"


def _resolved(schema: Any, schemas: Schemas) -> Any:
    """The schema that this one refers to, by itself or as the only one of allOf."""
    for _ in range(_MAX_REFERENCES):
        referred = next(_references(schema), None)
        if referred is None:
            break
        schema = schemas.get(referred)
    return schema


def _references(schema: Any) -> Iterator[str]:
    alone = list(mappings(schema, "allOf")) if isinstance(schema, dict) else []
    for each in (schema, *(alone if len(alone) == 1 else ())):
        referred = text(each, "$ref")
        if referred.startswith(V3_REFERENCE):
            yield referred.removeprefix(V3_REFERENCE)
