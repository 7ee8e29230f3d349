"""Freight: what of it a Promotion and a Stage refer to. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.values import Stage
from promoter_view.stages.freight import Freight, origin_of

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
