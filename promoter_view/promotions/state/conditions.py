"""A Stage's conditions: Ready, Healthy, Verified, Promoting, and what is not done here (API conventions). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from promoter_view.decoded import text
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.values import Stage, StageStatus
from promoter_view.stages.assessment import Condition, StageHealth

_MAX_MESSAGE_BYTES = 32768
#: Conditions of other controllers' kinds stay as they are; these are ours, and what is not given goes.
_OURS = frozenset({"Ready", "Healthy", "Verified", "Promoting", "Reconciling", "AutoPromotion"})


NOT_PROMOTED_BY_ITSELF = Condition(
    "False",
    "NotSupported",
    "promoter-view runs the Promotions that there are; it makes none itself, and looks at no holds",
)


def conditions(stage: Stage, health: StageHealth) -> dict[str, Condition]:
    """All that is said of a Stage with its new status and that health, by type."""
    promoting, healthy, verified = _promoting(stage.status), _healthy(health), _verified(stage)
    ready = _ready(stage.status, promoting, healthy, verified)
    found = {"Ready": ready, "Healthy": healthy, "Verified": verified, "AutoPromotion": NOT_PROMOTED_BY_ITSELF}
    return found | {"Promoting": promoting} if promoting is not None else found


def written(found: Mapping[str, Condition], before: Document, generation: int, now: str) -> list[dict[str, Any]]:
    """The conditions as the cluster has them: the time of a transition stays while the status does."""
    known = {text(each, "type"): each for each in objects(before, "conditions")}
    foreign = [dict(each) for name, each in known.items() if name not in _OURS]
    ours = [{"type": name, **_written(each, known.get(name, {}), generation, now)} for name, each in found.items()]
    return sorted([*foreign, *ours], key=lambda each: str(each["type"]))


def _written(condition: Condition, known: Document, generation: int, now: str) -> dict[str, Any]:
    message = condition.message.encode()[:_MAX_MESSAGE_BYTES].decode("utf-8", "ignore")
    same = text(known, "status") == condition.status and text(known, "lastTransitionTime")
    return {
        "status": condition.status,
        "reason": condition.reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": same or now,
    }


def _promoting(status: StageStatus) -> Condition | None:
    name = status.current
    return Condition("True", "ActivePromotion", f"Promotion {name} is in progress") if name else None


def _healthy(health: StageHealth) -> Condition:
    said = health.condition
    if said is None:
        return Condition("Unknown", "NotApplicable")
    return Condition(said.status, str(said.reason), said.message or "; ".join(health.issues))


def _verified(stage: Stage) -> Condition:
    phase, message = stage.status.verification, stage.status.verification_message
    if not stage.status.history:
        return Condition("Unknown", "NoFreight", "there is no Freight to verify")
    if phase == "Successful":
        return Condition("True", "Verified", message or "Freight has been verified")
    if phase:
        known = {"Failed": "False", "Error": "False", "Aborted": "False", "Inconclusive": "False"}
        return Condition(known.get(phase, "Unknown"), f"Verification{phase}", message)
    if stage.asks_analysis:
        message = "spec.verification asks for analysis, which promoter-view does not run"
        return Condition("Unknown", "VerificationNotSupported", message)
    return Condition("Unknown", "PendingVerification", "Freight is verified once the Stage is healthy")


def _ready(status: StageStatus, promoting: Condition | None, healthy: Condition, verified: Condition) -> Condition:
    if promoting is not None:
        return replace(promoting, status="False")
    last = status.last
    if last.phase and last.phase != PromotionPhase.SUCCEEDED.value:
        return Condition("False", f"LastPromotion{last.phase}", last.message)
    wanting = next((each for each in (healthy, verified) if each.status != "True"), None)
    return verified if wanting is None else replace(wanting, status="False")
