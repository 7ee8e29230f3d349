"""One view over the objects: which bundles an object touches, and a bundle's bytes in pieces. Pure.

A bundle is the members' own bytes with joints between them; nothing is decoded or copied to make one, but for fields
that are computed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, Protocol

import orjson

from promoter_view.records import Bundle, BundleKey, ObjectKey, UndeclaredKind, Word
from promoter_view.views.contents import ASSESSED_BYTES, BundleContents, Readings
from promoter_view.views.definition import STATE, Assessed, Computed, Member, ViewDefinition, Whole
from promoter_view.views.fields import Fields
from promoter_view.views.joining.facts import Extractor, RootFacts
from promoter_view.views.joining.graph import Graph, Node
from promoter_view.views.status.pieces import JOINT as STATUS_JOINT
from promoter_view.views.status.pieces import shared, with_url
from promoter_view.views.status.words import WHOLE
from promoter_view.views.undeclared import taking_up

_by_key = attrgetter("key")
#: A bundle of no larger members is made at once where somebody waits for it: some milliseconds.
SMALL_BYTES = 512 * 1024


class Draft(NamedTuple):
    """A bundle that has no resourceVersion yet.

    ``assessed`` is there until its status is: then it is not known since when that holds. ``url``: of its page.
    """

    key: BundleKey
    root: RootFacts
    tail: tuple[bytes, ...]
    selectable: Mapping[str, str] = {}
    assessed: Assessed | None = None
    url: str = ""

    def with_status(self, words: Mapping[str, Word], before: Bundle | None) -> Generator[None, None, Draft]:
        """With that since when. What of the status is as in the bundle of before is the same bytes."""
        assert self.assessed is not None
        pieces = with_url((yield from self.assessed.render(words)), self.url)
        told = shared(pieces, () if before is None else before.tail)
        tail = (*self.tail[:-1], STATUS_JOINT, *told, self.tail[-1])
        return self._replace(tail=tail, selectable={**self.selectable, STATE: words[WHOLE].value}, assessed=None)

    def finish(self, resource_version: int) -> Bundle:
        """The bundle."""
        root = self.root
        known = (root.creation_timestamp, root.labels, root.head, self.tail)
        return Bundle(self.key, root.uid, resource_version, *known, selectable=self.selectable)


#: The steps in which a draft is made; None: there is none.
Drafting = Generator[None, None, Draft | None]


class Drafts(Protocol):
    """What makes the bundles of one view out of objects."""

    @property
    def definition(self) -> ViewDefinition:
        """As it is now, with what is taken up."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of which it wants to know."""

    def take_up(self, kinds: Sequence[UndeclaredKind], departed: Sequence[UndeclaredKind]) -> set[BundleKey]:
        """From here on these undeclared kinds are members; the bundles that the departure of others touches.

        ``departed``: those that were.
        """

    def put(self, fields: Fields, body: bytes) -> set[BundleKey]:
        """An object is there, or has changed; the bundles that this touches, those that it leaves included."""

    def load(self, fields: Fields, body: bytes) -> None:
        """The same while nobody asks yet what is touched."""

    def load_alike(self, key: ObjectKey, body: bytes, other: Drafts) -> bool:
        """The same where ``other``, of another state, has read those very bytes; False: it has not, or they may mean
        something else here.
        """

    def remove(self, key: ObjectKey) -> set[BundleKey]:
        """An object is gone; the bundles that this touches."""

    def bundle_keys(self) -> Sequence[BundleKey]:
        """Those of all bundles, in no order."""

    def draft(self, key: BundleKey) -> Drafting:
        """The bundle as it must now be; None when there is none."""

    def root_of_small(self, key: BundleKey) -> RootFacts | None:
        """The root of a bundle that is made in some milliseconds, all at once; None where it may take longer."""


