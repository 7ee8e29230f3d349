"""A Stage's status after one look at its Promotions and Applications. Pure: status in, status out.

Released Promotions become the last one, and what a successful one brought goes on top of the Freight's history. Then
health, verification, summary and conditions follow. What is not named here stays as it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.documents import Document, number, objects
from promoter_view.promotions.state.conditions import conditions, written
from promoter_view.promotions.state.execution import Phase
from promoter_view.promotions.state.freight import collection_id, names_in
from promoter_view.promotions.state.queue import Queued, Turn, reference
from promoter_view.promotions.state.requests import refresh_of
from promoter_view.stages.assessment import StageHealth
from promoter_view.stages.health import Health
from promoter_view.stages.output import health_status

MAX_HISTORY = 10
_VERIFICATIONS = uuid.UUID("5b1f3a4c-6f0e-4b5e-9d43-4f6f2a9c7d10")


def taken(status: Document, turn: Turn) -> dict[str, Any]:
    """The status once the queue's decision is in it.

    Where Promotions are released nobody is claimed yet: what they brought is looked at first.
    """
    found = dict(status)
    for each in turn.released:
        found = _released(found, each)
    if turn.released or turn.current is None:
        found.pop("currentPromotion", None)
    elif text(found, "currentPromotion", "name") != turn.current.name:
        found["currentPromotion"] = reference(turn.current.document)
    return found


def assessed(stage: Document, status: Document, health: StageHealth, now: str) -> dict[str, Any]:
    """That status with health, verification, summary and conditions. ``health`` is that of this very status."""
    found = dict(status)
    shown = health_status(health)
    found.pop("health", None)
    if shown is not None:
        found["health"] = shown
    if verifies(stage, found, health):
        found["freightHistory"] = _verified(stage, objects(found, "freightHistory"), now)
    found["freightSummary"] = summary(stage, found)
    generation = number(stage, "metadata", "generation")
    if generation:
        found["observedGeneration"] = generation
    if refresh_of(stage):
        found["lastHandledRefresh"] = refresh_of(stage)
    found["conditions"] = written(conditions(stage, found, health), status, generation, now)
    return found


def verifies(stage: Document, status: Document, health: StageHealth) -> bool:
    """Whether the Freight in use counts as verified now: the Stage is Healthy, and asks for nothing more."""
    history = objects(status, "freightHistory")
    if not history or mapping(stage, "spec", "verification") or health.state is not Health.HEALTHY:
        return False
    return not any(text(each, "phase") == "Successful" for each in objects(history[0], "verificationHistory"))


def is_verified(status: Document) -> bool:
    """Whether the newest verification of the Freight in use was successful."""
    history = objects(status, "freightHistory")
    newest = next(iter(objects(history[0], "verificationHistory")), {}) if history else {}
    return text(newest, "phase") == "Successful"


def summary(stage: Document, status: Document) -> str:
    """``freightSummary``: the Freight's name where one is requested and held, else how many are."""
    requested = len(objects(stage, "spec", "requestedFreight"))
    history = objects(status, "freightHistory")
    names = names_in(history[0]) if history else frozenset()
    if requested == 1 and len(names) == 1:
        return next(iter(names))
    return f"{len(names)}/{requested} Fulfilled"


def _released(status: Mapping[str, Any], ended: Queued) -> dict[str, Any]:
    found = {**status, "lastPromotion": reference(ended.document)}
    brought = mapping(ended.document, "status", "freightCollection")
    if ended.phase is Phase.SUCCEEDED and brought:
        found["freightHistory"] = [dict(brought), *objects(status, "freightHistory")][:MAX_HISTORY]
    elif not ended.started:
        found["lastPromotion"] = _inherited(found["lastPromotion"], status)
    return found


def _inherited(last: Document, before: Document) -> dict[str, Any]:
    """A Promotion that never began leaves the Freight as its predecessor had it."""
    kept = mapping(before, "lastPromotion", "status", "freightCollection")
    return {**last, "status": {**mapping(last, "status"), "freightCollection": dict(kept)}} if kept else dict(last)


def _verified(stage: Document, history: Sequence[Document], now: str) -> list[dict[str, Any]]:
    """The Freight in use counts as verified. The id is the same each time this is worked out of the same state."""
    current = history[0]
    named = f"{text(stage, 'metadata', 'uid')} {text(current, 'id') or collection_id(mapping(current, 'items'))} {now}"
    verification = {
        "id": str(uuid.uuid5(_VERIFICATIONS, named)),
        "phase": "Successful",
        "startTime": now,
        "finishTime": now,
    }
    known = objects(current, "verificationHistory")
    return [{**current, "verificationHistory": [verification, *known][:MAX_HISTORY]}, *map(dict, history[1:])]
