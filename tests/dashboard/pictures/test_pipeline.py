"""A Kargo project drawn: which Freight goes which way, worked out by hand; and on the page of a Stage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.dashboard.pictures.pipeline import draw_pipeline, ways_of
from promoter_view.dashboard.stages.project import (
    PipelineFreight,
    PipelineStage,
    WantedFreight,
    read_pipeline_stage,
)
from promoter_view.dashboard.stages.rows import nameless_stage_row
from tests.dashboard.test_stages import Shop, freight
from tests.support.views.stages import changed, stage
from tests.support.views.strategies import Decoded

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def piece(number: int, *verified: str, approved: tuple[str, ...] = ()) -> PipelineFreight:
    """The number-th Freight of the Warehouse."""
    made = NINE + timedelta(hours=number)
    return PipelineFreight(f"f{number}", f"otter-{number}", "w", made, frozenset(verified), frozenset(approved))


def asking(name: str, *before: str, has: PipelineFreight | None = None) -> PipelineStage:
    """A Stage that takes Freight from those Stages; from the Warehouse where there is none."""
    return PipelineStage(name, (WantedFreight("w", not before, before),), () if has is None else (has,))


#: What test has, what production has; the Freight that goes from one to the other, and how.
WAYS: list[tuple[PipelineFreight | None, PipelineFreight | None, tuple[str, str]]] = [
    (piece(2, "test"), piece(1, "test"), ("otter-2", "open")),
    (piece(2), piece(1), ("otter-2", "held")),
    (piece(2, approved=("production",)), piece(1), ("otter-2", "open")),
    (piece(1, "test"), None, ("otter-1", "open")),
    (piece(1), piece(1), ("otter-1", "done")),
    (piece(1, "test"), piece(2, "test"), ("", "open")),
    (None, piece(1), ("", "open")),
]


@pytest.mark.parametrize(("before", "own", "expected"), WAYS)
def test_freight_goes_on_where_the_stage_before_has_verified_it_or_it_is_approved(
    before: PipelineFreight | None, own: PipelineFreight | None, expected: tuple[str, str]
) -> None:
    """What is there already is done; what is older than what is there comes no more."""
    stages = [asking("test", has=before), asking("production", "test", has=own)]
    (found,) = (way for way in ways_of(stages) if way.source == "test")
    assert (found.words, found.look) == expected


def test_from_a_warehouse_comes_the_newest_freight_that_any_stage_has() -> None:
    stages = [asking("test", has=piece(1)), asking("hotfix", has=piece(3)), asking("lab")]
    assert {way.target: (way.source, way.words, way.look) for way in ways_of(stages)} == {
        "test": ("warehouse w", "otter-3", "open"),
        "hotfix": ("warehouse w", "otter-3", "done"),
        "lab": ("warehouse w", "otter-3", "open"),
    }


def drawn(*stages: PipelineStage) -> Any:
    return draw_pipeline((each, nameless_stage_row("shop", each.name)) for each in stages)


def test_a_project_is_drawn_from_its_warehouses_on() -> None:
    """Each way is drawn, also one that others make long; a Stage that is not shown is a box all the same."""
    both = PipelineStage("production", (WantedFreight("w", direct=True, stages=("test", "gone")),), ())
    found = drawn(asking("test", has=piece(1, "test")), both)
    assert {box.name: box.words for box in found.boxes} == {
        "w": "Warehouse",
        "gone": "Stage that is not shown",
        "test": "Unknown",
        "production": "next: otter-1",
    }
    assert len(found.drawing.lines) == 4
    assert {look for look, _ in found.lines} == {"open", "done"}
    assert {label.words for label in found.labels} == {"otter-1"}
    assert [(row.name, len(ways)) for row, ways in found.stages] == [("test", 1), ("production", 3)]


def test_many_alike_are_one_box_and_a_circle_is_drawn_without_a_turn() -> None:
    found = drawn(asking("test", has=piece(1)), *(asking(f"prod-{place}", "test") for place in range(12)))
    assert "12 Stages" in [box.name for box in found.boxes]
    assert drawn(asking("a", "b"), asking("b", "a")) is not None
    assert drawn() is None
    assert drawn(PipelineStage("alone", (), ())) is None


def test_any_stage_is_read() -> None:
    """Of whatever shape its requests are."""
    odd = {"stage": {"spec": {"requestedFreight": [7, {"origin": [], "sources": {"stages": [1, "a"], "direct": "x"}}]}}}
    assert read_pipeline_stage(Decoded(odd, "stage")) == PipelineStage("", (WantedFreight("", False, ("a",)),), ())


def test_it_is_on_the_page_of_each_stage_of_the_project_with_a_table_behind_it() -> None:
    shop = Shop()
    origin = {"origin": {"kind": "Warehouse", "name": "w"}, "sources": {"stages": ["test"]}}
    shop.put(
        changed(stage(freight=["f1"]), "spec", "requestedFreight", to=[{**origin, "sources": {"direct": True}}]),
        changed(stage("prod"), "spec", "requestedFreight", to=[origin]),
        freight(status={"verifiedIn": {"test": {}}}),
    )
    html = shop.page("stages/shop/test")
    assert 'id="pipeline"' in html
    assert "next: gentle-otter" in html
    assert "<td>gentle-otter from test</td>" in html
    assert 'id="flow"' in html
    assert '<ul class="coming">' in shop.page("stages/shop/prod")
    assert "verified in test" in shop.page("stages/shop/prod")
    assert 'id="pipeline"' not in Shop().page("stages/shop/test")
