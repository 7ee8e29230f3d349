"""CloudEvents 1.0, structured: one as JSON, those of a digest as a batch. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import OutgoingMessage

_ONE = "application/cloudevents+json; charset=utf-8"
_MANY = "application/cloudevents-batch+json; charset=utf-8"
_TYPE = "io.promoter-view."
_NOBODY = "promoter-view"


def write_cloud_event(entries: Sequence[JournalEntry], links: Links) -> OutgoingMessage:
    """One event."""
    return OutgoingMessage(orjson.dumps(_event(entries[0], links)), _ONE)


def write_cloud_events(entries: Sequence[JournalEntry], links: Links) -> OutgoingMessage:
    """A batch, also of one."""
    return OutgoingMessage(orjson.dumps([_event(each, links) for each in entries]), _MANY)


def _event(entry: JournalEntry, links: Links) -> dict[str, Any]:
    document, (_, namespace, name) = entry.document(), entry.key
    told = {
        "specversion": "1.0",
        "id": entry.identity.name,
        "source": links.dashboard_url or _NOBODY,
        "type": _TYPE + entry.happening.event.value,
        "subject": f"{namespace}/{name}" if namespace else "",
        "time": document["time"],
        "datacontenttype": "application/json",
        "page": links.page(entry),
    }
    return {**{attribute: value for attribute, value in told.items() if value}, "data": document}
