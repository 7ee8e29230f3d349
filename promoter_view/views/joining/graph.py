"""The objects of one view and how they hang together: indexes kept in both directions. Pure.

An object finds the roots above it and a root finds the members below it without a scan. What the indexes hold depends
on the objects that are there and not on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from promoter_view.records import ObjectKey
from promoter_view.views.joining.facts import Facts
from promoter_view.views.joining.relations import JoinToken


class Node:
    """An object in the graph. Compared by identity; ``body`` is the very bytes that the log handed over."""

    __slots__ = ("body", "facts", "key")

    def __init__(self, key: ObjectKey, body: bytes, facts: Facts) -> None:
        self.key = key
        self.body = body
        self.facts = facts


class _Multimap:
    """Nodes by token. Most tokens have one node, which is then kept bare: a set of one costs 216 bytes."""

    def __init__(self) -> None:
        self._found: dict[JoinToken, Node | set[Node]] = {}

    def add(self, token: JoinToken, node: Node) -> None:
        found = self._found.get(token)
        if found is None:
            self._found[token] = node
        elif isinstance(found, Node):
            self._found[token] = {found, node}
        else:
            found.add(node)

    def remove(self, token: JoinToken, node: Node) -> None:
        found = self._found[token]
        if isinstance(found, Node) or len(found) == 1:
            del self._found[token]
        else:
            found.remove(node)

    def get(self, token: JoinToken) -> Collection[Node]:
        found = self._found.get(token)
        if found is None:
            return ()
        return (found,) if isinstance(found, Node) else found


class Graph:
    """The nodes, and who has which anchor and which tie."""

    def __init__(self) -> None:
        self._nodes: dict[ObjectKey, Node] = {}
        self._anchored = _Multimap()
        self._tied = _Multimap()

    def get(self, key: ObjectKey) -> Node | None:
        """The node of that key."""
        return self._nodes.get(key)

    def of_kinds(self, kinds: Collection[str]) -> list[ObjectKey]:
        """The keys of all nodes of those kinds."""
        return [key for key in self._nodes if key.kind in kinds]

    def roots(self) -> list[Node]:
        """All roots."""
        return [node for node in self._nodes.values() if node.facts.root is not None]

    def put(self, key: ObjectKey, body: bytes, facts: Facts) -> None:
        """An object is there, or has changed."""
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(key, body, facts)
            self._link(node)
            return
        node.body = body
        if (node.facts.anchors, node.facts.ties) == (facts.anchors, facts.ties):
            node.facts = facts
            return
        self._unlink(node)
        node.facts = facts
        self._link(node)

    def remove(self, key: ObjectKey) -> None:
        """An object is gone; it need not have been there."""
        node = self._nodes.pop(key, None)
        if node is not None:
            self._unlink(node)

    def roots_above(self, key: ObjectKey) -> set[ObjectKey]:
        """The keys of the roots that the object belongs to; of a root its own."""
        node = self._nodes.get(key)
        if node is None:
            return set()
        found = self._closure(node, upwards=True)
        return {above.key for above in found if above.facts.root is not None}

    def members_below(self, root: Node) -> dict[str, list[Node]]:
        """What hangs on a root, directly or not, by kind, in no order."""
        members: dict[str, list[Node]] = {}
        for node in self._closure(root, upwards=False):
            members.setdefault(node.key.kind, []).append(node)
        return members

    def _closure(self, start: Node, *, upwards: bool) -> Iterable[Node]:
        index = self._anchored if upwards else self._tied
        found = {start}
        waiting = [start]
        while waiting:
            facts = waiting.pop().facts
            for token in facts.ties if upwards else facts.anchors:
                new = [node for node in index.get(token) if node not in found]
                found.update(new)
                waiting += new
        return found

    def _link(self, node: Node) -> None:
        for token in node.facts.anchors:
            self._anchored.add(token, node)
        for token in node.facts.ties:
            self._tied.add(token, node)

    def _unlink(self, node: Node) -> None:
        for token in node.facts.anchors:
            self._anchored.remove(token, node)
        for token in node.facts.ties:
            self._tied.remove(token, node)
