"""Whether the Freight in use of a Stage is verified: its verificationHistory, as Kargo keeps it without analysis. Pure.

A Stage that asks for no more is verified once it is Healthy. One that asks for analysis ends in an error that says so,
for there are no AnalysisRuns here. Each is done once, and once more where somebody asks for that by annotation.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.state.freight import collection_id
from promoter_view.promotions.values import Stage

MAX_VERIFICATIONS = 10
NO_ANALYSIS = "spec.verification asks for analysis, which promoter-view does not run: Freight is not verified here"
_ENDED = frozenset({"Successful", "Failed", "Error", "Aborted", "Inconclusive"})
_IDS = uuid.UUID("5b1f3a4c-6f0e-4b5e-9d43-4f6f2a9c7d10")


def verify(stage: Stage, *, healthy: bool, now: str) -> list[dict[str, Any]]:
    """The Stage's freightHistory with what is said of the Freight in use. ``now`` is RFC 3339."""
    history = [dict(each) for each in stage.status.history]
    if history:
        known = objects(history[0], "verificationHistory")
        found = _verifications(stage, history[0], known, healthy=healthy, now=now)
        if found != known:
            history[0]["verificationHistory"] = found[:MAX_VERIFICATIONS]
    return history


def _verifications(
    stage: Stage, in_use: Document, known: Sequence[Document], *, healthy: bool, now: str
) -> Sequence[Document]:
    newest = known[0] if known else {}
    if newest and text(newest, "phase") not in _ENDED:
        return [_failed({name: newest[name] for name in ("id", "startTime") if name in newest}, now), *known[1:]]
    asked = bool(newest) and stage.reverification.id == text(newest, "id") != ""
    if not healthy or (newest and not asked):
        return known
    begun = {"id": _id(stage, in_use, text(newest, "id"), now), "startTime": now}
    if not stage.asks_analysis:
        return [{**begun, "finishTime": now, "phase": "Successful"}, *known]
    actor = stage.reverification.actor if asked else ""
    return [_failed({**begun, "actor": actor} if actor else begun, now), *known]


def _failed(begun: Document, now: str) -> dict[str, Any]:
    return {**begun, "finishTime": now, "phase": "Error", "message": NO_ANALYSIS}


def _id(stage: Stage, in_use: Document, before: str, now: str) -> str:
    """The same each time that this is worked out of the same state; another after each Promotion, though it brings the
    same Freight within a second.
    """
    made_of = (
        text(stage.document, "metadata", "uid"),
        stage.status.last.name,
        text(in_use, "id") or collection_id(mapping(in_use, "items")),
        before,
        now,
    )
    return str(uuid.uuid5(_IDS, " ".join(filter(None, made_of))))
