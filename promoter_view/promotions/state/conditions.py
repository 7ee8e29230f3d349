"""A Stage's conditions: Ready, Healthy, Verified, Promoting, and what is not done here (API conventions). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.state.execution import Phase
from promoter_view.stages.assessment import StageHealth

_MAX_MESSAGE_BYTES = 32768
#: Conditions of other controllers' kinds stay as they are; these are ours, and what is not given goes.
_OURS = frozenset({"Ready", "Healthy", "Verified", "Promoting", "Reconciling", "AutoPromotion"})


@dataclass(frozen=True, slots=True)
class Condition:
    """What is so: ``status`` is True, False or Unknown; ``reason`` one word for programs, ``message`` for people."""

    type: str
    status: str
    reason: str
    message: str = ""


NOT_PROMOTED_BY_ITSELF = Condition(
    "AutoPromotion",
    "False",
    "NotSupported",
    "promoter-view runs the Promotions that there are; it makes none itself, and looks at no holds",
)


def conditions(stage: Document, status: Document, health: StageHealth) -> list[Condition]:
    """All that is said of a Stage with that status (the new one) and that health."""
    promoting, healthy, verified = _promoting(status), _healthy(health), _verified(stage, status)
    found = [_ready(status, promoting, healthy, verified), healthy, verified, NOT_PROMOTED_BY_ITSELF]
    return [*found, promoting] if promoting is not None else found


def written(found: Iterable[Condition], before: Document, generation: int, now: str) -> list[dict[str, Any]]:
    """The conditions as the cluster has them: the time of a transition stays while the status does."""
    known = {text(each, "type"): each for each in objects(before, "conditions")}
    foreign = [dict(each) for name, each in known.items() if name not in _OURS]
    ours = [_written(each, known.get(each.type, {}), generation, now) for each in found]
    return sorted([*foreign, *ours], key=lambda each: str(each["type"]))


def _written(condition: Condition, known: Document, generation: int, now: str) -> dict[str, Any]:
    message = condition.message.encode()[:_MAX_MESSAGE_BYTES].decode("utf-8", "ignore")
    same = text(known, "status") == condition.status and text(known, "lastTransitionTime")
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": same or now,
    }


def _promoting(status: Document) -> Condition | None:
    name = text(status, "currentPromotion", "name")
    return Condition("Promoting", "True", "ActivePromotion", f"Promotion {name} is in progress") if name else None


def _healthy(health: StageHealth) -> Condition:
    said = health.condition
    if said is None:
        return Condition("Healthy", "Unknown", "NotApplicable")
    return Condition("Healthy", said.status, str(said.reason), said.message or "; ".join(health.issues))


def _verified(stage: Document, status: Document) -> Condition:
    history = objects(status, "freightHistory")
    if not history:
        return Condition("Verified", "Unknown", "NoFreight", "there is no Freight to verify")
    newest = next(iter(objects(history[0], "verificationHistory")), {})
    phase = text(newest, "phase")
    if phase == "Successful":
        return Condition("Verified", "True", "Verified", text(newest, "message") or "Freight has been verified")
    if phase:
        known = {"Failed": "False", "Error": "False", "Aborted": "False", "Inconclusive": "False"}
        return Condition("Verified", known.get(phase, "Unknown"), f"Verification{phase}", text(newest, "message"))
    if mapping(stage, "spec", "verification"):
        message = "spec.verification asks for analysis, which promoter-view does not run"
        return Condition("Verified", "Unknown", "VerificationNotSupported", message)
    return Condition("Verified", "Unknown", "PendingVerification", "Freight is verified once the Stage is healthy")


def _ready(status: Document, promoting: Condition | None, healthy: Condition, verified: Condition) -> Condition:
    if promoting is not None:
        return Condition("Ready", "False", promoting.reason, promoting.message)
    last = mapping(status, "lastPromotion", "status")
    phase = text(last, "phase")
    if phase and phase != Phase.SUCCEEDED.value:
        return Condition("Ready", "False", f"LastPromotion{phase}", text(last, "message"))
    if healthy.status != "True":
        return Condition("Ready", "False", healthy.reason, healthy.message)
    if verified.status != "True":
        return Condition("Ready", "False", verified.reason, verified.message)
    return Condition("Ready", "True", verified.reason, verified.message)
