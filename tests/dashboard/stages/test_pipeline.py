"""Stages in the order of their pipelines."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.dashboard.stages.pipeline import levels_of
from promoter_view.dashboard.stages.rows import FreightSources, ShownHealth, StageRow, read_stage_row
from promoter_view.slices import outcome
from tests.support.views.stages import changed, stage
from tests.support.views.strategies import Decoded

_NAMES = "abcdefgh"


def _stage(name: str, *upstream: str, project: str = "shop") -> StageRow:
    about: list[Any] = [ShownHealth.HEALTHY, {}, None, "", "", 0, (), 0, 0, None, None, ""]
    return StageRow(project, name, *about, sources=FreightSources((), upstream))


def _levels(*rows: StageRow) -> dict[str, int]:
    found = outcome(levels_of(rows))
    return {f"{namespace}/{name}" if namespace != "shop" else name: level for (namespace, name), level in found.items()}


def test_a_stage_stands_behind_all_that_it_takes_from() -> None:
    """The longest way counts, and another project's Stage of that name does not."""
    rows = [_stage("prod", "uat", "test"), _stage("uat", "test"), _stage("test"), _stage("uat", project="other")]
    assert _levels(*rows) == {"prod": 2, "uat": 1, "test": 0, "other/uat": 0}


def test_what_cannot_be_followed_hides_no_stage() -> None:
    """Circles stand last; a Stage that is not there, and itself twice, are nobody to wait for but for itself."""
    rows = [_stage("a", "b"), _stage("b", "a"), _stage("c", "c"), _stage("d", "gone"), _stage("e", "d", "d")]
    assert _levels(*rows) == {"a": 5, "b": 5, "c": 5, "d": 0, "e": 1}


@given(st.dictionaries(st.sampled_from(_NAMES), st.lists(st.sampled_from(_NAMES))))
def test_any_pipelines_have_an_order(asks: dict[str, list[str]]) -> None:
    """Every Stage has a place, and one that is in no circle stands behind its upstream."""
    levels = _levels(*(_stage(name, *upstream) for name, upstream in asks.items()))
    assert levels.keys() == asks.keys()
    for name, upstream in asks.items():
        if levels[name] < len(asks):
            assert all(levels[each] < levels[name] for each in upstream if each in asks)


def test_many_stages_are_ordered_in_steps() -> None:
    """None of them does all the work."""
    rows = [_stage(f"s{number}", f"s{number - 1}") for number in range(2000)]
    assert sum(1 for _ in levels_of(rows)) >= 2000
    assert _levels(*rows)["s1999"] == 1999


def test_where_a_stage_takes_its_freight_from() -> None:
    """Warehouses where it is direct, Stages upstream, each once; what is of another shape is skipped."""
    direct = {"origin": {"kind": "Warehouse", "name": "main"}, "sources": {"direct": True, "stages": ["test", 3]}}
    others = [{"origin": {"name": "base"}, "sources": {"stages": ["test", "uat"]}}, "nonsense"]
    asking = changed(stage(), "spec", "requestedFreight", to=[direct, *others, {"sources": {"direct": True}}])
    assert read_stage_row(Decoded({"stage": asking}, "stage")).sources == FreightSources(("main",), ("test", "uat"))
