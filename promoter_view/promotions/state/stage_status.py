"""A Stage's status after one look at its Promotions and Applications. Pure: status in, status out.

Released Promotions become the last one, and what a successful one brought goes on top of the Freight's history. Then
health, verification, summary and conditions follow. What is not named here stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.decoded import mapping
from promoter_view.promotions.automatic.decision import TYPE, StageDecision
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.state.conditions import conditions, observed, written
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.state.queue import Turn, reference
from promoter_view.promotions.state.verification import verify
from promoter_view.promotions.values import Promotion, Stage, StageStatus
from promoter_view.stages.assessment import StageHealth
from promoter_view.stages.health import Health
from promoter_view.stages.output import health_status

MAX_HISTORY = 10


def taken(status: StageStatus, turn: Turn) -> dict[str, Any]:
    """The status once the queue's decision is in it.

    Where Promotions are released nobody is claimed yet: what they brought is looked at first.
    """
    found = dict(status.document)
    for each in turn.released:
        found = _released(found, each)
    if turn.claimed is None:
        found.pop("currentPromotion", None)
    else:
        found["currentPromotion"] = reference(turn.claimed)
    return found


def assessed(
    stage: Stage, health: StageHealth, current: Promotion | None, now: str, automatic: StageDecision | None = None
) -> dict[str, Any]:
    """The Stage's status with health, verification, summary and conditions.

    ``health`` is that of this very status, ``current`` the Promotion that it names. ``automatic`` is what is said of
    auto-promotion; None where that is not done here: what stands there stays.
    """
    found = {name: value for name, value in stage.status.document.items() if name != "health"}
    shown = health_status(health)
    if shown is not None:
        found["health"] = shown
    history = verify(stage, healthy=health.state is Health.HEALTHY, now=now)
    if history:
        found["freightHistory"] = history
    found["freightSummary"] = summary(stage)
    found |= observed(stage)
    said = conditions(stage.with_status(found), health, current)
    if automatic is not None:
        found, said = automatic.written(found), {**said, TYPE: automatic.condition}
    found["conditions"] = written(said, stage.status.document, stage.generation, now)
    return found


def summary(stage: Stage) -> str:
    """``freightSummary``: the Freight's name where one is requested and held, else how many are."""
    requested, names = len(stage.requested), stage.status.freight
    if requested == 1 and len(names) == 1:
        return next(iter(names))
    return f"{len(names)}/{requested} Fulfilled"


def _released(status: Mapping[str, Any], ended: Promotion) -> dict[str, Any]:
    found = {**status, "lastPromotion": reference(ended)}
    if ended.execution.phase is PromotionPhase.SUCCEEDED and ended.collection:
        found["freightHistory"] = [dict(ended.collection), *objects(status, "freightHistory")][:MAX_HISTORY]
    elif not ended.execution.started_at:
        found["lastPromotion"] = _inherited(found["lastPromotion"], status)
    return found


def _inherited(last: Document, before: Document) -> dict[str, Any]:
    """A Promotion that never began leaves the Freight as its predecessor had it."""
    kept = mapping(before, "lastPromotion", "status", "freightCollection")
    return {**last, "status": {**mapping(last, "status"), "freightCollection": dict(kept)}} if kept else dict(last)
