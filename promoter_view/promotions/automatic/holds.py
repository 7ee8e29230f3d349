"""Which origins of a Stage people hold: since somebody chose other Freight than the newest, it is left there. Pure.

Kargo's webhook notes on a Promotion what choosing its Freight means: a hold of its origin, or the end of one. A hold
lasts in the Stage's status once that Promotion has ended, though the Promotion be gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.automatic.marks import is_automatic
from promoter_view.promotions.documents import Document
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.values import Promotion, Stage

HOLD = "kargo.akuity.io/auto-promotion-hold"
RESUME = "kargo.akuity.io/auto-promotion-resume"
Holds = dict[str, Any]


def lasting(stage: Stage, released: Iterable[Promotion]) -> Holds:
    """``autoPromotionHolds`` by origin, once the Stage has seen the end of those Promotions, oldest first."""
    requested = {each.origin for each in stage.requested}
    known = mapping(stage.status.document, "autoPromotionHolds")
    return _after({origin: known[origin] for origin in known if origin in requested}, released, requested)


def effective(stage: Stage, holds: Mapping[str, Any], later: Iterable[Promotion]) -> Holds:
    """``effectiveAutoPromotionHolds``: those that last, and what open Promotions, oldest first, will make of them."""
    return _after(holds, later, {each.origin for each in stage.requested})


def _after(holds: Mapping[str, Any], promotions: Iterable[Promotion], requested: set[str]) -> Holds:
    found = dict(holds)
    for each in promotions:
        annotations = mapping(each.document, "metadata", "annotations")
        if each.execution.phase is PromotionPhase.ABORTED or is_automatic(each):
            continue
        held, resumed = text(annotations, HOLD), text(annotations, RESUME)
        if held in requested:
            found[held] = _hold(each, held)
        elif resumed and not held:
            found.pop(resumed, None)
    return found


def _hold(promotion: Promotion, origin: str) -> Document:
    kind, _, name = origin.partition("/")
    said = {
        "actor": promotion.actor,
        "createdAt": promotion.created,
        "freightName": promotion.freight,
        "origin": {"kind": kind, "name": name},
        "promotionName": promotion.name,
    }
    return {key: value for key, value in said.items() if value or key == "freightName"}
