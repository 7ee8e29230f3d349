"""What a Stage writes into the status of Freight: where it is, and where it was verified. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promoter_view.decoded import mapping, rfc3339, text
from promoter_view.durations import exact_duration
from promoter_view.promotions.documents import Document, seconds_of
from promoter_view.stages.freight import Freight


def placed(freight: Freight, stage: str, *, current: bool, verified_at: str, now: float) -> dict[str, Any]:
    """The status of Freight that is, or is no longer, in use in that Stage, and is verified there since then.

    ``verified_at`` is "" where it is not; ``now`` in seconds since 1970.
    """
    found = dict(freight.status)
    if current:
        found["currentlyIn"] = {**freight.currently_in, stage: {"since": freight.since(stage) or rfc3339(now)}}
    elif stage in freight.currently_in:
        found["currentlyIn"] = _without(freight.currently_in, stage)
        found |= _soaked(freight, stage, now)
    if current and verified_at:
        found |= _verified(freight, stage, verified_at)
    return found


def verified(freight: Freight, stage: str, at: str) -> dict[str, Any]:
    """The status of Freight that is verified in that Stage, since then where it was not before."""
    return {**freight.status, **_verified(freight, stage, at)}


def forgotten(freight: Freight, stage: str) -> dict[str, Any]:
    """The status of Freight once that Stage is gone."""
    return {**freight.status, **{name: _without(found, stage) for name, found in _naming(freight, stage)}}


def forgotten_before(freight: Freight, stage: str, made: str) -> dict[str, Any]:
    """The status of Freight without what it says of an earlier Stage of that name: what is older than this one."""
    found, made_at = dict(freight.status), seconds_of(made)
    for name, entries in _naming(freight, stage):
        said_at = seconds_of(text(entries, stage, _MOMENTS[name]))
        if made_at is not None and said_at is not None and said_at < made_at:
            found[name] = _without(entries, stage)
    return found


#: What Freight says of Stages, by the moment that stands in each entry.
_MOMENTS = {"currentlyIn": "since", "verifiedIn": "verifiedAt", "approvedFor": "approvedAt"}


def _verified(freight: Freight, stage: str, at: str) -> dict[str, Any]:
    known = freight.verified_in
    return {} if stage in known else {"verifiedIn": {**known, stage: {"verifiedAt": at}}}


def _naming(freight: Freight, stage: str) -> Iterator[tuple[str, Document]]:
    said = ((name, mapping(freight.status, name)) for name in _MOMENTS)
    return ((name, entries) for name, entries in said if stage in entries)


def _soaked(freight: Freight, stage: str, now: float) -> dict[str, Any]:
    """How long verified Freight stayed is remembered: the longest time counts (requiredSoakTime)."""
    verified, entered = freight.verified_in, seconds_of(freight.since(stage))
    if stage not in verified or entered is None or now - entered <= freight.longest_soak(stage):
        return {}
    entry = {**mapping(verified, stage), "longestSoak": exact_duration(now - entered)}
    return {"verifiedIn": {**verified, stage: entry}}


def _without(found: Document, name: str) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != name}
