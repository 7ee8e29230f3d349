"""The field ``availability`` of StageDetails: which newer Freight the Stage could take, and why not the others. Pure.

What is decided is decided in ``stages``; here is how it is told. No present time is in it: Freight that soaks says when
that is over, and whoever reads compares.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from promoter_view.decoded import mapping, mappings, rfc3339, text
from promoter_view.durations import brief_duration
from promoter_view.stages.assessment import is_control_flow
from promoter_view.stages.availability import availability
from promoter_view.stages.freight import Freight, FreightRequest, read_freight, read_requests
from promoter_view.views.definition import Computed, Members, Whole
from promoter_view.views.status.conditions import described, moment
from promoter_view.views.status.messages import MOST_OF_A_NAME, clipped

#: Pieces of newer Freight that are looked at, and that are told of.
MOST_LOOKED_AT, _MOST_TOLD = 100, 20
#: Names of Stages that are told of a piece of Freight, and that are named in a message.
_MOST_STAGES, _MOST_NAMED = 50, 3
#: Entries that are kept: one takes about a kilobyte.
_KEPT = 8192
#: Before all Freight: then nothing has soaked but what was long enough in a Stage that it has left.
_AT_FIRST = 0.0


class FreightState(enum.StrEnum):
    """How a piece of Freight stands to a Stage that does not have it. The words are those of environments."""

    PROMOTING = "Promoting"
    AVAILABLE = "Available"
    WAITING = "Waiting"
    QUEUED = "Queued"
    DELETING = "Deleting"

    @property
    def meaning(self) -> str:
        """When it is that, for the documentation."""
        return _MEANINGS[self]


_MEANINGS = {
    FreightState.PROMOTING: "a Promotion of it to the Stage is running or pending",
    FreightState.AVAILABLE: "the Stage may take it: directly, verified upstream, or approved for it",
    FreightState.WAITING: "it soaks upstream; the Stage may take it from `until` on",
    FreightState.QUEUED: "it must first be verified upstream, or approved for the Stage",
    FreightState.DELETING: "it is being deleted",
}


def stage_availability() -> Computed:
    """The field."""
    return Computed("availability", frozenset(("Freight",)), AvailabilityField().compute, _SCHEMA)


class AvailabilityField:
    """Works the field out. What is told of Freight is kept as long as neither that nor what is requested changes."""

    def __init__(self) -> None:
        self._entry = lru_cache(maxsize=_KEPT)(_entry)

    def compute(self, stage: Mapping[str, Any], members: Members) -> Mapping[str, Any] | None:
        """See Computed. None for a Stage through which Freight only flows."""
        if is_control_flow(stage):
            return None
        name, requested = text(stage, "metadata", "name"), orjson.dumps(mapping(stage, "spec").get("requestedFreight"))
        coming = text(stage, "status", "currentPromotion", "freight", "name")
        newer = _newer(stage, members("freight"))
        entries = [self._entry(each.body, name, requested, each.key.name == coming) for each in newer]
        told = list(_told(entries))
        if not told:
            return None
        return {"freight": told, **({"leftOut": len(entries) - len(told)} if len(entries) > len(told) else {})}


def _newer(stage: Mapping[str, Any], known: Sequence[Whole]) -> Iterator[Whole]:
    """What the Stage requests and does not have, newer than what it has of that origin; the newest first."""
    has = _in_use(stage)
    found = sorted(((*_found(each.body), each) for each in known), key=lambda it: (it[0], it[2].key.name), reverse=True)
    own = {origin: (at, each.key.name) for at, origin, each in found if has.get(origin) == each.key.name}
    origins = {each.origin for each in read_requests(stage)}
    for at, origin, each in found:
        name = each.key.name
        if origin in origins and name != has.get(origin) and (at, name) > own.get(origin, ("", "")):
            yield each


def _in_use(stage: Mapping[str, Any]) -> Mapping[str, str]:
    """The name of the Freight that the Stage has, by its origin."""
    newest = next(mappings(stage, "status", "freightHistory"), {})
    return {origin: text(piece, "name") for origin, piece in mapping(newest, "items").items()}


@lru_cache(maxsize=_KEPT)
def _found(body: bytes) -> tuple[str, str]:
    """When that Freight was found, and its origin."""
    freight = read_freight(orjson.loads(body))
    return freight.discovered, freight.origin


def _told(entries: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The newest, and behind them the newest of each Warehouse that is available."""
    available: set[str] = set()
    for place, each in enumerate(entries):
        is_next = each["state"] == FreightState.AVAILABLE and each["warehouse"] not in available
        if is_next:
            available.add(each["warehouse"])
        if place < _MOST_TOLD or is_next:
            yield each


