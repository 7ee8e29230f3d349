"""Freight, and what a Stage asks for of it, as what is decided from. Pure, and total.

``document`` is what a value was read from: a write starts from that, and what is not named here is in it alone. A text
is "" where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, mappings, text, texts
from promoter_view.durations import parse_duration


@dataclass(frozen=True, slots=True)
class Freight:
    """``origin`` is the key that collections use, ``Warehouse/NAME``. ``discovered`` is when it was found, as written.

    The last three are by the names of Stages.
    """

    document: Mapping[str, Any]
    name: str
    alias: str
    is_deleting: bool
    origin: str
    discovered: str
    status: Mapping[str, Any]
    currently_in: Mapping[str, Any]
    verified_in: Mapping[str, Any]
    approved_for: Mapping[str, Any]

    def since(self, stage: str) -> str:
        """When it came into that Stage, where it still is."""
        return text(self.currently_in, stage, "since")

    def longest_soak(self, stage: str) -> float:
        """The seconds that it was in that Stage at a stretch, at most, of the times that are over."""
        return parse_duration(text(self.verified_in, stage, "longestSoak")) or 0.0


@dataclass(frozen=True, slots=True)
class FreightRequest:
    """One entry of spec.requestedFreight: the Stages upstream that may offer Freight of that origin, and when.

    ``needs_all``: every one of them has to. ``soak_seconds``: for how long it has to have been there.
    ``matches_upstream``: of itself the Stage takes only what the Stage upstream has in use.
    """

    origin: str
    warehouse: str
    direct: bool
    stages: Sequence[str]
    needs_all: bool
    soak_seconds: float
    matches_upstream: bool


def read_freight(document: Mapping[str, Any]) -> Freight:
    """Reads decoded Freight."""
    metadata, status = mapping(document, "metadata"), mapping(document, "status")
    return Freight(
        document=document,
        name=text(metadata, "name"),
        alias=text(document, "alias"),
        is_deleting=bool(text(metadata, "deletionTimestamp")),
        origin=origin_of(document),
        discovered=text(document, "discoveredAt") or text(metadata, "creationTimestamp"),
        status=status,
        currently_in=mapping(status, "currentlyIn"),
        verified_in=mapping(status, "verifiedIn"),
        approved_for=mapping(status, "approvedFor"),
    )


def read_requests(stage: Mapping[str, Any]) -> Sequence[FreightRequest]:
    """The Freight that a decoded Stage requests, in its order."""
    return [_request(each) for each in mappings(stage, "spec", "requestedFreight")]


def origin_of(document: Mapping[str, Any]) -> str:
    """The origin of Freight, of a reference to it or of a request, as the key that collections use."""
    origin = mapping(document, "origin")
    return f"{text(origin, 'kind') or 'Warehouse'}/{text(origin, 'name')}"


def _request(request: Mapping[str, Any]) -> FreightRequest:
    sources = mapping(request, "sources")
    return FreightRequest(
        origin=origin_of(request),
        warehouse=text(request, "origin", "name"),
        direct=sources.get("direct") is True,
        stages=texts(sources, "stages"),
        needs_all=text(sources, "availabilityStrategy") == "All",
        soak_seconds=parse_duration(text(sources, "requiredSoakTime")) or 0.0,
        matches_upstream=text(sources, "autoPromotionOptions", "selectionPolicy") == "MatchUpstream",
    )
