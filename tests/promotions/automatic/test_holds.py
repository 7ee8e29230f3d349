"""Holds: what people leave where it is."""

from __future__ import annotations

from typing import Any

from promoter_view.promotions.automatic.holds import effective, lasting
from promoter_view.promotions.values import Promotion, Stage, read_promotion, read_stage
from tests.promotions import kargo

HOLD = "kargo.akuity.io/auto-promotion-hold"
RESUME = "kargo.akuity.io/auto-promotion-resume"
AUTOMATIC = "view.promoter.argoproj.io/auto-promotion"
ORIGIN = "Warehouse/w"


def promotion(name: str, phase: str = "Succeeded", **annotations: str) -> Promotion:
    found = kargo.promotion(name, phase, freight=f"f-{name}")
    found["metadata"]["annotations"] = annotations
    return read_promotion(found)


def stage(**holds: Any) -> Stage:
    return read_stage(kargo.stage(status={"autoPromotionHolds": holds}))


def named(holds: dict[str, Any]) -> dict[str, str]:
    return {origin: hold["promotionName"] for origin, hold in holds.items()}


KNOWN = {ORIGIN: {"promotionName": "old"}}


def test_a_hold() -> None:
    """It names its Freight and Promotion, who has made that, and when, as Kargo keeps it."""
    held = promotion("a", **{HOLD: ORIGIN, "kargo.akuity.io/create-actor": "email:a@example.com"})
    assert lasting(stage(), [held]) == {
        ORIGIN: {
            "actor": "email:a@example.com",
            "createdAt": "2027-01-15T08:00:00Z",
            "freightName": "f-a",
            "origin": {"kind": "Warehouse", "name": "w"},
            "promotionName": "a",
        }
    }


def test_the_newest_counts() -> None:
    """A later hold takes the place of an earlier one, a later end of it takes it away; failed ones count as well."""
    hold, resume = promotion("a", "Failed", **{HOLD: ORIGIN}), promotion("b", **{RESUME: ORIGIN})
    assert named(lasting(stage(**KNOWN), [hold])) == {ORIGIN: "a"}
    assert lasting(stage(**KNOWN), [hold, resume]) == {}
    assert named(lasting(stage(**KNOWN), [resume, hold])) == {ORIGIN: "a"}
    assert lasting(stage(**KNOWN), [promotion("c")]) == KNOWN


def test_what_counts_for_nothing() -> None:
    """Aborted ones, those of origins that are not requested, and what was made by auto-promotion itself."""
    for each in (
        promotion("a", "Aborted", **{HOLD: ORIGIN}),
        promotion("a", **{HOLD: "Warehouse/other"}),
        promotion("a", **{HOLD: ORIGIN, AUTOMATIC: ORIGIN}),
    ):
        assert lasting(stage(), [each]) == {}
    assert lasting(stage(**{"Warehouse/other": {}}), []) == {}


def test_effective() -> None:
    """Open Promotions say already what they will have brought."""
    assert named(effective(stage(), {}, [promotion("a", "Pending", **{HOLD: ORIGIN})])) == {ORIGIN: "a"}
    assert effective(stage(), KNOWN, [promotion("a", "Running", **{RESUME: ORIGIN})]) == {}
    assert effective(stage(), KNOWN, []) == KNOWN
