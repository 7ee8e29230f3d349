"""Where the environments of a graph are drawn, level beside level, and the ways between them. Pure.

Many that depend on the same, and on which the same depend, are one box: a fan of five hundred is a drawing of three. A
line that goes past a level has a lane there, so that it runs through no box. What is drawn is bounded, and what is
left out is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import fmean

from promoter_view.dashboard.strategies.environments import Station
from promoter_view.views.promotion_strategy.order import Order
from promoter_view.views.promotion_strategy.state.words import STATE_WORDS, StateWord

BOX_WIDTH, BOX_HEIGHT = 172, 46
_GAP, _LANE, _BETWEEN_LEVELS, _MARGIN = 14, 4, 64, 8
_FEWEST_ALIKE = 8
#: Pixels beyond which a drawing is scrolled.
_TALLEST = 540
#: Pieces of lines between one level and the next.
_MOST_PIECES = 3000


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, by its left upper corner: one environment, or those that are alike."""

    branches: tuple[str, ...]
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Edge:
    """From one box to another, by their places among the boxes; ``path`` is SVG's."""

    source: int
    target: int
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """In pixels. ``left_out``: lines that would be too many."""

    boxes: tuple[Box, ...]
    lines: tuple[Edge, ...]
    width: int
    height: int
    left_out: int


#: The head of an arrow, from its tip.
_HEAD = "m-6 -4l6 4l-6 4"