def _entry(body: bytes, stage: str, requested: bytes, is_coming: bool) -> Mapping[str, Any]:
    freight = read_freight(orjson.loads(body))
    requests = [
        each
        for each in read_requests({"spec": {"requestedFreight": orjson.loads(requested)}})
        if each.origin == freight.origin
    ]
    state, since, until, message = _stands(freight, stage, requests)
    if is_coming:
        state, message = FreightState.PROMOTING, "it is being promoted"
    told = {
        "name": freight.name,
        "alias": freight.alias,
        "warehouse": freight.origin.partition("/")[2],
        "discoveredAt": freight.discovered,
        "state": state,
        "since": since,
        "until": until,
        "message": clipped(message),
        "verifiedIn": sorted(freight.verified_in)[:_MOST_STAGES],
        "approvedFor": sorted(freight.approved_for)[:_MOST_STAGES],
    }
    return {name: value for name, value in told.items() if value}


def _stands(freight: Freight, stage: str, requests: Sequence[FreightRequest]) -> tuple[FreightState, str, str, str]:
    """The state, since when it is available, until when it soaks, and why."""
    if freight.is_deleting:
        return FreightState.DELETING, "", "", "it is being deleted"
    found = availability(freight, stage, requests, _AT_FIRST)
    if found.is_available:
        return FreightState.AVAILABLE, *_allowed(freight, stage, requests)
    if found.at is not None:
        return FreightState.WAITING, "", rfc3339(found.at), f"soaks in {_soaking(freight, requests)}"
    return FreightState.QUEUED, "", "", _missing(freight, requests)


def _allowed(freight: Freight, stage: str, requests: Sequence[FreightRequest]) -> tuple[str, str, str]:
    """Since when the Stage may take it, and why; of several reasons the first in time that needs nobody."""
    if any(each.direct for each in requests):
        return freight.discovered, "", f"directly from Warehouse {_named([requests[0].warehouse], 'and')}"
    if availability(freight, "", requests, _AT_FIRST).is_available:
        verified = [name for each in requests for name in each.stages if name in freight.verified_in]
        since = max((text(freight.verified_in, name, "verifiedAt") for name in verified), default="")
        return since, "", f"verified in {_named(verified, 'and')}"
    return text(freight.approved_for, stage, "approvedAt"), "", f"approved for {_named([stage], 'and')}"


def _soaking(freight: Freight, requests: Sequence[FreightRequest]) -> str:
    names = [name for each in requests for name in each.stages if name in freight.verified_in]
    longest = max(each.soak_seconds for each in requests)
    return f"{_named(names, 'and')}, for {brief_duration(longest)}"


def _missing(freight: Freight, requests: Iterable[FreightRequest]) -> str:
    """What has to happen upstream."""
    told = []
    for each in requests:
        waited = [name for name in each.stages if name not in freight.verified_in]
        here = [name for name in waited if freight.since(name)]
        if here:
            told.append(f"is in {_named(here, 'and')}, not verified there yet")
        elif waited and (each.needs_all or len(waited) == len(each.stages)):
            told.append(f"not verified in {_named(waited, 'and' if each.needs_all else 'or')} yet")
        elif each.stages:
            soak = brief_duration(each.soak_seconds)
            told.append(f"has left {_named(list(each.stages), 'and')} before it had soaked there for {soak}")
    return "; ".join(dict.fromkeys(told)) or "the Stage takes it from nowhere, and it is not approved"


def _named(names: Sequence[str], word: str) -> str:
    """``a``, ``a or b``, ``a, b, c or 4 more``."""
    named = [clipped(name, MOST_OF_A_NAME) for name in dict.fromkeys(names)]
    shown = named[:_MOST_NAMED] + ([f"{len(named) - _MOST_NAMED} more"] if len(named) > _MOST_NAMED else [])
    return f" {word} ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _names(description: str) -> dict[str, Any]:
    return {"description": description, "type": "array", "items": {"type": "string"}}


#: What is told of one piece of Freight.
ENTRY_SCHEMA: Mapping[str, Any] = {
    "name": described("The Freight's name."),
    "alias": described("What people call it."),
    "warehouse": described("The Warehouse that it comes from."),
    "discoveredAt": moment("When it was found."),
    "state": described(" ".join(f"{it}: {it.meaning}.".replace("`", "") for it in FreightState)),
    "since": moment("Since when the Stage may take it, if this is known."),
    "until": moment("When its soak time ends. If this time has passed, the Stage may take it."),
    "message": described("The reason, in a sentence."),
    "verifiedIn": _names("The Stages that have verified it, the first fifty."),
    "approvedFor": _names("The Stages for which it is approved, the first fifty."),
}
_SCHEMA = {
    "description": "The Freight that the Stage requests and that is newer than its current Freight, and whether the "
    "Stage may take it. Left out if there is none, and for Stages without promotion steps.",
    "type": "object",
    "required": ["freight"],
    "properties": {
        "freight": {
            "description": f"The newest first: {_MOST_TOLD}, and of each Warehouse the newest that is available.",
            "type": "array",
            "items": {"type": "object", "required": ["name", "state", "message"], "properties": ENTRY_SCHEMA},
        },
        "leftOut": {
            "description": "How many more there are. Left out if there are none.",
            "type": "integer",
            "format": "int64",
        },
    },
}
