"""Kargo's objects read as values."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.values import read_promotion, read_stage
from promoter_view.stages.application import read_application
from promoter_view.stages.freight import read_freight
from tests.promotions import kargo

NAMES = [
    "metadata",
    "spec",
    "status",
    "labels",
    "annotations",
    "requestedFreight",
    "origin",
    "sources",
    "lastPromotion",
    "freightHistory",
    "items",
    "verificationHistory",
    "currentlyIn",
    "verifiedIn",
    "operationState",
    "operation",
    "conditions",
    "name",
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
)


@given(st.dictionaries(st.sampled_from(NAMES), ODD))
def test_any_object_can_be_read(document: dict[str, Any]) -> None:
    """Whatever shape an object has, reading it raises nothing, and it is kept as it was for what is written."""
    for read in (read_application, read_freight, read_promotion, read_stage):
        assert read(document).document is document


def test_what_nobody_here_knows_stays() -> None:
    """A Stage with another status is the same object otherwise, what is not read of it included."""
    found = read_stage({**kargo.stage(), "later": {"field": 1}})
    changed = found.with_status({"currentPromotion": {"name": "p"}, "alsoLater": 2})
    assert changed.document == {**found.document, "status": {"currentPromotion": {"name": "p"}, "alsoLater": 2}}
    assert (changed.status.current, found.status.current) == ("p", "")


def test_a_stage_without_history_has_nothing_in_use() -> None:
    """Without an entry in freightHistory no Freight is in use, and none is verified."""
    status = read_stage({}).status
    assert (status.freight, status.is_verified, status.was_verified) == (frozenset(), False, False)
