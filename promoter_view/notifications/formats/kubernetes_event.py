"""An Event of the cluster (events.k8s.io/v1) on the strategy or the Stage. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any
from urllib.parse import quote

import orjson

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.sentences import sentence
from promoter_view.notifications.formats.words import words_of
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import FormatError, OutgoingMessage
from promoter_view.records import BundleKey
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import STAGE_DETAILS

_CONTROLLER = "promoter-view.io/notifications"
_PAGE = "promoter-view.io/page"
#: Names of objects have 253 characters at most; behind a dot stand sixteen of ours.
_LONGEST_NAME = 253 - 17
_MOST_BYTES = 1024
_ABOUT: Mapping[str, tuple[str, str]] = {
    PROMOTION_STRATEGY_DETAILS.plural: ("promoter.argoproj.io/v1alpha1", "PromotionStrategy"),
    STAGE_DETAILS: ("kargo.akuity.io/v1alpha1", "Stage"),
}


def write_kubernetes_event(
    entries: Sequence[JournalEntry], links: Links, uid_of: Callable[[BundleKey], str]
) -> OutgoingMessage:
    """One entry; ``uid_of``: the object's own uid, "" where it is not known. The name is the entry's for ever: an Event
    that is there already (409) was created before. Errors: FormatError, for a gap: no object has it.
    """
    entry = entries[0]
    about = _ABOUT.get(entry.key.view)
    if about is None or not entry.key.namespace:
        raise FormatError("a gap is about no object, so that there is nothing to write an Event on")
    namespace = quote(entry.key.namespace, safe="")
    event = _event(entry, links, {"apiVersion": about[0], "kind": about[1], **_regarding(entry.key, uid_of)})
    return OutgoingMessage(
        orjson.dumps(event), "application/json", path=f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
    )


def _event(entry: JournalEntry, links: Links, regarding: Mapping[str, str]) -> dict[str, Any]:
    words, key = words_of(entry, links), entry.key
    reason = "".join(part.capitalize() for part in entry.happening.event.value.split("-"))
    mark = hashlib.sha256(f"{key.view} {entry.identity.name}".encode()).hexdigest()[:16]
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{key.name[:_LONGEST_NAME].rstrip('.-')}.{mark}",
            "namespace": key.namespace,
            **({"annotations": {_PAGE: words.page}} if words.page else {}),
        },
        "eventTime": entry.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": _CONTROLLER,
        "reportingInstance": "promoter-view",
        "action": reason,
        "reason": reason,
        "regarding": dict(regarding),
        "note": _clipped(sentence(entry)),
        "type": "Warning" if words.is_bad else "Normal",
    }


def _regarding(key: BundleKey, uid_of: Callable[[BundleKey], str]) -> dict[str, str]:
    uid = uid_of(key)
    return {"namespace": key.namespace, "name": key.name, **({"uid": uid} if uid else {})}


def _clipped(words: str) -> str:
    """In so many bytes as the cluster takes."""
    line = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return line.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore")
