"""What a Stage writes into the status of Freight: where it is, and where it was verified. Pure."""

from __future__ import annotations

from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.documents import Document, seconds_of
from promoter_view.promotions.state.execution import go_duration, in_go


def placed(status: Document, stage: str, *, current: bool, verified: bool, now: str) -> dict[str, Any]:
    """The status of a Freight that is, or is no longer, in use in that Stage, and is verified there as of now."""
    found = dict(status)
    left = text(status, "currentlyIn", stage, "since")
    if current:
        entered = {"since": left or now}
        found["currentlyIn"] = {**mapping(status, "currentlyIn"), stage: entered}
    elif stage in mapping(status, "currentlyIn"):
        found["currentlyIn"] = _without(mapping(status, "currentlyIn"), stage)
        found = _soaked(found, stage, left, now)
    if current and verified and stage not in mapping(status, "verifiedIn"):
        found["verifiedIn"] = {**mapping(status, "verifiedIn"), stage: {"verifiedAt": now}}
    return found


def forgotten(status: Document, stage: str) -> dict[str, Any]:
    """The status of a Freight once that Stage is gone."""
    found = dict(status)
    for name in ("currentlyIn", "verifiedIn", "approvedFor"):
        if stage in mapping(status, name):
            found[name] = _without(mapping(status, name), stage)
    return found


def mentions(status: Document, stage: str) -> bool:
    """Whether that Stage is named in a Freight's status."""
    return any(stage in mapping(status, name) for name in ("currentlyIn", "verifiedIn", "approvedFor"))


def _soaked(status: Document, stage: str, since: str, now: str) -> dict[str, Any]:
    """How long verified Freight stayed is remembered: the longest time counts (requiredSoakTime)."""
    verified, entered, leaving = mapping(status, "verifiedIn"), seconds_of(since), seconds_of(now)
    if stage not in verified or entered is None or leaving is None:
        return dict(status)
    longest = go_duration(text(verified, stage, "longestSoak")) or 0.0
    if leaving - entered <= longest:
        return dict(status)
    entry = {**mapping(verified, stage), "longestSoak": in_go(leaving - entered)}
    return {**status, "verifiedIn": {**verified, stage: entry}}


def _without(found: Document, name: str) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != name}
