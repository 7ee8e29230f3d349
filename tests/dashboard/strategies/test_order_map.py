"""A graph of environments as a drawing: boxes, ways between them, and what they say."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from promoter_view.dashboard.strategies.environments import ShownStrategy, Station, read_strategy
from promoter_view.dashboard.strategies.order_map import (
    BOX_HEIGHT,
    BOX_WIDTH,
    Drawing,
    draw,
    shown_boxes,
    shown_lines,
)
from promoter_view.dashboard.strategies.past import read_last
from promoter_view.views.promotion_strategy.order import read_order
from tests.support.views.strategies import NEW, Decoded, bundle, check, policy

Graph = Mapping[str, Sequence[str]]

DIAMOND: Graph = {"dev": [], "e2e": ["dev"], "perf": ["dev"], "prod": ["e2e", "perf"]}
WAITING = [check("promoter-previous-environment", "pending")]


def root(graph: Graph) -> dict[str, object]:
    return {"spec": {"environments": [{"branch": name, "dependsOn": list(wanted)} for name, wanted in graph.items()]}}


def drawn(graph: Graph) -> Drawing:
    return draw(read_order(root(graph)))


def fan(count: int) -> Graph:
    regions = [f"region-{n}" for n in range(count)]
    return {"dev": [], **{region: ["dev"] for region in regions}, "done": regions}


def woven(count: int, most: int = 3) -> Graph:
    """Each waits for some of the thirty before it."""
    chance = random.Random(3)
    before = {n: chance.sample(range(max(0, n - 30), n), min(n, most)) if n > 4 else [] for n in range(count)}
    return {f"e{n}": [f"e{each}" for each in wanted] for n, wanted in before.items()}


def edges(drawing: Drawing) -> set[tuple[str, str]]:
    """From which environment to which, each box by its first."""
    boxes = drawing.boxes
    return {(boxes[line.source].branches[0], boxes[line.target].branches[0]) for line in drawing.lines}


@pytest.mark.parametrize(
    ("graph", "boxes", "expected"),
    [
        (DIAMOND, 4, {("dev", "e2e"), ("dev", "perf"), ("e2e", "prod"), ("perf", "prod")}),
        ({"dev": [], "e2e": ["dev"], "prod": ["dev", "e2e"]}, 3, {("dev", "e2e"), ("e2e", "prod")}),
        ({"a": [], "b": ["gone"]}, 2, set()),
        (fan(7), 9, {(a, b) for n in range(7) for a, b in [("dev", f"region-{n}"), (f"region-{n}", "done")]}),
        (fan(8), 3, {("dev", "region-0"), ("region-0", "done")}),
        (fan(498), 3, {("dev", "region-0"), ("region-0", "done")}),
    ],
)
def test_boxes_and_lines(graph: Graph, boxes: int, expected: set[tuple[str, str]]) -> None:
    """An environment is a box, eight alike and more are one; lines are the edges that are not said by others."""
    drawing = drawn(graph)
    assert len(drawing.boxes) == boxes
    assert [name for box in drawing.boxes for name in box.branches] == list(read_order(root(graph)).branches)
    assert edges(drawing) == expected
    assert drawing.left_out == 0


@pytest.mark.parametrize("graph", [DIAMOND, fan(5), fan(20), woven(40), woven(500)])
def test_everything_has_its_place(graph: Graph) -> None:
    """Boxes are within the drawing and apart; a line runs from the right of one to the left of one further right."""
    drawing = drawn(graph)
    for box in drawing.boxes:
        assert 0 <= box.x <= drawing.width - BOX_WIDTH
        assert 0 <= box.y <= drawing.height - BOX_HEIGHT
    for one, other in combinations(drawing.boxes, 2):
        assert one.x != other.x or abs(one.y - other.y) >= BOX_HEIGHT
    for line in drawing.lines:
        source, target = drawing.boxes[line.source], drawing.boxes[line.target]
        assert line.path.startswith(f"M{source.x + BOX_WIDTH} {source.y + BOX_HEIGHT // 2}C")
        assert line.path.endswith(f" {target.x} {target.y + BOX_HEIGHT // 2}m-6 -4l6 4l-6 4")
        assert source.x < target.x


def test_a_line_runs_through_no_box() -> None:
    """What goes past a level has a lane there, apart from the boxes."""
    drawing = drawn(woven(60))
    lanes = [tuple(map(int, found)) for line in drawing.lines for found in re.findall(r" (\d+) (\d+)H", line.path)]
    assert lanes
    for x, y in lanes:
        assert not any(box.x == x and box.y <= y <= box.y + BOX_HEIGHT for box in drawing.boxes)


def test_too_many_lines_are_left_out_and_counted() -> None:
    """A drawing of five hundred that all depend on many before them is bounded, and tells how much is missing."""
    half = {f"a{n}": [] for n in range(250)}
    chance = random.Random(1)
    drawing = drawn(half | {f"b{n}": chance.sample(list(half), 100) for n in range(250)})
    assert len(drawing.lines) == 3000
    assert drawing.left_out == 25_000 - 3000
    assert sum(len(line.path) for line in drawing.lines) < 300_000


def strategy(graph: Graph, live: Sequence[str], **checks: Sequence[object]) -> ShownStrategy:
    """Those that are live have the newest commit; the proposed checks of others are given by branch."""
    policies = [
        policy(name, active=NEW) if name in live else policy(name, proposed_checks=list(checks.get(name, ())))
        for name in graph
    ]
    tree = bundle(*policies)
    tree["promotionStrategy"] = root(graph)
    return read_strategy(Decoded(tree), read_last)


def by_branch(found: ShownStrategy) -> dict[str, Station]:
    return {station.branch: station for station in found.stations}


def test_what_boxes_and_lines_say() -> None:
    """A box says name, state and whether it is next; a line is done, open, or held where one waits for the other."""
    found = strategy(DIAMOND, ["dev", "e2e"], perf=[check("approval", "pending")], prod=WAITING)
    drawing, stations = draw(found.order), by_branch(found)
    boxes = list(shown_boxes(drawing, stations, found.front))
    assert [(box.at, box.name, box.words, box.is_next) for box in boxes] == [
        (1, "dev", "Up to date", False),
        (2, "e2e", "Up to date", False),
        (3, "perf", "Checking", True),
        (4, "prod", "Queued", False),
    ]
    looks = {lines.look: lines.path.count("M") for lines in shown_lines(drawing, stations)}
    assert looks == {"done": 3, "held": 1}


@pytest.mark.parametrize(
    ("live", "checks", "front"),
    [
        (["dev"], {}, {"e2e", "perf"}),
        (["dev", "e2e"], {}, {"perf"}),
        (["dev", "e2e", "perf"], {}, {"prod"}),
        (["dev", "e2e"], {"perf": [check("x", "failure")]}, {"perf"}),
        ([], {}, {"dev"}),
    ],
)
def test_what_is_next(live: Sequence[str], checks: dict[str, Any], front: set[str]) -> None:
    """Next are those that do not have the newest commit, or are not well, while all that they depend on are."""
    assert strategy(DIAMOND, live, **checks).front == front


def test_what_a_box_of_many_says() -> None:
    """It counts their states, the worst first, has the colour of the worst, and leads to the first of those."""
    graph = fan(10)
    found = strategy(graph, ["dev", "region-0", "region-1"], **{"region-7": WAITING, "region-9": WAITING})
    boxes = list(shown_boxes(draw(found.order), by_branch(found), found.front))
    assert [(box.at, box.name, box.branch, box.state, box.words, box.is_next) for box in boxes] == [
        (1, "dev", "dev", "UpToDate", "Up to date", False),
        (9, "10 environments", "region-7", "Queued", "2 queued, 6 promoting, 2 up to date", True),
        (12, "done", "done", "Promoting", "Promoting", False),
    ]
