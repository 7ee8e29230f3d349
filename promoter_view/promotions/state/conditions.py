"""A Stage's conditions: Ready, Healthy, Verified, Promoting, and steps that are not run here (API conventions). Pure.

Words are Kargo's where it has them, so that whoever waits for them need not know who has written them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from promoter_view.decoded import text
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.values import Promotion, Stage, StageStatus
from promoter_view.stages.assessment import Condition, StageHealth
from promoter_view.stages.steps import told_foreign

_MAX_MESSAGE_BYTES = 32768
#: Conditions of other controllers' kinds stay as they are; these are ours, and what is not given goes.
_OURS = frozenset({"Ready", "Healthy", "Verified", "Promoting", "Reconciling", "AutoPromotion", "StepsSupported"})
_NO_FREIGHT = Condition("Unknown", "NoFreight", "Stage has no current Freight to verify")
_VERIFIED = Condition("True", "Verified", "Freight has been verified")
_WAITING = Condition(
    "Unknown", "WaitingForVerification", "Waiting for verification to be performed after successful promotion"
)
#: By the phase of the newest verification, where none was successful.
_UNVERIFIED = {"Failed": "False", "Error": "False", "Aborted": "False", "Inconclusive": "Unknown"}


def conditions(stage: Stage, health: StageHealth, current: Promotion | None) -> dict[str, Condition]:
    """All that is said of a Stage with its new status and that health, by type, in order.

    ``current`` is the Promotion whose turn it is.
    """
    healthy, verified = _healthy(health), _verified(stage.status)
    promoting = None if current is None else _promoting(stage, current)
    found = {"Ready": _ready(stage.status, promoting, healthy, verified), "Healthy": healthy, "Verified": verified}
    if promoting is not None:
        found["Promoting"] = promoting
    if stage.foreign_steps:
        found["StepsSupported"] = Condition("False", "StepsNotSupported", told_foreign(stage.foreign_steps))
    return found


def observed(stage: Stage) -> dict[str, Any]:
    """What of a status says which generation and which request to look again it answers."""
    said = {"observedGeneration": stage.generation, "lastHandledRefresh": stage.refresh}
    return {name: value for name, value in said.items() if value}


def written(found: Mapping[str, Condition], before: Document, generation: int, now: str) -> list[dict[str, Any]]:
    """The conditions as the cluster has them, those of others last. A transition's time stays while the status does."""
    known = {text(each, "type"): each for each in objects(before, "conditions")}
    ours = [{"type": name, **_written(each, known.get(name, {}), generation, now)} for name, each in found.items()]
    return [*ours, *(dict(each) for name, each in known.items() if name not in _OURS)]


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


def _promoting(stage: Stage, current: Promotion) -> Condition:
    """One that is labelled with another shard waits for that one's controller: here nobody runs it."""
    phase = current.execution.phase.value or PromotionPhase.PENDING.value
    told = f'Promotion "{current.name}" is currently {phase}'
    shard = current.shard(stage)
    if shard == stage.shard:
        return Condition("True", "ActivePromotion", told)
    whose = f'shard "{shard}", whose controller' if shard else "no shard, and Kargo's default controller"
    return Condition("True", "PromotionOfOtherShard", f"{told}: it is of {whose} has to run it")


def _healthy(health: StageHealth) -> Condition:
    said = health.condition
    if said is None:
        return Condition("Unknown", "NotApplicable")
    return Condition(said.status, str(said.reason), said.message or "; ".join(health.issues))


def _verified(status: StageStatus) -> Condition:
    if not status.history:
        return _NO_FREIGHT
    if status.was_verified:
        return _VERIFIED
    if status.verification not in _UNVERIFIED:
        return _WAITING
    reason = f"Verification{status.verification}"
    return Condition(_UNVERIFIED[status.verification], reason, status.verification_message)


def _ready(status: StageStatus, promoting: Condition | None, healthy: Condition, verified: Condition) -> Condition:
    if promoting is not None:
        return replace(promoting, status="False")
    last = status.last
    if last.phase and last.phase != PromotionPhase.SUCCEEDED.value:
        return Condition("False", f"LastPromotion{last.phase}", last.message)
    wanting = next((each for each in (healthy, verified) if each.status != "True"), None)
    return verified if wanting is None else replace(wanting, status="False")
