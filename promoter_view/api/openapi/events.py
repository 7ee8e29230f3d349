"""The schema of PromotionEvent. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.api.openapi.meta import LIST_META, OBJECT_META
from promoter_view.api.openapi.schemas import Schema, described_reference, reference
from promoter_view.api.openapi.views import schema_name
from promoter_view.journal.entries import EventType
from promoter_view.journal.serving.bundles import KIND
from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND
from promoter_view.views.definition import GROUP, VERSION

EVENT, EVENT_LIST = KIND, f"{KIND}List"


def event_schemas() -> dict[str, Schema]:
    """Those of PromotionEvent and of a list of them, by name."""
    return {schema_name(EVENT): _event(), schema_name(EVENT_LIST): _event_list()}


def _event() -> Schema:
    return {
        "description": "PromotionEvent is an event of a PromotionStrategy or a Stage, from the journal.",
        "type": "object",
        "required": ["view", "name", "event", "time"],
        "properties": {
            **_typed(EVENT),
            "metadata": described_reference(
                OBJECT_META,
                "name is the resourceVersion at which it happened, and its number there. A watch from "
                "resourceVersion continues after this event.",
            ),
            **_FIELDS,
        },
        GROUP_VERSION_KIND: [{"group": GROUP, "version": VERSION, "kind": EVENT}],
    }


def _event_list() -> Schema:
    items = {"description": "The events, the oldest first.", "type": "array", "items": reference(schema_name(EVENT))}
    metadata = described_reference(
        LIST_META, "The resourceVersion up to which the list is complete, and the token for its next page."
    )
    return {
        "description": "A list of PromotionEvent: the events of the last 24 hours, or of the time in since=.",
        "type": "object",
        "required": ["items"],
        "properties": {**_typed(EVENT_LIST), "metadata": metadata, "items": items},
        GROUP_VERSION_KIND: [{"group": GROUP, "version": VERSION, "kind": EVENT_LIST}],
    }


def _typed(kind: str) -> dict[str, Schema]:
    return {
        "kind": _text(f"The kind of this object: {kind}."),
        "apiVersion": _text("The group and version of this object's kind."),
    }


def _text(description: str) -> Schema:
    return {"description": description, "type": "string"}


def _time(description: str) -> Schema:
    return {"description": description, "type": "string", "format": "date-time"}


def _number(description: str) -> Schema:
    return {"description": description, "type": "integer"}


def _object(description: str, **properties: Any) -> Schema:
    return {"description": description, "type": "object", "properties": properties}


_FIELDS: Mapping[str, Schema] = {
    "item": _number("Its number among the events of one change."),
    "time": _time(
        "When it happened: the time when the change was recorded. For a backfilled event the time in the object."
    ),
    "view": _text("promotionstrategydetails or stagedetails."),
    "name": _text("The strategy, or the Stage."),
    "uid": _text("The uid of its details."),
    "environment": _text("The environment's branch. Left out for a Stage, and for events of the whole strategy."),
    "event": _text(f"What happened: {', '.join(EventType)}."),
    "before": _text("The old value: a sha, Freight, a phase or a state."),
    "after": _text("What it is."),
    "commit": _object(
        "The commit of the event.",
        sha=_text("The dry commit; for Freight its first commit."),
        hydratedSha=_text("What was hydrated from it."),
        source={"description": "Commits that it was made from.", "type": "array", "items": _text("A sha.")},
        subject=_text("The first line of its message."),
        author=_text("Who made it."),
        url=_text("Its page on the SCM."),
        time=_time("When it was made."),
    ),
    "pullRequest": _object(
        "The pull request.", id=_text("Its number."), url=_text("Its address."), state=_text("open, merged or closed.")
    ),
    "check": _object(
        "The check.",
        key=_text("Its key."),
        phase=_text("pending, success or failure."),
        message=_text("What it says."),
        url=_text("Where it says more."),
    ),
    "seconds": _object(
        "The durations that end with this event, in seconds.",
        leadTime=_number("From the commit until it was live here."),
        hop=_number("Since the last of the environments on which this one depends had it."),
    ),
    "cause": _object("The object that caused it.", kind=_text("Its kind."), name=_text("Its name.")),
    "message": _text("Why, in a sentence."),
    "by": _text("Who did it."),
    "backfilled": {
        "description": "The event comes from an object's history: the program did not see it happen.",
        "type": "boolean",
    },
}
