"""What ``why`` and ``history`` tell of a Stage. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from promoter_view.command.deciding.events import stamp
from promoter_view.command.deciding.rows import Rows, of_freight
from promoter_view.command.reading.stage import ToldPromotion, ToldStage
from promoter_view.command.telling.tables import NONE, ago

_RUNNING = frozenset({"", "Pending", "Running"})


def explain_stage(stage: ToldStage, now: datetime) -> Iterator[str]:
    """Lines: how it stands, what it has, and for newer Freight why it is not there."""
    words = f": {stage.message}" if stage.message else ""
    yield f"{stage.title} is {stage.state} for {ago(stage.since, now)}{words}"
    yield f"it has {', '.join(each.called for each in stage.freight) or 'no Freight'}"
    if stage.current is not None:
        current = stage.current
        yield f"Promotion {current.name} of {current.freight.called or 'Freight'} is {current.phase}"
    for called, _, state, _, why in of_freight(stage, now).rows:
        yield f"  {called} is {state}: {why}"
    if not stage.coming:
        yield "no newer Freight than that is known"


def stage_document(stage: ToldStage) -> dict[str, Any]:
    """The same for JSON and YAML; times as the object has them."""
    newer = [
        {
            "freight": each.name,
            "alias": each.called,
            "state": each.state.value,
            "message": each.message,
            "until": stamp(each.soaks_until) if each.soaks_until is not None else "",
        }
        for each in stage.coming
    ]
    return {
        "stage": stage.title,
        "state": stage.state,
        "message": stage.message,
        "freight": [each.name for each in stage.freight],
        "newer": [{name: value for name, value in each.items() if value} for each in newer],
    }


def ended(stage: ToldStage) -> Sequence[ToldPromotion]:
    """The Promotions that have ended, the newest first."""
    return [each for each in reversed(stage.promotions) if each.phase not in _RUNNING]


def of_promotions(found: Sequence[ToldPromotion]) -> Rows:
    """A row each."""
    rows = [
        [NONE if each.ended is None else stamp(each.ended), each.freight.called, each.phase, each.name, each.message]
        for each in found
    ]
    return Rows(["ENDED", "FREIGHT", "PHASE", "PROMOTION", "MESSAGE"], rows)


def promotion_document(stage: ToldStage, found: ToldPromotion) -> Mapping[str, Any]:
    """For JSON and YAML."""
    told = {
        "stage": stage.title,
        "promotion": found.name,
        "freight": found.freight.name,
        "alias": found.freight.called,
        "phase": found.phase,
        "message": found.message,
        "finishedAt": "" if found.ended is None else stamp(found.ended),
    }
    return {name: value for name, value in told.items() if value}
