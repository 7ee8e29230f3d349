"""A Stage without promotion steps: Freight flows through it, verified in it as soon as it is available. Pure.

Its status says nothing but that. What it kept as a Stage with steps, before its spec was changed, goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promoter_view.decoded import text
from promoter_view.promotions.state.conditions import observed, written
from promoter_view.promotions.values import Stage
from promoter_view.stages.assessment import Condition
from promoter_view.stages.availability import Availability, availability
from promoter_view.stages.freight import Freight

_READY = Condition("True", "Ready")
_OF_STAGES_WITH_STEPS = frozenset(
    {
        "freightHistory",
        "health",
        "currentPromotion",
        "lastPromotion",
        "autoPromotionEnabled",
        "autoPromotionHolds",
        "effectiveAutoPromotionHolds",
    }
)


def flow_status(stage: Stage, missing: Sequence[str], now: str) -> dict[str, Any]:
    """The Stage's status. ``missing`` names Warehouses that it requests Freight of and that are not there."""
    found = {name: value for name, value in stage.status.document.items() if name not in _OF_STAGES_WITH_STEPS}
    ready = _READY if not missing else Condition("False", "FreightRetrievalFailed", _told_missing(stage, missing))
    found["freightSummary"] = "N/A"
    found |= observed(stage)
    found["conditions"] = written({"Ready": ready}, stage.status.document, stage.generation, now)
    return found


def flow_of(freight: Freight, stage: Stage, now: float) -> Availability:
    """Whether that Freight flows through the Stage now: it is available, and where it is to match it is upstream."""
    requested = [
        each
        for each in stage.requested
        if not each.matches_upstream or each.direct or _is_upstream(freight, each.stages)
    ]
    return availability(freight, stage.name, requested, now)


def _is_upstream(freight: Freight, stages: Sequence[str]) -> bool:
    return bool(stages) and stages[0] in freight.currently_in


def _told_missing(stage: Stage, missing: Sequence[str]) -> str:
    namespace = text(stage.document, "metadata", "namespace")
    return "; ".join(f'Warehouse "{name}" not found in namespace "{namespace}"' for name in missing)
