"""One view over the objects: which bundles an object touches, and a bundle's bytes in pieces. Pure.

A bundle is the members' own bytes with joints between them; nothing is decoded or copied to make one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from promoter_view.records import Bundle, BundleKey, ObjectKey
from promoter_view.views.definition import Member, ViewDefinition
from promoter_view.views.facts import Extractor, RootFacts
from promoter_view.views.fields import Fields
from promoter_view.views.graph import Graph, Node

_by_key = attrgetter("key")


class Draft(NamedTuple):
    """A bundle that has no resourceVersion yet."""

    key: BundleKey
    root: RootFacts
    tail: tuple[bytes, ...]

    def finish(self, resource_version: int) -> Bundle:
        """The bundle."""
        root = self.root
        return Bundle(self.key, root.uid, resource_version, root.creation_timestamp, root.labels, root.head, self.tail)


class Drafts(Protocol):
    """What makes the bundles of one view out of objects."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of which it wants to know."""

    def put(self, fields: Fields, body: bytes) -> set[BundleKey]:
        """An object is there, or has changed; the bundles that this touches, those that it leaves included."""

    def remove(self, key: ObjectKey) -> set[BundleKey]:
        """An object is gone; the bundles that this touches."""

    def drafts(self) -> Iterator[Draft]:
        """All bundles, in no order."""

    def draft(self, key: BundleKey) -> Draft | None:
        """The bundle as it must now be; None when there is none."""


class View:
    """A definition at work: the objects that it wants, and the bundles that they make."""

    def __init__(self, definition: ViewDefinition) -> None:
        self.name = definition.plural
        self._root_kind = definition.root.kind
        self._extractor = Extractor(definition)
        self._graph = Graph()
        self._joints = [(member, joint(member)) for member in definition.members]
        self.kinds = self._extractor.kinds

    def put(self, fields: Fields, body: bytes) -> set[BundleKey]:
        """An object is there, or has changed; the bundles that this touches, those that it leaves included."""
        graph = self._graph
        before = graph.roots_above(fields.key)
        graph.put(fields.key, body, self._extractor.extract(fields))
        return self._keys(before | graph.roots_above(fields.key))

    def remove(self, key: ObjectKey) -> set[BundleKey]:
        """An object is gone; the bundles that this touches."""
        before = self._graph.roots_above(key)
        self._graph.remove(key)
        return self._keys(before)

    def drafts(self) -> Iterator[Draft]:
        """All bundles, in no order."""
        for node in self._graph.roots():
            if node.facts.root is not None:
                yield self._assemble(node, node.facts.root)

    def draft(self, key: BundleKey) -> Draft | None:
        """The bundle as it must now be; None when there is no root for one."""
        node = self._graph.get(ObjectKey(self._root_kind, key.namespace, key.name))
        if node is None or node.facts.root is None:
            return None
        return self._assemble(node, node.facts.root)

    def _keys(self, roots: set[ObjectKey]) -> set[BundleKey]:
        return {BundleKey(self.name, root.namespace, root.name) for root in roots}

    def _assemble(self, node: Node, root: RootFacts) -> Draft:
        members = self._graph.members_below(node)
        pieces = [root.opening, node.body]
        for member, joint in self._joints:
            found = members.get(member.kind)
            if found is not None:
                pieces.append(joint)
                pieces += _list(_sorted(found, member, root.ranks)) if member.many else [min(found, key=_by_key).body]
        pieces.append(b"}")
        return Draft(BundleKey(self.name, node.key.namespace, node.key.name), root, tuple(pieces))


def joint(member: Member) -> bytes:
    """The piece of a bundle's tail that begins that member's field."""
    return b',"%s":' % member.field.encode()


def _sorted(nodes: list[Node], member: Member, ranks: Mapping[str, Mapping[str, int]]) -> list[Node]:
    nodes.sort(key=_by_key)
    if member.order is not None:
        places = ranks[member.field]
        last = len(places)
        nodes.sort(key=lambda node: places.get(node.facts.order, last))
    return nodes


def _list(nodes: list[Node]) -> Iterator[bytes]:
    separator = b"["
    for node in nodes:
        yield separator
        yield node.body
        separator = b","
    yield b"]"


if TYPE_CHECKING:
    _drafts: type[Drafts] = View
