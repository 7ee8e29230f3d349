"""A project's Freight over its Stages: which is where, what could be promoted next, and why not yet. Pure.

No present time is in it: a cell says until when Freight soaks, and the page shows the one or the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from promoter_view.dashboard.stages.project import PipelineFreight, PipelineStage, piece_of
from promoter_view.dashboard.stages.rows import ShownHealth, StageRow
from promoter_view.views.stage.availability import FreightState
from promoter_view.views.stage.reading import ComingFreight

#: Pieces of Freight and Stages that are shown, and what is told of what comes to one of these.
MOST_PIECES, MOST_COLUMNS, _MOST_COMING = 30, 60, 5

#: Classes of colours, which are those of environments: what a Stage may take somebody is asked to promote.
_LOOKS = {
    FreightState.PROMOTING: "promoting",
    FreightState.AVAILABLE: "needsapproval",
    FreightState.WAITING: "waiting",
    FreightState.QUEUED: "queued",
    FreightState.DELETING: "deleted",
}


class FlowCell(NamedTuple):
    """A piece of Freight in a Stage, in a word; "" where it is nothing to it. ``look``: the class of its colour.

    ``until``: from then on the Stage may take it.
    """

    word: str = ""
    look: str = "unknown"
    message: str = ""
    until: datetime | None = None


class FlowRow(NamedTuple):
    """A piece of Freight, and a cell for each Stage that is shown."""

    piece: PipelineFreight
    found: datetime | None
    cells: tuple[FlowCell, ...]


class NextLine(NamedTuple):
    """Freight that may come to a Stage. ``why``: what it waits for at first hand, "" where it says so itself."""

    coming: ComingFreight
    why: str
    auto: str

    @property
    def look(self) -> str:
        """The class of its state's colour."""
        return _LOOKS[self.coming.state]


@dataclass(frozen=True, slots=True)
class ProjectFlow:
    """All of it. ``nexts``: for each Stage what could come, the newest first, down to the first that is available."""

    columns: tuple[StageRow, ...]
    rows: tuple[FlowRow, ...]
    nexts: tuple[tuple[StageRow, tuple[NextLine, ...]], ...]
    more_rows: int
    more_columns: int


def read_flow(stages: Sequence[PipelineStage], rows: Mapping[str, StageRow]) -> ProjectFlow:
    """Of Stages in pipeline order, with their rows by name."""
    shown = stages[:MOST_COLUMNS]
    pieces = _pieces(stages)
    held = {piece.name for stage in stages for piece in stage.freight}
    kept = [piece for place, piece in enumerate(pieces) if place < MOST_PIECES or piece.name in held][: 2 * MOST_PIECES]
    tables = [{each.name: each for each in stage.coming} for stage in shown]
    return ProjectFlow(
        tuple(rows[stage.name] for stage in shown),
        tuple(
            FlowRow(
                piece,
                piece.made if piece.made.year > 1 else None,
                tuple(_cell(piece, stage, table) for stage, table in zip(shown, tables, strict=True)),
            )
            for piece in kept
        ),
        tuple((rows[stage.name], tuple(islice(_next(stage, rows), _MOST_COMING))) for stage in shown),
        len(pieces) - len(kept),
        len(stages) - len(shown),
    )


def _pieces(stages: Iterable[PipelineStage]) -> Sequence[PipelineFreight]:
    """All that is known, the newest first."""
    found: dict[str, PipelineFreight] = {}
    for stage in stages:
        for piece in (*stage.freight, *map(piece_of, stage.coming)):
            found.setdefault(piece.name, piece)
    return sorted(found.values(), key=lambda piece: (piece.made, piece.name), reverse=True)


def _cell(piece: PipelineFreight, stage: PipelineStage, coming: Mapping[str, ComingFreight]) -> FlowCell:
    is_verified = stage.name in piece.verified_in
    if any(each.name == piece.name for each in stage.freight):
        return FlowCell("In use", "promoted", "verified" if is_verified else "not verified yet")
    told = coming.get(piece.name)
    if told is not None:
        return FlowCell(told.state.value, _LOOKS[told.state], told.message, told.soaks_until)
    if is_verified:
        return FlowCell("Verified", "replaced", "it was here before, and was verified")
    return (
        FlowCell("Approved", "replaced", "older than the current Freight")
        if stage.name in piece.approved_for
        else FlowCell()
    )


def _next(stage: PipelineStage, rows: Mapping[str, StageRow]) -> Iterator[NextLine]:
    """Of each Warehouse down to the first that the Stage may take."""
    settled: set[str] = set()
    for each in stage.coming:
        if each.warehouse not in settled:
            auto = stage.auto.get(each.warehouse, "")
            yield NextLine(each, _why(each, stage, rows), auto)
        if each.state in (FreightState.AVAILABLE, FreightState.PROMOTING):
            settled.add(each.warehouse)


def _why(coming: ComingFreight, stage: PipelineStage, rows: Mapping[str, StageRow]) -> str:
    """What is in the way: of Freight that may be taken this Stage's own Promotion, else what holds those before it."""
    if coming.state is FreightState.AVAILABLE:
        own = rows[stage.name].current
        return f"a Promotion of {own.freight or 'other Freight'} is running" if own is not None else ""
    if coming.state is not FreightState.QUEUED:
        return ""
    asked = [request for request in stage.requests if request.warehouse == coming.warehouse]
    waited = dict.fromkeys(name for each in asked for name in each.stages if name not in coming.verified_in)
    return "; ".join(filter(None, (_holdup(rows.get(name)) for name in islice(waited, 3))))


def _holdup(before: StageRow | None) -> str:
    if before is None:
        return ""
    if before.current is not None:
        return f"{before.name}: a Promotion of {before.current.freight or 'Freight'} is running"
    if before.state is ShownHealth.UNHEALTHY:
        return f"{before.name} is unhealthy" + (f": {before.issue}" if before.issue else "")
    return f"{before.name} is {before.state.value.lower()}" if before.state is ShownHealth.PROGRESSING else ""
