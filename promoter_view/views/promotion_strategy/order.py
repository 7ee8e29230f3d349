"""The order in which environments are promoted: a graph of who waits for whom. Pure, and raises nothing.

GitOps Promoter 0.39 takes it from ``spec.environments[].dependsOn``. Where no environment has one (all of before 0.39)
it is a chain in the list's order; where any has one, those without it wait for nobody. Its controller refuses a graph
with an unknown branch or a circle; here such a dependency is left out, and said, for there to be a picture of the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise, repeat
from operator import attrgetter
from typing import Any

from promoter_view.decoded import mappings, text, texts
from promoter_view.views.status.messages import MOST_OF_A_NAME, clipped

_MOST_ODDITIES = 8
#: Orders of strategies that are kept.
_KEPT = 512

#: For each branch those that it waits for, in the list's order.
Dependencies = Mapping[str, Sequence[str]]
#: An environment's branch and what it says that it depends on.
Listed = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Vertex:
    """Where an environment stands. ``level``: 0 where it waits for nobody, else 1 more than the highest it waits for.

    ``depends_on``: the branches that it waits for. ``nearest``: those of them for which no other of them waits, which
    is all that has to be drawn: the others come before it by way of these.
    """

    branch: str
    level: int = 0
    depends_on: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The environments of a strategy, each after all that it waits for: by level, then as they are listed.

    ``oddities`` say what of the list could not be followed: one sentence each, the first eight.
    """

    vertices: tuple[Vertex, ...] = ()
    oddities: tuple[str, ...] = ()

    @property
    def branches(self) -> tuple[str, ...]:
        """The environments' branches, in promotion order."""
        return tuple(vertex.branch for vertex in self.vertices)

    @property
    def levels(self) -> tuple[tuple[Vertex, ...], ...]:
        """The environments level by level."""
        return tuple(tuple(level) for _, level in groupby(self.vertices, attrgetter("level")))

    @property
    def starts(self) -> frozenset[int]:
        """The places of the environments that wait for nobody."""
        return frozenset(place for place, vertex in enumerate(self.vertices) if not vertex.nearest)

    @property
    def ends(self) -> frozenset[int]:
        """The places of the environments that nobody waits for."""
        awaited = {each for vertex in self.vertices for each in vertex.nearest}
        return frozenset(place for place, vertex in enumerate(self.vertices) if vertex.branch not in awaited)

    @property
    def is_chain(self) -> bool:
        """Each waits for the one before it, and for nobody else; so a line says all of it."""
        return all(after.nearest == (before.branch,) for before, after in pairwise(self.vertices))

    def front(self, settled: Callable[[str], bool]) -> Iterator[str]:
        """The branches that are next: not settled, while all that they wait for are."""
        done = {vertex.branch for vertex in self.vertices if settled(vertex.branch)}
        for vertex in self.vertices:
            if vertex.branch not in done and done.issuperset(vertex.depends_on):
                yield vertex.branch


def read_order(root: Mapping[str, Any]) -> Order:
    """The order of a PromotionStrategy's environments."""
    return _order(tuple((text(each, "branch"), _declared(each)) for each in mappings(root, "spec", "environments")))


@lru_cache(maxsize=_KEPT)
def _order(listed: tuple[Listed, ...]) -> Order:
    """Kept, for a strategy's status changes far more often than what it lists."""
    oddities: list[str] = []
    graph = _acyclic(_dependencies(listed, oddities), oddities)
    levels = _levels(graph)
    branches = sorted(graph, key=levels.__getitem__)  # stable: of a level as they are listed
    nearest = _nearest(graph, branches)
    vertices = (Vertex(each, levels[each], tuple(graph[each]), nearest[each]) for each in branches)
    return Order(tuple(vertices), _bounded(oddities))


def _dependencies(listed: Sequence[Listed], oddities: list[str]) -> Dependencies:
    """Who waits for whom, among the branches that are listed."""
    declared: dict[str, tuple[str, ...]] = {}
    for branch, wanted in listed:
        declared.setdefault(branch, wanted)
    again = (branch for branch, count in Counter(branch for branch, _ in listed).items() if count > 1)
    oddities += (f"{_named(branch)} is listed more than once: the first counts." for branch in again)
    if not any(declared.values()):
        branches = list(declared)
        return {branch: branches[max(place - 1, 0) : place] for place, branch in enumerate(branches)}
    return {branch: list(_known(branch, wanted, declared, oddities)) for branch, wanted in declared.items()}


