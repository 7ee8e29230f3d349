"""Whether Freight is available to a Stage, as Kargo decides it. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from tests.support.kargo.requests import Document

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"([\d.]+)(h|ms|us|µs|ns|m|s)")


def is_available(freight: Document, stage: Document, now: float) -> bool:
    """Whether the Stage may take it at ``now`` (seconds): approved, straight from its origin, or verified upstream."""
    if stage["metadata"]["name"] in freight.get("status", {}).get("approvedFor", {}):
        return True
    requests = [each for each in stage["spec"].get("requestedFreight", ()) if _same(each["origin"], freight["origin"])]
    return any(_offered(freight, each["sources"], now) for each in requests)


def _same(one: Document, other: Document) -> bool:
    return (one.get("kind"), one.get("name")) == (other.get("kind"), other.get("name"))


def _offered(freight: Document, sources: Document, now: float) -> bool:
    if sources.get("direct"):
        return True
    stages = sources.get("stages", ())
    soaked = [_has_soaked(freight, stage, seconds_of(sources.get("requiredSoakTime", "")), now) for stage in stages]
    return all(soaked) if sources.get("availabilityStrategy") == "All" else any(soaked)


def _has_soaked(freight: Document, stage: str, required: float, now: float) -> bool:
    status = freight.get("status", {})
    verified = status.get("verifiedIn", {}).get(stage)
    if verified is None:
        return False
    since = status.get("currentlyIn", {}).get(stage, {}).get("since")
    current = now - datetime.fromisoformat(since).timestamp() if since else 0.0
    return max(seconds_of(verified.get("longestSoak", "")), current) >= required


def seconds_of(duration: str) -> float:
    """A duration of Go's, e.g. ``1h30m`` or ``2.5s``; "" is none."""
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(duration))
