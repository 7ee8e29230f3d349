"""A project's Freight over its Stages: what each cell says, what could come next, and why not yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.dashboard.stages.freight_flow import ProjectFlow, read_flow
from promoter_view.dashboard.stages.project import PipelineFreight, PipelineStage, WantedFreight
from promoter_view.dashboard.stages.rows import Deed, ShownHealth, StageRow, nameless_stage_row
from promoter_view.views.stage.availability import FreightState
from promoter_view.views.stage.reading import ComingFreight

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def piece(number: int, *verified: str, approved: tuple[str, ...] = ()) -> PipelineFreight:
    """The number-th Freight of the Warehouse."""
    made = NINE + timedelta(minutes=number)
    return PipelineFreight(f"f{number:03}", f"otter-{number}", "w", made, frozenset(verified), frozenset(approved))


def coming(number: int, state: FreightState, message: str = "", **more: Any) -> ComingFreight:
    """The same, of a Stage that does not have it."""
    found = NINE + timedelta(minutes=number)
    return ComingFreight(f"f{number:03}", f"otter-{number}", "w", state, message, found, **more)


def asking(name: str, *before: str, has: PipelineFreight | None = None, **more: Any) -> PipelineStage:
    """A Stage that takes Freight from those Stages; from the Warehouse where there is none."""
    return PipelineStage(name, (WantedFreight("w", not before, before),), () if has is None else (has,), **more)


def flow(*stages: PipelineStage, **rows: StageRow) -> ProjectFlow:
    """Of Stages in this order."""
    return read_flow(stages, {each.name: rows.get(each.name, row(each.name)) for each in stages})


def row(name: str, **more: Any) -> StageRow:
    """Of that Stage."""
    return replace(nameless_stage_row("shop", name), **{"state": ShownHealth.HEALTHY, **more})


def test_a_cell_says_what_a_piece_of_freight_is_to_a_stage() -> None:
    """In use and verified or not, on its way, soaking until then, verified once, approved once, or nothing."""
    soaks = coming(3, FreightState.WAITING, "soaks in test", until=NOON)
    found = flow(
        asking("test", has=piece(3, "test")),
        asking("perf", has=piece(2)),
        asking("prod", "test", has=piece(1, "test", "prod"), coming=(soaks, coming(2, FreightState.QUEUED, "not yet"))),
        asking("old", has=piece(0, "test", approved=("perf",))),
    )
    told = {each.piece.alias: [(cell.word, cell.message, cell.until) for cell in each.cells] for each in found.rows}
    none = ("", "", None)
    assert told == {
        "otter-3": [("In use", "verified", None), none, ("Waiting", "soaks in test", NOON), none],
        "otter-2": [none, ("In use", "not verified yet", None), ("Queued", "not yet", None), none],
        "otter-1": [
            ("Verified", "it was here before, and was verified", None),
            none,
            ("In use", "verified", None),
            none,
        ],
        "otter-0": [
            ("Verified", "it was here before, and was verified", None),
            ("Approved", "older than the current Freight", None),
            none,
            ("In use", "not verified yet", None),
        ],
    }
    assert [each.name for each in found.columns] == ["test", "perf", "prod", "old"]


def test_what_could_come_is_told_down_to_the_first_that_is_available() -> None:
    """And whether a policy promotes it; what is older comes no more."""
    states = (FreightState.QUEUED, FreightState.AVAILABLE, FreightState.QUEUED)
    pieces = tuple(coming(9 - place, state) for place, state in enumerate(states))
    found = flow(asking("prod", "test", coming=pieces, auto={"w": "Enabled"}), asking("alone"))
    assert [(it.name, [(each.coming.called, each.look, each.auto) for each in lines]) for it, lines in found.nexts] == [
        ("prod", [("otter-9", "queued", "Enabled"), ("otter-8", "needsapproval", "Enabled")]),
        ("alone", []),
    ]


FIRST = Deed("p", "Running", "", "otter-1", None)
WHYS: list[tuple[FreightState, StageRow, StageRow, str]] = [
    (FreightState.AVAILABLE, row("prod"), row("test"), ""),
    (FreightState.AVAILABLE, row("prod", current=FIRST), row("test"), "a Promotion of otter-1 is running"),
    (FreightState.WAITING, row("prod", current=FIRST), row("test"), ""),
    (FreightState.QUEUED, row("prod"), row("test"), ""),
    (FreightState.QUEUED, row("prod"), row("test", current=FIRST), "test: a Promotion of otter-1 is running"),
    (
        FreightState.QUEUED,
        row("prod"),
        row("test", state=ShownHealth.UNHEALTHY, issue="web is down"),
        "test is unhealthy: web is down",
    ),
    (FreightState.QUEUED, row("prod"), row("test", state=ShownHealth.UNHEALTHY), "test is unhealthy"),
    (FreightState.QUEUED, row("prod"), row("test", state=ShownHealth.PROGRESSING), "test is progressing"),
]


@pytest.mark.parametrize(("state", "own", "before", "why"), WHYS)
def test_what_is_in_the_way_is_said_at_first_hand(
    state: FreightState, own: StageRow, before: StageRow, why: str
) -> None:
    """A Promotion under way, or the health of the Stage before; a Stage that is not there is nothing to tell of."""
    stages = (asking("test"), asking("prod", "test", "gone", coming=(coming(1, state),)))
    (line,) = flow(*stages, test=before, prod=own).nexts[1][1]
    assert line.why == why


def test_all_of_it_is_bounded() -> None:
    """The newest Freight and what is in use, and so many Stages; the others are counted."""
    many = tuple(coming(number, FreightState.QUEUED) for number in range(200, 100, -1))
    stages = [asking(f"s{place:02}", has=piece(place), coming=many if not place else ()) for place in range(70)]
    found = flow(*stages)
    assert (len(found.rows), len(found.columns)) == (60, 60)
    assert (found.more_rows, found.more_columns) == (110, 10)
    assert len(found.nexts[0][1]) == 5
