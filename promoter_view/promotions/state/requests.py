"""What people ask of the controller by annotation: to end a Promotion, to look again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.decoded import text
from promoter_view.kubernetes.documents import decode
from promoter_view.promotions.documents import Document

ABORT = "kargo.akuity.io/abort"
REFRESH = "kargo.akuity.io/refresh"
REVERIFY = "kargo.akuity.io/reverify"
CREATE_ACTOR = "kargo.akuity.io/create-actor"
ROLLBACK = "kargo.akuity.io/rollback"
STAGE_LABEL = "kargo.akuity.io/stage"
FINALIZER = "kargo.akuity.io/finalizer"
_TERMINATE = "terminate"
#: Longer values of labels are not allowed.
MAX_LABEL = 63


def abort_message(asked: str, shard: str) -> str | None:
    """The message of a Promotion that somebody asks to be ended by that annotation; None where nobody does."""
    actor = abort_actor(asked, shard)
    return None if actor is None else f"terminated by {actor}"


def abort_actor(asked: str, shard: str) -> str | None:
    """Who asks for that: whom the annotation names, else the controller of the shard; None where nobody does.

    The annotation is the word ``terminate``, or a JSON object with that ``action`` and perhaps an ``actor``.
    """
    if not asked:
        return None
    ours = f"controller:promotion-controller-{shard}"
    if asked.strip() == _TERMINATE:
        return ours
    request = decode(asked.encode("utf-8", "replace"))
    if not isinstance(request, dict) or request.get("action") != _TERMINATE:
        return None
    return text(request, "actor") or ours


def refresh_of(document: Document) -> str:
    """The newest request to look again, "" for none; status.lastHandledRefresh says which one was."""
    return text(document, "metadata", "annotations", REFRESH)


@dataclass(frozen=True, slots=True)
class Reverification:
    """A request to verify anew what was verified by the verification of that id, and who asks, "" for nobody known."""

    id: str = ""
    actor: str = ""


def reverification_of(document: Document) -> Reverification:
    """What is to be verified anew by annotation: an id, or a JSON object with ``id`` and perhaps ``actor``.

    Once that was done the newest verification has another id, so that nothing else has to say that it was.
    """
    asked = text(document, "metadata", "annotations", REVERIFY)
    request = decode(asked.encode("utf-8", "replace"))
    if isinstance(request, dict):
        return Reverification(text(request, "id"), text(request, "actor"))
    return Reverification(asked if request is None else "")


def is_deleting(document: Document) -> bool:
    """Somebody has asked for its deletion; finalizers keep it."""
    return bool(text(document, "metadata", "deletionTimestamp"))