#: Boxes by their number; behind these the lanes.
_Item = int


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A box with what it says. ``at`` is the number of its card on the page, ``is_next``: nobody is in its way."""

    x: int
    y: int
    at: int
    name: str
    branch: str
    state: StateWord
    words: str
    is_next: bool


@dataclass(frozen=True, slots=True)
class ShownLines:
    """Paths of one look: ``done`` between environments that are there, ``held`` where one waits for the other."""

    look: str
    path: str


def draw(order: Order, between: int = _BETWEEN_LEVELS) -> Drawing:
    """The drawing of an order that has environments, with that room between its levels."""
    groups = _groups(order)
    levels = [level for _, level in groups]
    ways, lanes, left_out = _ways(levels, _edges(order, groups))
    levels += lanes
    middles = _middles(levels, len(groups), ways)
    top = _MARGIN - min(middles) + BOX_HEIGHT // 2
    lefts = [_MARGIN + level * (BOX_WIDTH + between) for level in levels]
    points = [(x, y + top) for x, y in zip(lefts, middles, strict=True)]
    return Drawing(
        tuple(Box(names, x, y - BOX_HEIGHT // 2) for (names, _), (x, y) in zip(groups, points, strict=False)),
        tuple(Edge(way[0], way[-1], _path([points[item] for item in way])) for way in ways),
        max(lefts) + BOX_WIDTH + _MARGIN,
        max(middles) + top + BOX_HEIGHT // 2 + _MARGIN,
        left_out,
    )


def shown_boxes(drawing: Drawing, stations: Mapping[str, Station], front: frozenset[str]) -> Iterator[ShownBox]:
    """What boxes say; ``stations`` by branch, in the order of their cards."""
    cards = {branch: at for at, branch in enumerate(stations, 1)}
    for box in drawing.boxes:
        inside = [stations[branch] for branch in box.branches]
        first = min(inside, key=lambda station: list(StateWord).index(station.state))
        counts = Counter(station.state for station in inside)
        is_next = not front.isdisjoint(box.branches)
        yield ShownBox(
            box.x, box.y, cards[first.branch], _named(inside), first.branch, first.state, _said(counts), is_next
        )


def shown_lines(drawing: Drawing, stations: Mapping[str, Station]) -> Iterator[ShownLines]:
    """The lines, those of one look together."""
    paths: dict[str, list[str]] = {"open": [], "done": [], "held": []}
    for line in drawing.lines:
        source, target = drawing.boxes[line.source].branches, drawing.boxes[line.target].branches
        paths[_look(source, target, stations)].append(line.path)
    return (ShownLines(look, "".join(path)) for look, path in paths.items() if path)


def _look(source: Sequence[str], target: Sequence[str], stations: Mapping[str, Station]) -> str:
    if any(not set(source).isdisjoint(stations[branch].facts.awaits) for branch in target):
        return "held"
    return "done" if all(stations[branch].newest for branch in source) else "open"


def _groups(order: Order) -> Sequence[tuple[tuple[str, ...], int]]:
    """What is drawn as a box, in promotion order: branches and their level."""
    dependents: dict[str, list[str]] = defaultdict(list)
    for vertex in order.vertices:
        for branch in vertex.nearest:
            dependents[branch].append(vertex.branch)
    alike: dict[object, list[str]] = defaultdict(list)
    for vertex in order.vertices:
        alike[vertex.level, vertex.nearest, tuple(dependents[vertex.branch])].append(vertex.branch)
    found = {names[0]: tuple(names) for names in alike.values() if len(names) >= _FEWEST_ALIKE}
    inside = {branch for names in found.values() for branch in names[1:]}
    shown = (vertex for vertex in order.vertices if vertex.branch not in inside)
    return [(found.get(vertex.branch, (vertex.branch,)), vertex.level) for vertex in shown]


def _edges(order: Order, groups: Sequence[tuple[tuple[str, ...], int]]) -> Sequence[tuple[_Item, _Item]]:
    """Between boxes, each once."""
    box_of = {branch: box for box, (names, _) in enumerate(groups) for branch in names}
    found = ((box_of[branch], box_of[vertex.branch]) for vertex in order.vertices for branch in vertex.nearest)
    return list(dict.fromkeys(found))


def _ways(
    levels: Sequence[int], edges: Sequence[tuple[_Item, _Item]]
) -> tuple[Sequence[Sequence[_Item]], Sequence[int], int]:
    """For each line the items that it goes through; the levels of the lanes among those; how many are left out.

    All lines from one box share a lane in a level.
    """
    lanes: dict[tuple[_Item, int], _Item] = {}
    ways: list[Sequence[_Item]] = []
    pieces = 0
    for source, target in edges:
        pieces += levels[target] - levels[source]
        if pieces > _MOST_PIECES:
            break
        between = range(levels[source] + 1, levels[target])
        passed = [lanes.setdefault((source, level), len(levels) + len(lanes)) for level in between]
        ways.append((source, *passed, target))
    return ways, [level for _, level in lanes], len(edges) - len(ways)


def _middles(levels: Sequence[int], boxes: int, ways: Sequence[Sequence[_Item]]) -> Sequence[int]:
    """The height of each item's middle. In a level items stand as those do that lead to them: lines seldom cross.

    Levels have their middles in one line, in a drawing that has to be scrolled their tops.
    """
    before: Mapping[_Item, set[_Item]] = defaultdict(set)
    for way in ways:
        for one, other in pairwise(way):
            before[other].add(one)
    middles = [0] * len(levels)
    heights = [(BOX_HEIGHT if item < boxes else _LANE) + _GAP for item in range(len(levels))]
    by_level = sorted(range(len(levels)), key=levels.__getitem__)
    items_of = [list(items) for _, items in groupby(by_level, levels.__getitem__)]
    tall = [sum(heights[item] for item in items) for items in items_of]
    for items, height in zip(items_of, tall, strict=True):
        at = 0 if max(tall) > _TALLEST else -height // 2
        for item in sorted(
            items, key=lambda item: fmean(middles[one] for one in before[item]) if before[item] else 0.0
        ):
            middles[item] = at + (heights[item] - _GAP) // 2
            at += heights[item]
    return middles


def _path(points: Sequence[tuple[int, int]]) -> str:
    """From the right of the first box to the left of the last one: curves between levels, straight along lanes."""
    (x, y), *following = points
    pieces: list[str] = []
    for to_x, to_y in following:
        pieces.append(f"H{x + BOX_WIDTH}" if pieces else f"M{x + BOX_WIDTH} {y}")
        middle = (x + BOX_WIDTH + to_x) // 2
        pieces.append(f"C{middle} {y} {middle} {to_y} {to_x} {to_y}")
        x, y = to_x, to_y
    return "".join(pieces) + _HEAD


def _named(stations: Sequence[Station]) -> str:
    return stations[0].name if len(stations) == 1 else f"{len(stations)} environments"


def _said(counts: Counter[StateWord]) -> str:
    """``Queued``; of several environments ``12 queued, 480 up to date``, the worst first."""
    if counts.total() == 1:
        return STATE_WORDS[next(iter(counts))]
    return ", ".join(f"{counts[state]} {STATE_WORDS[state].lower()}" for state in StateWord if counts[state])
