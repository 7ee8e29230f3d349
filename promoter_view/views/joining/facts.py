"""What a view has to know of a source object, taken from its JSON once; the decoded tree is not kept. Pure.

Extraction is total: of a malformed object it takes what can be read, and says what could not.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from promoter_view.records import ObjectKey
from promoter_view.views.definition import Member, ViewDefinition
from promoter_view.views.fields import Fields
from promoter_view.views.joining.relations import JoinToken, Relation


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What a bundle takes from its root besides the root's own bytes.

    ``head`` and ``opening`` are the bundle's JSON before and after metadata.resourceVersion's value, up to the root.
    ``ranks`` gives by member field the places that the root's list assigns; ``selectable`` is what field selectors ask
    for.
    """

    uid: str
    creation_timestamp: str
    labels: Mapping[str, str]
    head: bytes
    opening: bytes
    ranks: Mapping[str, Mapping[str, int]]
    selectable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Veil:
    """How a member looks that is shown whole only to roots with an anchor among ``opened_by``.

    ``body`` is its name, or b"" where others are not shown it at all.
    """

    opened_by: tuple[JoinToken, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Facts:
    """What one view knows of one object: its ends of the relations; ``order`` is what a root ranks it by.

    ``choice`` is what the member's Choice has read of it, ``veil`` is there where the member has ``whole_by`` or
    ``shown_by``.
    """

    anchors: tuple[JoinToken, ...] = ()
    ties: tuple[JoinToken, ...] = ()
    order: str = ""
    root: RootFacts | None = None
    choice: Any = None
    veil: Veil | None = None


class _Rules(NamedTuple):
    """What is looked for in objects of one kind: relations in which it is a parent (of that kind), and its own."""

    anchors: tuple[tuple[Relation, str], ...]
    member: Member | None


def decode(body: bytes) -> tuple[Mapping[str, Any] | None, str]:
    """The object in those bytes, or None and what is wrong with them."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return None, f"is not JSON: {error}"
    return (document, "") if type(document) is dict else (None, "is no JSON object")


class Extractor:
    """A definition, compiled to what is to be read from each kind. Errors: ValueError when it contradicts itself."""

    def __init__(self, definition: ViewDefinition) -> None:
        self._definition = definition
        check_definition(definition)
        kinds = [definition.root.kind, *(member.kind for member in definition.members)]
        self._rules = {kind: self._rules_of(kind) for kind in kinds}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of which the view wants to know."""
        return frozenset(self._rules)

    def extract(self, fields: Fields) -> Facts:
        """The facts of an object of one of those kinds; what is malformed is noted in ``fields.problems``."""
        rules = self._rules[fields.key.kind]
        root = None
        if rules.member is None:
            root = self._root(fields)
            if root is None:
                return Facts()
        anchors = [token for relation, child in rules.anchors for token in relation.anchors(fields, child)]
        ties, order = _distinct(_ties(fields, rules.member)), _order(fields, rules.member)
        return Facts(_distinct(anchors), ties, order, root, _choice(fields, rules.member), _veil(fields, rules.member))

    def _rules_of(self, kind: str) -> _Rules:
        members, undeclared = self._definition.members, self._definition.undeclared
        relations = [(relation, member.kind) for member in members for relation in member.relations]
        if undeclared is not None:
            # What is taken up later finds its parents' anchors there: nothing is to be read anew for it.
            relations += [(relation, "") for relation in (*undeclared.naming, *undeclared.owned)]
        anchors = tuple(found for found in relations if kind in _parents(found[0], self._definition))
        return _Rules(anchors, next((member for member in members if member.kind == kind), None))

    def _root(self, fields: Fields) -> RootFacts | None:
        uid = fields.text(("metadata", "uid"))
        if not uid:
            # Its bundle's uid is made from it, and without one nobody could tell it from its successor.
            fields.problems.append("metadata.uid is missing")
            return None
        definition = self._definition
        labels = fields.labels()
        created = fields.text(("metadata", "creationTimestamp"))
        own_uid = str(uuid.uuid5(definition.uid_namespace, uid))
        head = _head(definition, fields.key, own_uid)
        opening = _opening(definition, fields.key.name, uid, created, labels)
        selectable = {name: fields.text(tuple(name.split("."))) for name in definition.selectable}
        return RootFacts(own_uid, created, labels, head, opening, dict(self._ranks(fields)), selectable)

    def _ranks(self, fields: Fields) -> Iterator[tuple[str, Mapping[str, int]]]:
        for member in self._definition.members:
            if member.order is not None:
                listed = dict.fromkeys(fields.texts(member.order.root_path, member.order.item))
                yield member.field, {sys.intern(item): rank for rank, item in enumerate(listed)}


def check_definition(definition: ViewDefinition) -> None:
    """Each kind has one field, every parent is known, and no kind hangs on itself, however far. Errors: ValueError."""
    kinds = [definition.root.kind, *(member.kind for member in definition.members)]
    if len(set(kinds)) < len(kinds):
        raise ValueError(f"{definition.kind}: a kind is declared twice")
    settled = {definition.root.kind}
    waiting = list(definition.members)
    while waiting:
        ready = [member for member in waiting if _all_parents(member, definition) <= settled]
        if not ready:
            stuck = ", ".join(member.kind for member in waiting)
            raise ValueError(f"{definition.kind}: relations of {stuck} form a circle or lead to an unknown kind")
        settled |= {member.kind for member in ready}
        waiting = [member for member in waiting if member not in ready]


def _all_parents(member: Member, definition: ViewDefinition) -> set[str]:
    return {parent for relation in member.relations for parent in _parents(relation, definition)}


def _parents(relation: Relation, definition: ViewDefinition) -> tuple[str, ...]:
    return relation.parents or (definition.root.kind,)


def _ties(fields: Fields, member: Member | None) -> list[JoinToken]:
    relations = () if member is None else member.relations
    return [token for relation in relations for token in relation.ties(fields)]


def _order(fields: Fields, member: Member | None) -> str:
    if member is None or member.order is None:
        return ""
    return sys.intern(fields.text(member.order.member_path))


def _choice(fields: Fields, member: Member | None) -> Any:
    return None if member is None or member.choice is None else member.choice.read(fields)


def _veil(fields: Fields, member: Member | None) -> Veil | None:
    if member is not None and member.shown_by is not None:
        return Veil(_distinct(member.shown_by.ties(fields)), b"")
    if member is None or member.whole_by is None:
        return None
    key = fields.key
    metadata = {"name": key.name, **({"namespace": key.namespace} if key.namespace else {})}
    named = {"apiVersion": fields.text(("apiVersion",)), "kind": key.kind, "metadata": metadata}
    return Veil(_distinct(member.whole_by.ties(fields)), orjson.dumps(named))


def _distinct(tokens: list[JoinToken]) -> tuple[JoinToken, ...]:
    return tuple(dict.fromkeys(tokens))


def _head(definition: ViewDefinition, key: ObjectKey, uid: str) -> bytes:
    metadata = {"name": key.name, "namespace": key.namespace, "uid": uid}
    start = {"kind": definition.kind, "apiVersion": definition.api_version, "metadata": metadata}
    return orjson.dumps(start)[:-2] + b',"resourceVersion":"'


def _opening(definition: ViewDefinition, name: str, uid: str, created: str, labels: Mapping[str, str]) -> bytes:
    root = definition.root
    owner = {"apiVersion": root.api_version, "kind": root.kind, "name": name, "uid": uid}
    metadata = {"creationTimestamp": created or None, "labels": labels, "ownerReferences": [owner]}
    if not labels:
        del metadata["labels"]
    return b'",' + orjson.dumps(metadata)[1:] + b',"%s":' % definition.root_field.encode()
