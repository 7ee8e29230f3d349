"""A Kargo project: from its Warehouses over its Stages, with the Freight that goes on and what could go on next. Pure.

Freight is known that some Stage has, or that is newer. What could go on is told by the Stage that would take it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from promoter_view.dashboard.stages.project import PipelineFreight, PipelineStage, piece_of
from promoter_view.dashboard.stages.rows import StageRow
from promoter_view.dashboard.strategies.order_map import BOX_HEIGHT, Drawing, draw
from promoter_view.views.promotion_strategy.order import Order, read_order
from promoter_view.views.stage.availability import FreightState

#: Stages that are drawn, and the room between levels, for the names of Freight.
MOST_STAGES = 500
_BETWEEN = 150
#: A Warehouse among the names of Stages: none of these has a space.
_WAREHOUSE = "warehouse "


class Way(NamedTuple):
    """From a Warehouse or Stage to a Stage. ``piece`` is what comes that way next, else what both have; None: nothing.

    ``look``: done, where the Stage has it; open, where it could be promoted now; held, where it may not come yet.
    """

    source: str
    target: str
    piece: PipelineFreight | None
    look: str

    @property
    def words(self) -> str:
        """What is written at its end."""
        return "" if self.piece is None else self.piece.alias


class PipelineBox(NamedTuple):
    """A Warehouse or a Stage where it is drawn; ``stage`` is its row, None for a Warehouse. ``next`` could come now."""

    x: int
    y: int
    name: str
    words: str
    css: str
    stage: StageRow | None


class Label(NamedTuple):
    """Freight at the end of a way, by the place of its end."""

    x: int
    y: int
    words: str
    look: str


@dataclass(frozen=True, slots=True)
class DrawnPipeline:
    """Drawn, and in words: for each Stage what it has, and what could come from where."""

    drawing: Drawing
    boxes: tuple[PipelineBox, ...]
    lines: tuple[tuple[str, str], ...]
    labels: tuple[Label, ...]
    stages: tuple[tuple[StageRow, tuple[Way, ...]], ...]
    left_out: int


def ways_of(stages: Sequence[PipelineStage]) -> Iterator[Way]:
    """All ways to these Stages, a way for each Warehouse and each source."""
    by_name = {stage.name: stage for stage in stages}
    newest = _newest(stages)
    for stage in stages:
        for request in stage.requests:
            own = stage.has(request.warehouse)
            if request.direct:
                piece = newest.get(request.warehouse)
                yield _way(_WAREHOUSE + request.warehouse, stage.name, own, piece, is_ready=True)
            for name in request.stages:
                before = by_name.get(name)
                piece = before.has(request.warehouse) if before is not None else None
                yield _way(name, stage.name, own, piece, is_ready=_is_ready(piece, name, stage))


def _is_ready(piece: PipelineFreight | None, before: str, stage: PipelineStage) -> bool:
    """As the Stage says of it; else whether it is verified in the one before, or approved."""
    if piece is None:
        return False
    told = next((each.state for each in stage.coming if each.name == piece.name), None)
    if told is not None:
        return told in (FreightState.AVAILABLE, FreightState.PROMOTING)
    return before in piece.verified_in or stage.name in piece.approved_for


def draw_pipeline(stages: Iterable[tuple[PipelineStage, StageRow]]) -> DrawnPipeline | None:
    """The pipeline of a project's Stages; None where none of them asks for Freight."""
    given = sorted(stages, key=lambda each: each[0].name)
    found = given[:MOST_STAGES]
    rows = {stage.name: row for stage, row in found}
    ways = tuple(way for way in ways_of([stage for stage, _ in found]))
    if not ways:
        return None
    order = _order(ways, rows)
    drawing = draw(order, between=_BETWEEN)
    to = defaultdict[str, list[Way]](list)
    for way in ways:
        to[way.target].append(way)
    return DrawnPipeline(
        drawing,
        tuple(_boxes(drawing, rows, to)),
        tuple(_lines(drawing, to)),
        tuple(_labels(drawing, to)),
        tuple((rows[vertex.branch], tuple(to[vertex.branch])) for vertex in order.vertices if vertex.branch in rows),
        len(given) - len(found),
    )


def _newest(stages: Iterable[PipelineStage]) -> Mapping[str, PipelineFreight]:
    """Of each Warehouse the newest Freight that is known."""
    found: dict[str, PipelineFreight] = {}
    for stage in stages:
        for piece in (*stage.freight, *map(piece_of, stage.coming)):
            known = found.get(piece.warehouse)
            if known is None or piece.made > known.made:
                found[piece.warehouse] = piece
    return found


def _way(
    source: str, target: str, own: PipelineFreight | None, piece: PipelineFreight | None, *, is_ready: bool
) -> Way:
    if piece is None or (own is not None and own.made > piece.made):
        return Way(source, target, None, "open")
    if own is not None and own.name == piece.name:
        return Way(source, target, piece, "done")
    return Way(source, target, piece, "open" if is_ready else "held")


def _order(ways: Iterable[Way], rows: Mapping[str, StageRow]) -> Order:
    """Who comes before whom, as for the environments of a strategy; but each way is drawn."""
    before: dict[str, list[str]] = {}
    for way in ways:
        before.setdefault(way.source, [])
        before.setdefault(way.target, []).append(way.source)
    for name in rows:
        before.setdefault(name, [])
    listed = [{"branch": name, "dependsOn": sources} for name, sources in before.items()]
    order = read_order({"spec": {"environments": listed}})
    return replace(order, vertices=tuple(replace(each, nearest=each.depends_on) for each in order.vertices))


def _boxes(drawing: Drawing, rows: Mapping[str, StageRow], to: Mapping[str, Sequence[Way]]) -> Iterator[PipelineBox]:
    for box in drawing.boxes:
        name = box.branches[0]
        row = rows.get(name)
        if row is None:
            kind = "Warehouse" if name.startswith(_WAREHOUSE) else "Stage that is not shown"
            yield PipelineBox(box.x, box.y, name.removeprefix(_WAREHOUSE), kind, "unknown", None)
        elif len(box.branches) > 1:
            yield PipelineBox(box.x, box.y, f"{len(box.branches)} Stages", f"{name} and others", "unknown", row)
        else:
            coming = [way.words for way in to[name] if way.piece is not None and way.look == "open"]
            words = f"next: {coming[0]}" if coming else row.state.word
            yield PipelineBox(box.x, box.y, name, words, row.state.css, row)


def _lines(drawing: Drawing, to: Mapping[str, Sequence[Way]]) -> Iterator[tuple[str, str]]:
    """Paths of one look together."""
    paths: dict[str, list[str]] = {"open": [], "done": [], "held": []}
    for line in drawing.lines:
        source, target = drawing.boxes[line.source].branches, drawing.boxes[line.target].branches
        looks = {way.look for branch in target for way in to[branch] if way.source in source}
        paths["held" if "held" in looks else "open" if "open" in looks else "done"].append(line.path)
    return ((look, "".join(path)) for look, path in paths.items() if path)


def _labels(drawing: Drawing, to: Mapping[str, Sequence[Way]]) -> Iterator[Label]:
    """Above the ends of ways, each Freight once for a box."""
    for box in drawing.boxes:
        found = {way.words: way.look for way in to.get(box.branches[0], ()) if way.piece is not None}
        for place, (words, look) in enumerate(list(found.items())[:3]):
            yield Label(box.x - 12, box.y + BOX_HEIGHT // 2 - 6 - 13 * place, words, look)
