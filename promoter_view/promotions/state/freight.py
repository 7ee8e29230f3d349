"""Freight: what of it a Promotion and a Stage refer to, and whether a Stage may take it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.documents import Document, objects, seconds_of, texts
from promoter_view.promotions.state.execution import go_duration, in_go

_CONTENTS = ("commits", "images", "charts", "artifacts")


def reference(freight: Document) -> dict[str, Any]:
    """What statuses hold of a Freight: its name, its origin and what it is made of."""
    found: dict[str, Any] = {"name": text(freight, "metadata", "name"), "origin": dict(mapping(freight, "origin"))}
    return found | {part: list(objects(freight, part)) for part in _CONTENTS if objects(freight, part)}


def origin_of(document: Document) -> str:
    """An origin as the key that collections use, ``Warehouse/NAME``."""
    origin = mapping(document, "origin")
    return f"{text(origin, 'kind') or 'Warehouse'}/{text(origin, 'name')}"


def collection(stage: Document, taken: Document) -> dict[str, Any]:
    """The Freight that the Stage has once it has taken that reference.

    Where the Stage requests Freight of more origins, the others stay as its last Promotion left them.
    """
    requested = [origin_of(request) for request in objects(stage, "spec", "requestedFreight")]
    last = mapping(stage, "status", "lastPromotion", "status", "freightCollection", "items")
    items = {origin: last[origin] for origin in requested if origin in last} if len(requested) > 1 else {}
    items[origin_of(taken)] = dict(taken)
    return {"id": collection_id(items), "items": items}


def collection_id(items: Mapping[str, Document]) -> str:
    """A collection's id: SHA-1 of its Freight's names, as Kargo has it."""
    names = sorted(text(item, "name") for item in items.values())
    return hashlib.sha1(",".join(names).encode(), usedforsecurity=False).hexdigest()


def names_in(found: Document) -> frozenset[str]:
    """The names of the Freight in a collection."""
    return frozenset(filter(None, (text(item, "name") for item in mapping(found, "items").values())))


def unavailable(freight: Document, stage: Document, now: float) -> str | None:
    """Why the Stage may not take that Freight; None where it may."""
    name, stage_name = text(freight, "metadata", "name"), text(stage, "metadata", "name")
    if text(freight, "metadata", "deletionTimestamp"):
        return f"Freight {name} is being deleted"
    origin = origin_of(freight)
    requests = [each for each in objects(stage, "spec", "requestedFreight") if origin_of(each) == origin]
    if not requests:
        return f"Freight {name} is of {origin}, which Stage {stage_name} does not request"
    if stage_name in mapping(freight, "status", "approvedFor"):
        return None
    if any(_offered(freight, mapping(request, "sources"), now) for request in requests):
        return None
    soaking = [words for request in requests for words in _soaking(freight, mapping(request, "sources"), now)]
    if soaking:
        return f"Freight {name} is not available to Stage {stage_name} yet: {'; '.join(soaking)}"
    return (
        f"Freight {name} is not available to Stage {stage_name}: it is not approved for it, the Stage does not take it "
        f"directly, and it is not verified{_upstream(requests)}"
    )


def _upstream(requests: Iterable[Document]) -> str:
    stages = dict.fromkeys(name for request in requests for name in texts(request, "sources", "stages"))
    return f" in {', '.join(stages)}" if stages else " upstream"


def _offered(freight: Document, sources: Document, now: float) -> bool:
    if sources.get("direct") is True:
        return True
    upstream: Sequence[str] = texts(sources, "stages")
    soak = _required_soak(sources)
    soaked = [_is_verified(freight, stage) and _soak(freight, stage, now) >= soak for stage in upstream]
    if _wants_all(sources):
        return bool(soaked) and all(soaked)
    return any(soaked)


def _soaking(freight: Document, sources: Document, now: float) -> Iterator[str]:
    """Words on each upstream Stage in which nothing is missing but time; none where more than that is missing."""
    upstream, required = texts(sources, "stages"), _required_soak(sources)
    verified = [stage for stage in upstream if _is_verified(freight, stage)]
    if _wants_all(sources) and len(verified) < len(upstream):
        return
    for stage in verified:
        so_far = _soak(freight, stage, now)
        if so_far < required:
            yield f"it is verified in {stage}, and has soaked there for {in_go(so_far)} of {in_go(required)}"


def _wants_all(sources: Document) -> bool:
    return text(sources, "availabilityStrategy") == "All"


def _required_soak(sources: Document) -> float:
    return go_duration(text(sources, "requiredSoakTime")) or 0.0


def _is_verified(freight: Document, stage: str) -> bool:
    return stage in mapping(freight, "status", "verifiedIn")


def _soak(freight: Document, stage: str, now: float) -> float:
    """The seconds that it was there at a stretch, at most."""
    longest = go_duration(text(freight, "status", "verifiedIn", stage, "longestSoak")) or 0.0
    since = seconds_of(text(freight, "status", "currentlyIn", stage, "since"))
    return max(longest, now - since if since is not None else 0.0)
