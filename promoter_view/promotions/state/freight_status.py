"""What a Stage writes into the status of Freight: where it is, and where it was verified. Pure."""

from __future__ import annotations

from typing import Any

from promoter_view.decoded import mapping
from promoter_view.durations import format_duration
from promoter_view.promotions.documents import Document, seconds_of
from promoter_view.stages.freight import Freight


def placed(freight: Freight, stage: str, *, current: bool, verified: bool, now: str) -> dict[str, Any]:
    """The status of Freight that is, or is no longer, in use in that Stage, and is verified there as of now."""
    found = dict(freight.status)
    if current:
        found["currentlyIn"] = {**freight.currently_in, stage: {"since": freight.since(stage) or now}}
    elif stage in freight.currently_in:
        found["currentlyIn"] = _without(freight.currently_in, stage)
        found |= _soaked(freight, stage, now)
    if current and verified and stage not in freight.verified_in:
        found["verifiedIn"] = {**freight.verified_in, stage: {"verifiedAt": now}}
    return found


def forgotten(freight: Freight, stage: str) -> dict[str, Any]:
    """The status of Freight once that Stage is gone."""
    named = {
        "currentlyIn": freight.currently_in,
        "verifiedIn": freight.verified_in,
        "approvedFor": freight.approved_for,
    }
    return {**freight.status, **{name: _without(found, stage) for name, found in named.items() if stage in found}}


def _soaked(freight: Freight, stage: str, now: str) -> dict[str, Any]:
    """How long verified Freight stayed is remembered: the longest time counts (requiredSoakTime)."""
    verified, entered, leaving = freight.verified_in, seconds_of(freight.since(stage)), seconds_of(now)
    if stage not in verified or entered is None or leaving is None:
        return {}
    if leaving - entered <= freight.longest_soak(stage):
        return {}
    entry = {**mapping(verified, stage), "longestSoak": format_duration(leaving - entered)}
    return {"verifiedIn": {**verified, stage: entry}}


def _without(found: Document, name: str) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != name}
