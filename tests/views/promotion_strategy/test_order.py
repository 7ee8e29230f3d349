"""Who waits for whom: levels, edges, what is next, and what is odd about a list of environments."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.views.promotion_strategy.order import Order, Vertex, read_order

Graph = Mapping[str, Any]

DIAMOND: Graph = {"dev": [], "e2e": ["dev"], "perf": ["dev"], "prod": ["e2e", "perf"]}


def ordered(graph: Graph) -> Order:
    """The order of environments of which each key depends on its value."""
    environments = [{"branch": branch, "dependsOn": wanted} for branch, wanted in graph.items()]
    return read_order({"spec": {"environments": environments}})


def levels(order: Order) -> list[list[str]]:
    return [[place.branch for place in level] for level in order.levels]


def nearest(order: Order) -> dict[str, list[str]]:
    return {place.branch: list(place.nearest) for place in order.vertices}


LEVELS: dict[str, tuple[Graph, list[list[str]]]] = {
    "nothing": ({}, []),
    "one": ({"dev": None}, [["dev"]]),
    "nobody declares it: a chain": ({"dev": None, "staging": [], "prod": None}, [["dev"], ["staging"], ["prod"]]),
    "a declared chain, listed the other way round": (
        {"prod": ["staging"], "staging": ["dev"], "dev": []},
        [["dev"], ["staging"], ["prod"]],
    ),
    "one declares it: the others are roots": ({"dev": [], "eu": [], "prod": ["dev"]}, [["dev", "eu"], ["prod"]]),
    "a fork and a join": (DIAMOND, [["dev"], ["e2e", "perf"], ["prod"]]),
    "the longest way counts": (
        {"dev": [], "prod": ["dev", "perf"], "perf": ["e2e"], "e2e": ["dev"]},
        [["dev"], ["e2e"], ["perf"], ["prod"]],
    ),
    "of a level as they are listed": ({"b": ["z"], "a": ["z"], "z": []}, [["z"], ["b", "a"]]),
    "two graphs": ({"a": [], "b": ["a"], "x": [], "y": ["x"]}, [["a", "x"], ["b", "y"]]),
    "an unknown branch": ({"dev": ["gone"], "prod": ["dev"]}, [["dev"], ["prod"]]),
    "only an unknown branch: declared all the same": ({"dev": [], "prod": ["gone"]}, [["dev", "prod"]]),
    "itself": ({"dev": ["dev"], "prod": ["dev"]}, [["dev"], ["prod"]]),
    "a circle stands as it is listed": (
        {"dev": ["prod"], "staging": ["dev"], "prod": ["staging"], "eu": ["prod"]},
        [["dev"], ["staging"], ["prod"], ["eu"]],
    ),
    "a circle behind others, and others behind it": (
        {"after": ["b"], "b": ["a"], "a": ["b", "root"], "root": []},
        [["b", "root"], ["after", "a"]],
    ),
    "one between two circles": (
        {"a": ["b"], "b": ["a"], "mid": ["b"], "c": ["d", "mid"], "d": ["c"]},
        [["a"], ["b"], ["mid"], ["c"], ["d"]],
    ),
    "what is no list of branches": ({"dev": "prod", "prod": {"dev": 1}, "eu": 7}, [["dev"], ["prod"], ["eu"]]),
    "what is no branch among them": ({"dev": [], "prod": [None, 7, ["dev"], "dev", "dev"]}, [["dev"], ["prod"]]),
}


@pytest.mark.parametrize(("graph", "expected"), LEVELS.values(), ids=LEVELS)
def test_levels(graph: Graph, expected: list[list[str]]) -> None:
    """An environment stands one level behind the last that it waits for, whatever the list looks like."""
    assert levels(ordered(graph)) == expected


@pytest.mark.parametrize(
    ("graph", "oddities"),
    [
        (DIAMOND, []),
        ({"dev": [], "prod": ["gone"]}, ["prod depends on gone, which is no environment: that is left out."]),
        ({"dev": ["dev"]}, ["dev depends on itself: that is left out."]),
        ({"dev": ["prod"], "prod": ["dev"]}, ["dev depends on prod, which waits for it in turn: that is left out."]),
        (
            {"": ["dev"], "dev": [""]},
            ["an environment without a branch depends on dev, which waits for it in turn: that is left out."],
        ),
        (
            {"dev": [f"x{n}" for n in range(10)]},
            [
                *(f"dev depends on x{n}, which is no environment: that is left out." for n in range(8)),
                "And 2 more of that kind.",
            ],
        ),
    ],
)
def test_oddities(graph: Graph, oddities: list[str]) -> None:
    """What cannot be followed is said in words, a bounded number of them, each of 25 words at most."""
    found = ordered(graph).oddities
    assert list(found) == oddities
    assert all(len(each.split()) <= 25 for each in found)


def test_a_branch_that_is_listed_twice() -> None:
    """An environment that is listed twice stands once, where it is listed first, and that is said."""
    environments = [{"branch": "dev"}, {"branch": "prod"}, {"branch": "dev", "dependsOn": ["prod"]}]
    order = read_order({"spec": {"environments": environments}})
    assert levels(order) == [["dev"], ["prod"]]
    assert order.oddities == ("dev is listed more than once: the first counts.",)


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (DIAMOND, {"dev": [], "e2e": ["dev"], "perf": ["dev"], "prod": ["e2e", "perf"]}),
        ({"dev": [], "e2e": ["dev"], "prod": ["dev", "e2e"]}, {"dev": [], "e2e": ["dev"], "prod": ["e2e"]}),
        ({"a": None, "b": None, "c": None}, {"a": [], "b": ["a"], "c": ["b"]}),
    ],
)
def test_edges(graph: Graph, expected: dict[str, list[str]]) -> None:
    """An edge is drawn unless the same is said by two others; what an environment depends on is kept whole."""
    order = ordered(graph)
    assert nearest(order) == expected
    assert order.branches == tuple(expected)
    if any(graph.values()):
        assert {place.branch: list(place.depends_on) for place in order.vertices} == graph


@pytest.mark.parametrize(
    ("graph", "is_chain"),
    [
        ({}, True),
        ({"dev": []}, True),
        ({"dev": None, "prod": None}, True),
        ({"dev": [], "staging": ["dev"], "prod": ["dev", "staging"]}, True),
        (DIAMOND, False),
        ({"dev": [], "prod": ["gone"]}, False),
        ({"dev": [], "eu": ["dev"], "x": [], "y": ["x"]}, False),
    ],
)
def test_chains(graph: Graph, is_chain: bool) -> None:
    """A line says all of it where each waits for the one before it, declared or not."""
    assert ordered(graph).is_chain is is_chain


@pytest.mark.parametrize(
    ("settled", "front"),
    [
        ("", ["dev"]),
        ("dev", ["e2e", "perf"]),
        ("dev e2e", ["perf"]),
        ("dev e2e perf", ["prod"]),
        ("dev prod", ["e2e", "perf"]),
        ("dev e2e perf prod", []),
        # Somebody promoted past dev: it is next, for the others have to wait for it.
        ("e2e perf", ["dev", "prod"]),
    ],
)
def test_front(settled: str, front: list[str]) -> None:
    """Next are those that are not settled while all that they wait for are: both arms of a fork, a join behind both."""
    assert list(ordered(DIAMOND).front(settled.split().__contains__)) == front


NAMES = [f"e{n}" for n in range(8)]


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from([*NAMES, "gone"]), max_size=8), max_size=8))
def test_any_graph_is_put_in_order(graph: dict[str, list[str]]) -> None:
    """Whatever depends on whatever: each environment stands once, behind all that it waits for, by a shortest edge."""
    order = ordered(graph)
    place = {each.branch: at for at, each in enumerate(order.vertices)}
    assert sorted(place) == sorted(graph)
    for each in order.vertices:
        deepest = max((order.vertices[place[other]].level for other in each.depends_on), default=-1)
        assert each.level == deepest + 1
        assert set(each.nearest) <= set(each.depends_on)
        assert reached(order, each.nearest) == reached(order, each.depends_on)
    lost = any(set(graph[each.branch]) != set(each.depends_on) for each in order.vertices)
    assert bool(order.oddities) is (lost and any(graph.values()))


def reached(order: Order, branches: Sequence[str]) -> set[str]:
    """Those branches and all before them, the plainest way."""
    vertices: dict[str, Vertex] = {place.branch: place for place in order.vertices}
    found: set[str] = set()
    waiting = list(branches)
    while waiting:
        branch = waiting.pop()
        found.add(branch)
        waiting += vertices[branch].nearest
    return found


def calls(graph: Graph) -> int:
    """How many functions are called to put a graph in order: a measure of work that no busy machine disturbs."""
    count = 0

    def called(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        ordered(graph)
    finally:
        sys.setprofile(before)
    return count


def chain(count: int) -> Graph:
    return {f"e{n}": [] if n == 0 else [f"e{n - 1}"] for n in range(count)}


def backwards(count: int) -> Graph:
    return dict(reversed(list(chain(count).items())))


def fan(count: int) -> Graph:
    return {"dev": [], **{f"e{n}": ["dev"] for n in range(count)}, "prod": [f"e{n}" for n in range(100)]}


def circle(count: int) -> Graph:
    return {**chain(count), "e0": [f"e{count - 1}"]}


def dense(count: int) -> Graph:
    """Each waits for twenty before it: at 1,000 environments 20,000 dependencies."""
    return {f"e{n}": [f"e{each}" for each in range(max(n - 20, 0), n)] for n in range(count)}


@pytest.mark.parametrize("shape", [chain, backwards, fan, circle, dense])
def test_twice_the_environments_are_twice_the_work(shape: Any) -> None:
    """A thousand environments cost twice what five hundred do, in a line, in a fan, in a circle, and closely woven."""
    assert calls(shape(1000)) < 2.3 * calls(shape(500))
    assert len(ordered(shape(1000)).vertices) >= 1000