class View:
    """A definition at work: the objects that it wants, and the bundles that they make."""

    def __init__(self, definition: ViewDefinition) -> None:
        self.name = definition.plural
        self._root_kind = definition.root.kind
        self._readings = Readings(ASSESSED_BYTES)
        self._graph = Graph()
        self._declared = _sharing(definition, self._readings)
        self._computed = [(computed, joint(computed)) for computed in definition.computed]
        self._adopt(self._declared)

    def take_up(self, kinds: Sequence[UndeclaredKind], departed: Sequence[UndeclaredKind]) -> set[BundleKey]:
        """See Drafts. Objects of kinds that come are to be put from then on."""
        definition = taking_up(self._declared, kinds, departed)
        gone = {kind.kind for kind in set(self.definition.taken_up) - set(definition.taken_up)}
        touched = set().union(*map(self.remove, self._graph.of_kinds(gone) if gone else ()))
        self._adopt(definition)
        return touched

    def _adopt(self, definition: ViewDefinition) -> None:
        self.definition = definition
        self._extractor = Extractor(definition)
        self._joints = [(member, joint(member)) for member in definition.members]
        self.kinds = self._extractor.kinds

    def put(self, fields: Fields, body: bytes) -> set[BundleKey]:
        """An object is there, or has changed; the bundles that this touches, those that it leaves included."""
        graph = self._graph
        before = graph.roots_above(fields.key)
        graph.put(fields.key, body, self._extractor.extract(fields))
        return self._keys(before | graph.roots_above(fields.key))

    def load(self, fields: Fields, body: bytes) -> None:
        """See Drafts."""
        self._graph.put(fields.key, body, self._extractor.extract(fields))

    def load_alike(self, key: ObjectKey, body: bytes, other: Drafts) -> bool:
        """See Drafts. What is taken of an object depends on the kinds that are taken up."""
        if not isinstance(other, View) or other.definition.taken_up != self.definition.taken_up:
            return False
        node = other.node(key)
        if node is None or node.body is not body:
            return False
        self._graph.put(node.key, body, node.facts)
        return True

    def node(self, key: ObjectKey) -> Node | None:
        """The object as it is joined; None where it is not."""
        return self._graph.get(key)

    def remove(self, key: ObjectKey) -> set[BundleKey]:
        """An object is gone; the bundles that this touches."""
        before = self._graph.roots_above(key)
        self._graph.remove(key)
        return self._keys(before)

    def bundle_keys(self) -> Sequence[BundleKey]:
        """Those of all bundles, in no order."""
        roots = (node.key for node in self._graph.roots() if node.facts.root is not None)
        return [BundleKey(self.name, root.namespace, root.name) for root in roots]

    def draft(self, key: BundleKey) -> Drafting:
        """The bundle as it must now be; None when there is no root for one."""
        node = self._graph.get(ObjectKey(self._root_kind, key.namespace, key.name))
        if node is None or node.facts.root is None:
            return None
        made, told = self._assemble(node, node.facts.root)
        yield
        return (yield from self._assess(made, told))

    def root_of_small(self, key: BundleKey) -> RootFacts | None:
        """See Drafts."""
        node = self._graph.get(ObjectKey(self._root_kind, key.namespace, key.name))
        if node is None:
            return None
        members = chain.from_iterable(self._graph.members_below(node).values())
        return node.facts.root if sum(len(member.body) for member in members) <= SMALL_BYTES else None

    def _keys(self, roots: set[ObjectKey]) -> set[BundleKey]:
        return {BundleKey(self.name, root.namespace, root.name) for root in roots}

    def _assemble(self, node: Node, root: RootFacts) -> tuple[Draft, Mapping[str, Sequence[bytes]]]:
        """The bundle without its status, and what of it is told by field."""
        members = self._graph.members_below(node)
        pieces = [root.opening, node.body]
        known: dict[str, list[Node]] = {}
        told: dict[str, Sequence[bytes]] = {}
        for member, joint in self._joints:
            chosen, others = _chosen(members.get(member.kind, []), member, root.ranks, node)
            known[member.field] = [*chosen, *others]
            if chosen:
                bodies = [each.body for each in chosen] if member.whole_by is None else _bodies(chosen, node)
                told[member.field] = bodies if member.many else bodies[:1]
                pieces.append(joint)
                pieces += _list(bodies) if member.many else bodies[:1]
        for computed, joint, body in self._compute(node, known):
            told[computed.field] = [body]
            pieces += (joint, body)
        pieces.append(b"}")
        key = BundleKey(self.name, node.key.namespace, node.key.name)
        return Draft(key, root, tuple(pieces), root.selectable), told

    def _compute(self, node: Node, known: Mapping[str, Sequence[Node]]) -> Iterator[tuple[Computed, bytes, bytes]]:
        if not self._computed:
            return
        root = orjson.loads(node.body)
        for computed, joint in self._computed:
            found = computed.compute(root, lambda field: [Whole(each.key, each.body) for each in known.get(field, ())])
            if found is not None:
                yield computed, joint, orjson.dumps(found)

    def _assess(self, draft: Draft, told: Mapping[str, Sequence[bytes]]) -> Generator[None, None, Draft]:
        status = self.definition.status
        if status is None:
            return draft
        assessed = yield from status.assess(BundleContents(draft.finish(0), self._readings, told))
        return draft._replace(assessed=assessed, url=status.url_of(draft.key))


def _sharing(definition: ViewDefinition, readings: Readings) -> ViewDefinition:
    """The same, by which others find what was read of members here."""
    status = definition.status
    return definition if status is None else replace(definition, status=replace(status, readings=readings))


def joint(part: Member | Computed | UndeclaredKind) -> bytes:
    """The piece of a bundle's tail that begins that field."""
    return b',"%s":' % part.field.encode()


def _chosen(
    nodes: list[Node], member: Member, ranks: Mapping[str, Mapping[str, int]], root: Node
) -> tuple[list[Node], list[Node]]:
    """The nodes that are shown, in order, and those that are not but count."""
    nodes.sort(key=_by_key)
    if member.shown_by is None:
        return _ordered(nodes, member, ranks), []
    shown = [node for node, body in zip(nodes, _bodies(nodes, root), strict=True) if body]
    others = set(nodes).difference(shown)
    return shown, _ordered([node for node in nodes if node in others], member, ranks)


def _ordered(nodes: list[Node], member: Member, ranks: Mapping[str, Mapping[str, int]]) -> list[Node]:
    if member.choice is not None:
        return member.choice.choose([(node.facts.choice, node) for node in nodes])
    if member.order is not None:
        places = ranks[member.field]
        last = len(places)
        nodes.sort(key=lambda node: places.get(node.facts.order, last))
    return nodes


def _bodies(nodes: Sequence[Node], root: Node) -> list[bytes]:
    """Their bytes, of those that have a veil for that root the veil's."""
    anchors = frozenset(root.facts.anchors)
    veils = ((node, node.facts.veil) for node in nodes)
    return [node.body if veil is None or not anchors.isdisjoint(veil.opened_by) else veil.body for node, veil in veils]


def _list(bodies: Sequence[bytes]) -> Iterator[bytes]:
    separator = b"["
    for body in bodies:
        yield separator
        yield body
        separator = b","
    yield b"]"


if TYPE_CHECKING:
    _drafts: type[Drafts] = View
