"""Stages without promotion steps: their status, and what flows through them."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.state.control_flow import flow_of, flow_status
from promoter_view.promotions.values import Stage, read_stage
from promoter_view.stages.freight import read_freight
from tests.promotions import kargo

NOW = 1_800_000_000.0
NOW_WRITTEN = "2027-01-15T08:00:00Z"
READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Ready",
    "message": "",
    "observedGeneration": 3,
    "lastTransitionTime": NOW_WRITTEN,
}


def stage(sources: dict[str, Any] | None = None, status: dict[str, Any] | None = None) -> Stage:
    found = kargo.stage(promotionTemplate=None, status=status)
    found["spec"]["requestedFreight"][0]["sources"] = sources or {"direct": True}
    found["metadata"]["annotations"] = {"kargo.akuity.io/refresh": "now"}
    return read_stage(found)


def test_status() -> None:
    """It is ready, says N/A, and which generation and request it answers; nothing of its past with steps stays."""
    past = {
        "health": {"status": "Healthy"},
        "freightHistory": [{"id": "x"}],
        "lastPromotion": {"name": "p"},
        "currentPromotion": {"name": "q"},
        "autoPromotionEnabled": True,
        "autoPromotionHolds": {"Warehouse/w": {}},
        "conditions": [{"type": "Healthy", "status": "True"}, {"type": "Other", "status": "True"}],
        "metadata": {"kept": 1},
    }
    assert flow_status(stage(status=past), [], NOW_WRITTEN) == {
        "freightSummary": "N/A",
        "observedGeneration": 3,
        "lastHandledRefresh": "now",
        "metadata": {"kept": 1},
        "conditions": [READY, {"type": "Other", "status": "True"}],
    }


def test_a_warehouse_is_missing() -> None:
    """A Stage that requests Freight of a Warehouse that is not there is not ready, and says so."""
    (ready,) = flow_status(stage(), ["w", "v"], NOW_WRITTEN)["conditions"]
    assert (ready["status"], ready["reason"]) == ("False", "FreightRetrievalFailed")
    assert ready["message"] == (
        'Warehouse "w" not found in namespace "kargo-demo"; Warehouse "v" not found in namespace "kargo-demo"'
    )


UPSTREAM = {"stages": ["a"]}
MATCHING = {**UPSTREAM, "autoPromotionOptions": {"selectionPolicy": "MatchUpstream"}}
SOAKING = {**UPSTREAM, "requiredSoakTime": "1h"}
VERIFIED = {"verifiedIn": {"a": {}}}
HERE = {"currentlyIn": {"a": {"since": "2027-01-15T07:30:00Z"}}}


@pytest.mark.parametrize(
    ("sources", "status", "flows", "at"),
    [
        ({"direct": True}, {}, True, None),
        (UPSTREAM, {}, False, None),
        (UPSTREAM, VERIFIED, True, None),
        (UPSTREAM, {"approvedFor": {"test": {}}}, True, None),
        (SOAKING, VERIFIED | HERE, False, NOW + 1800),
        (MATCHING, VERIFIED, False, None),
        (MATCHING, VERIFIED | HERE, True, None),
        ({**MATCHING, "stages": []}, VERIFIED | HERE, False, None),
    ],
)
def test_what_flows(sources: dict[str, Any], status: dict[str, Any], flows: bool, at: float | None) -> None:
    """What is available, and still upstream where it has to match it; else when it will be, where that is known."""
    found = flow_of(read_freight(kargo.freight(**status)), stage(sources), NOW)
    assert (found.is_available, found.at) == (flows, at)
