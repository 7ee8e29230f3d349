"""Kargo's Events: how a Promotion ended, and what came of a verification of Freight, as notifications read them. Pure.

What they tell stands in annotations ``event.kargo.akuity.io/...``, by the names of Kargo. Each is told once: its name
follows from what it tells (event.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from promoter_view.decoded import text
from promoter_view.promotions.documents import Document
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.telling.argocd_context import applications_of
from promoter_view.promotions.telling.event import CreateEvent, involved
from promoter_view.promotions.values import Promotion, Stage
from promoter_view.stages.freight import Freight

API_VERSION = "kargo.akuity.io/v1alpha1"
_PREFIX = "event.kargo.akuity.io/"
_CONTENTS = ("commits", "images", "charts", "artifacts")
#: An object's annotations have 256 KiB at most: what Freight is made of stays away beyond this many characters.
_MOST_CONTENTS = 200 * 1024
_VERIFICATIONS = {
    "Successful": "Succeeded",
    "Failed": "Failed",
    "Error": "Errored",
    "Aborted": "Aborted",
    "Inconclusive": "Inconclusive",
}


def promotion_ended(promotion: Promotion, freight: Freight | None, stage: Stage | None, shard: str) -> CreateEvent:
    """Of a Promotion that has ended by itself, by its status: Succeeded, Failed or Errored."""
    phase, message = promotion.execution.phase, promotion.execution.message
    told = _of_promotion(promotion, freight, promotion.actor or f"controller:promotion-controller-{shard}")
    if phase is PromotionPhase.SUCCEEDED:
        told["verification-pending"] = "true" if stage is not None and stage.asks_analysis else "false"
    words = f"Promotion {phase.value}" + (f": {message}" if message else "")
    return _event(promotion.document, "Promotion", f"Promotion{phase.value}", words, told, once="ended")


def promotion_aborted(promotion: Promotion, freight: Freight | None, message: str, actor: str) -> CreateEvent:
    """Of a Promotion that is called off; ``actor`` is who calls it off."""
    told = _of_promotion(promotion, freight, actor)
    return _event(promotion.document, "Promotion", "PromotionAborted", message, told, once="ended")


def freight_verified(freight: Freight, stage: Stage, verification: Document, shard: str) -> CreateEvent | None:
    """Of a verification, an entry of a verificationHistory; None for one that has not ended."""
    phase = _VERIFICATIONS.get(text(verification, "phase"))
    if phase is None:
        return None
    told = {
        "project": text(freight.document, "metadata", "namespace"),
        "actor": text(verification, "actor") or f"controller:stage-controller-{shard}",
        **_of_freight(freight, stage.name),
        "verification-start-time": text(verification, "startTime"),
        "verification-finish-time": text(verification, "finishTime"),
        "analysis-run-name": text(verification, "analysisRun", "name"),
    }
    words = "Freight verification succeeded" if phase == "Succeeded" else text(verification, "message")
    return _event(
        freight.document, "Freight", f"FreightVerification{phase}", words, told, once=text(verification, "id")
    )


def _of_promotion(promotion: Promotion, freight: Freight | None, actor: str) -> dict[str, str]:
    applications = [{"Namespace": namespace, "Name": name} for namespace, name in sorted(applications_of(promotion))]
    return {
        "project": promotion.namespace,
        "actor": actor,
        "promotion-name": promotion.name,
        "stage-name": promotion.stage,
        "promotion-create-time": promotion.created,
        "applications": _json(applications) if applications else "",
        "rollback": "true" if promotion.is_rollback else "",
        **(_of_freight(freight, promotion.stage) if freight is not None else {}),
    }


def _of_freight(freight: Freight, stage: str) -> dict[str, str]:
    told = {
        "freight-name": freight.name,
        "freight-create-time": freight.discovered,
        "freight-alias": freight.alias,
        "freight-warehouse-name": text(freight.document, "origin", "name"),
        "stage-name": stage,
    }
    room = _MOST_CONTENTS
    for part in _CONTENTS:
        found = freight.document.get(part)
        written = _json(found) if isinstance(found, list) and found else ""
        if len(written) <= room:
            told[f"freight-{part}"] = written
            room -= len(written)
    return told


def _event(
    document: Document, kind: str, reason: str, message: str, told: Mapping[str, str], *, once: str
) -> CreateEvent:
    annotations = {f"{_PREFIX}{name}": value for name, value in told.items() if value}
    return CreateEvent(involved(document, API_VERSION, kind), reason, message, annotations, once)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
