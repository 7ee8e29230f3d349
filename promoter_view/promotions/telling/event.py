"""A core/v1 Event about an object, in that object's namespace. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promoter_view.decoded import rfc3339, text

#: Names of objects have 253 characters at most; behind a dot stand sixteen of ours.
_LONGEST_NAME = 253 - 17


@dataclass(frozen=True, slots=True)
class Involved:
    """The object that an Event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class CreateEvent:
    """An Event to create. When that fails it is logged and no more.

    ``once`` makes it the only one: all that tell the same say the same there, and the Event is named by that. "": each
    time is one of its own, named by the moment as Kargo names it.
    """

    about: Involved
    reason: str
    message: str
    annotations: Mapping[str, str] = field(default_factory=dict)
    once: str = ""


def involved(document: Mapping[str, Any], api_version: str, kind: str) -> Involved:
    """The reference to a decoded object of that kind."""
    namespace, name, uid = (text(document, "metadata", part) for part in ("namespace", "name", "uid"))
    return Involved(api_version, kind, namespace, name, uid)


def event_of(event: CreateEvent, now: float) -> dict[str, Any]:
    """The Event as it is sent, at that moment in seconds since 1970."""
    about, moment = event.about, rfc3339(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{about.name[:_LONGEST_NAME].rstrip('.-')}.{_mark(event, now)}",
            "namespace": about.namespace,
            "annotations": dict(event.annotations),
        },
        "involvedObject": {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
        },
        "reason": event.reason,
        "message": event.message,
        "type": "Normal",
        "source": {"component": "promoter-view"},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


def _mark(event: CreateEvent, now: float) -> str:
    if not event.once:
        return f"{int(now * 1e9):x}"
    return hashlib.sha256(f"{event.about.uid} {event.reason} {event.once}".encode()).hexdigest()[:16]