def _declared(environment: Mapping[str, Any]) -> tuple[str, ...]:
    """Its dependsOn, each branch once."""
    return tuple(dict.fromkeys(texts(environment, "dependsOn")))


def _known(branch: str, wanted: Sequence[str], listed: Dependencies, oddities: list[str]) -> Iterator[str]:
    for each in wanted:
        if each == branch:
            oddities.append(f"{_named(branch)} depends on itself: that is left out.")
        elif each in listed:
            yield each
        else:
            oddities.append(f"{_named(branch)} depends on {_named(each)}, which is no environment: that is left out.")


def _acyclic(graph: Dependencies, oddities: list[str]) -> Dependencies:
    """The graph without its circles: of those in a circle each waits for those that are listed before it."""
    if len(_levels(graph)) == len(graph):
        return graph
    circles = _circles(graph)
    listed = {branch: place for place, branch in enumerate(graph)}
    kept: dict[str, Sequence[str]] = {}
    for branch, wanted in graph.items():
        odd = {each for each in wanted if circles[each] == circles[branch] and listed[each] > listed[branch]}
        oddities += map(_circular, repeat(branch), sorted(odd))
        kept[branch] = [each for each in wanted if each not in odd]
    return kept


def _circular(branch: str, other: str) -> str:
    return f"{_named(branch)} depends on {_named(other)}, which waits for it in turn: that is left out."


def _circles(graph: Dependencies) -> Mapping[str, str]:
    """For each branch one that stands for its circle, itself where it is in none (Kosaraju's algorithm)."""
    seen: set[str] = set()
    finished = [branch for start in graph for branch in _reached(start, graph, seen)]
    found: dict[str, str] = {}
    dependents = _dependents(graph)
    seen.clear()
    for start in reversed(finished):
        found |= dict.fromkeys(_reached(start, dependents, seen), start)
    return found


def _reached(start: str, edges: Dependencies, seen: set[str]) -> Iterator[str]:
    """What is reached from there and not seen yet, each after all that is reached from it. Without recursion."""
    if start in seen:
        return
    seen.add(start)
    path = [(start, iter(edges[start]))]
    while path:
        branch, following = path[-1]
        unseen = next((each for each in following if each not in seen), None)
        if unseen is None:
            path.pop()
            yield branch
        else:
            seen.add(unseen)
            path.append((unseen, iter(edges[unseen])))


def _dependents(graph: Dependencies) -> Mapping[str, list[str]]:
    """For each branch those that wait for it."""
    found: dict[str, list[str]] = {branch: [] for branch in graph}
    for branch, wanted in graph.items():
        for each in wanted:
            found[each].append(branch)
    return found


def _levels(graph: Dependencies) -> Mapping[str, int]:
    """The level of each branch; without those that are in a circle or wait for one (Kahn's algorithm, in waves)."""
    missing = {branch: len(wanted) for branch, wanted in graph.items()}
    dependents = _dependents(graph)
    levels: dict[str, int] = {}
    wave, level = [branch for branch, count in missing.items() if not count], 0
    while wave:
        levels |= dict.fromkeys(wave, level)
        following = []
        for each in (dependent for branch in wave for dependent in dependents[branch]):
            missing[each] -= 1
            if not missing[each]:
                following.append(each)
        wave, level = following, level + 1
    return levels


def _nearest(graph: Dependencies, branches: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """What is left of each branch's dependencies by transitive reduction. ``branches`` come in promotion order.

    Sets of branches are integers, a bit each: what a union of two costs does not depend on how many there are.
    """
    bits = {branch: 1 << place for place, branch in enumerate(branches)}
    before: dict[str, int] = {}
    nearest: dict[str, tuple[str, ...]] = {}
    for branch in branches:
        farther = own = 0
        for each in graph[branch]:
            farther |= before[each]
            own |= bits[each]
        before[branch] = farther | own
        nearest[branch] = tuple(each for each in graph[branch] if not farther & bits[each])
    return nearest


def _bounded(oddities: Sequence[str]) -> tuple[str, ...]:
    shown = tuple(oddities[:_MOST_ODDITIES])
    return shown if len(shown) == len(oddities) else (*shown, f"And {len(oddities) - len(shown)} more of that kind.")


def _named(branch: str) -> str:
    return clipped(branch, MOST_OF_A_NAME) or "an environment without a branch"
