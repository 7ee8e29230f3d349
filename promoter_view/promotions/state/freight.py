"""Freight: what of it a Promotion and a Stage refer to, and whether a Stage may take it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.durations import format_duration
from promoter_view.promotions.documents import Document, objects, seconds_of
from promoter_view.promotions.values import Freight, FreightRequest, Stage, origin_of

_CONTENTS = ("commits", "images", "charts", "artifacts")


def reference(freight: Freight) -> dict[str, Any]:
    """What statuses hold of Freight: its name, its origin and what it is made of."""
    contents = {part: objects(freight.document, part) for part in _CONTENTS}
    origin = dict(mapping(freight.document, "origin"))
    return {"name": freight.name, "origin": origin, **{part: found for part, found in contents.items() if found}}


def collection(stage: Stage, taken: Document) -> dict[str, Any]:
    """The Freight that the Stage has once it has taken that reference.

    Where the Stage requests Freight of more origins, the others stay as its last Promotion left them.
    """
    requested = [request.origin for request in stage.requested]
    last = mapping(stage.status.last.collection, "items")
    items = {origin: last[origin] for origin in requested if origin in last} if len(requested) > 1 else {}
    items[origin_of(taken)] = dict(taken)
    return {"id": collection_id(items), "items": items}


def collection_id(items: Mapping[str, Document]) -> str:
    """A collection's id: SHA-1 of its Freight's names, as Kargo has it."""
    names = sorted(text(item, "name") for item in items.values())
    return hashlib.sha1(",".join(names).encode(), usedforsecurity=False).hexdigest()


def unavailable(freight: Freight, stage: Stage, now: float) -> str | None:
    """Why the Stage may not take that Freight; None where it may."""
    if freight.is_deleting:
        return f"Freight {freight.name} is being deleted"
    requests = [each for each in stage.requested if each.origin == freight.origin]
    if not requests:
        return f"Freight {freight.name} is of {freight.origin}, which Stage {stage.name} does not request"
    if stage.name in freight.approved_for:
        return None
    if any(_offered(freight, request, now) for request in requests):
        return None
    soaking = [words for request in requests for words in _soaking(freight, request, now)]
    if soaking:
        return f"Freight {freight.name} is not available to Stage {stage.name} yet: {'; '.join(soaking)}"
    return (
        f"Freight {freight.name} is not available to Stage {stage.name}: it is not approved for it, the Stage does not "
        f"take it directly, and it is not verified{_upstream(requests)}"
    )


def _upstream(requests: Iterable[FreightRequest]) -> str:
    stages = dict.fromkeys(name for request in requests for name in request.stages)
    return f" in {', '.join(stages)}" if stages else " upstream"


def _offered(freight: Freight, request: FreightRequest, now: float) -> bool:
    if request.direct:
        return True
    soaked = [
        stage in freight.verified_in and _soak(freight, stage, now) >= request.soak_seconds for stage in request.stages
    ]
    if request.needs_all:
        return bool(soaked) and all(soaked)
    return any(soaked)


def _soaking(freight: Freight, request: FreightRequest, now: float) -> Iterator[str]:
    """Words on each upstream Stage in which nothing is missing but time; none where more than that is missing."""
    verified = [stage for stage in request.stages if stage in freight.verified_in]
    if request.needs_all and len(verified) < len(request.stages):
        return
    for stage in verified:
        so_far, required = _soak(freight, stage, now), request.soak_seconds
        if so_far < required:
            soaked = f"{format_duration(so_far)} of {format_duration(required)}"
            yield f"it is verified in {stage}, and has soaked there for {soaked}"


def _soak(freight: Freight, stage: str, now: float) -> float:
    """The seconds that it was there at a stretch, at most."""
    since = seconds_of(freight.since(stage))
    return max(freight.longest_soak(stage), now - since if since is not None else 0.0)
