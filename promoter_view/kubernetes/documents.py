"""What the Kubernetes API says: Status, watch events, versions. Pure; reading is total over any bytes.

What the decoder refuses is scanned for whose it is, so that one object that cannot be read hides no other. That takes
steps.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from promoter_view.decoded import mapping, mappings, text
from promoter_view.kubernetes.bounds import MAX_LINE_BYTES, CutLine
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.kubernetes.scanning import ListPage, ScannedIdentity, event_of, identity_of
from promoter_view.slices import outcome

#: The annotation of the bookmark that ends the initial events of a WatchList (KEP-3157).
INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_OF_OBJECTS = frozenset({"ADDED", "MODIFIED", "DELETED"})
_TYPES = _OF_OBJECTS | {"BOOKMARK", "ERROR"}


class DecodedItem(NamedTuple):
    """An object as it was sent. ``fault`` says why it could not be read: then ``document`` only tells who it is."""

    document: Any
    fault: str = ""


class WatchEvent(NamedTuple):
    """One line of a watch: ``type`` is one of the five that there are. ``fault`` is its object's (``DecodedItem``)."""

    type: str
    object: dict[str, Any]
    fault: str = ""


#: The query parameters of a request, in order.
Parameters = tuple[tuple[str, str], ...]


def version_of(document: Any) -> str:
    """An object's or a list's metadata.resourceVersion, "" where there is none."""
    return text(document, "metadata", "resourceVersion")


def decode(data: bytes) -> Any:
    """The JSON document, None where it is none (a document is never null here)."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def decode_event(line: bytes) -> Generator[None, None, WatchEvent | None]:
    """The event of a line, None where it is none. A bookmark without a resourceVersion is none."""
    event = decode(line)
    if event is None:
        return (yield from _scan_event(line))
    if not isinstance(event, dict):
        return None
    kind, found = event.get("type"), event.get("object")
    if not isinstance(kind, str) or kind not in _TYPES or not isinstance(found, dict):
        return None
    if kind == "BOOKMARK" and not version_of(found):
        return None
    return WatchEvent(kind, found)


def decode_item(data: bytes) -> Generator[None, None, DecodedItem]:
    """The object of a list in those bytes."""
    document = decode(data)
    if document is not None:
        return DecodedItem(document)
    found = yield from identity_of(data)
    return DecodedItem(_skeleton(found), _fault(data))


def items_of(body: bytes) -> Sequence[DecodedItem] | None:
    """The items of a whole list, each with a fault of its own; None where it is no list."""
    document = decode(body)
    if document is None:
        page = ListPage(body)
        found = [outcome(decode_item(item)) for item in page.items() if item]
        return found if page.version else None
    items = document.get("items") if isinstance(document, dict) else None
    return [DecodedItem(item) for item in items] if isinstance(items, list) else None


def _scan_event(line: bytes) -> Generator[None, None, WatchEvent | None]:
    """The event of a line that the decoder refuses; None where it does not even say whose it is."""
    kind, found = yield from event_of(line)
    if kind not in _OF_OBJECTS or not found.name:
        return None
    return WatchEvent(kind, _skeleton(found), _fault(line))


def _skeleton(found: ScannedIdentity) -> dict[str, Any]:
    """The object of which only that is known."""
    metadata = {"namespace": found.namespace, "name": found.name, "resourceVersion": found.resource_version}
    known = {"apiVersion": found.api_version, "kind": found.kind, "metadata": metadata}
    return {name: value for name, value in known.items() if value}


def _fault(data: bytes) -> str:
    if isinstance(data, CutLine):
        return f"is longer than {MAX_LINE_BYTES} bytes"
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return f"cannot be decoded: {error}"
    return "is null"


def ends_initial_events(bookmark: dict[str, Any]) -> bool:
    """Whether this bookmark says that the initial events are over."""
    return text(bookmark, "metadata", "annotations", INITIAL_EVENTS_END) == "true"


def error_of(status: Any, code: int = 500, retry_after_seconds: float | None = None) -> ApiError:
    """The error that a Status document tells; ``code`` and ``retry_after_seconds`` where it tells none."""
    asked = mapping(status, "details").get("retryAfterSeconds")
    told, message = mapping(status).get("code"), mapping(status).get("message")
    return ApiError(
        told if isinstance(told, int) else code,
        text(status, "reason"),
        message[:500] if isinstance(message, str) else "no message",
        float(asked) if isinstance(asked, int | float) and asked > 0 else retry_after_seconds,
        frozenset(text(each, "reason") for each in mappings(mapping(status, "details"), "causes")),
    )


def failure(
    code: int, reason: str, message: str, *, details: Mapping[str, Any], metadata: Mapping[str, Any]
) -> dict[str, Any]:
    """The Status document of a request that is refused; without ``details`` where they are empty."""
    document = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": metadata,
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
        "code": code,
    }
    return {key: value for key, value in document.items() if key != "details" or value}


def is_beyond(position: str, version: str) -> bool:
    """Whether a position cannot have come from a cluster that stands at ``version``; opaque ones cannot be told."""
    decimal = position.isascii() and position.isdecimal() and version.isascii() and version.isdecimal()
    return decimal and int(position) > int(version)
