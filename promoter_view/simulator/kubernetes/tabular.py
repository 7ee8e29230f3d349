"""Objects as a Table, with the two columns that a resource has which declares none: name and age. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

_COLUMNS = (
    ("Name", "string", "name", "Name must be unique within a namespace."),
    ("Age", "string", "", "The time since the object was created."),
)
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def wants_table(accept: str | None) -> bool:
    """Whether a client would rather have a Table than a list: its first choice is one."""
    words = (accept or "").split(",")[0].replace(" ", "").split(";")
    return "as=Table" in words and "g=meta.k8s.io" in words


def table_of(bodies: Iterable[bytes], metadata: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The Table of objects as JSON; ``metadata`` is the list's, ``now`` in seconds since 1970."""
    definitions = [
        {"name": name, "type": kind, "format": form, "description": meaning, "priority": 0}
        for name, kind, form, meaning in _COLUMNS
    ]
    rows = [_row(orjson.loads(body), now) for body in bodies]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(metadata),
        "columnDefinitions": definitions,
        "rows": rows,
    }


def _row(document: Mapping[str, Any], now: float) -> dict[str, Any]:
    metadata = document["metadata"]
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    return {"cells": _cells(metadata, now), "object": partial}


def _cells(metadata: Mapping[str, Any], now: float) -> Sequence[str]:
    created = datetime.fromisoformat(metadata["creationTimestamp"]).timestamp()
    return metadata["name"], _age(max(0, int(now - created)))


def _age(seconds: int) -> str:
    name, size = next((unit for unit in _UNITS if seconds >= unit[1]), _UNITS[-1])
    return f"{seconds // size}{name}"
