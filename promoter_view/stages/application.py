"""What is decided from of an Argo CD Application: sources, revisions, operation, times. Pure, and total.

A document is an Application as the cluster has it, or as the log has it (cleaned: status.reconciledAt is clamped there,
so that it is fresh or absent).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.decoded import mapping, mappings, moment, text

#: The info item of an operation that says which Promotion started it.
PROMOTION_INFO = "kargo.akuity.io/promotion"
#: Characters of an operation's message that are said.
_MOST_SAID = 300
#: Conditions that make what the rest of the status says worthless.
ERROR_CONDITIONS = frozenset({"ComparisonError", "InvalidSpecError"})


def name_of(application: Mapping[str, Any]) -> str:
    """``namespace/name``, for words."""
    return f"{text(application, 'metadata', 'namespace')}/{text(application, 'metadata', 'name')}"


def sources_of(application: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """spec.sources where there are any, else spec.source alone, else none. What is no object in it reads as empty."""
    several = mapping(application, "spec").get("sources")
    if isinstance(several, list) and several:
        return [mapping(source) for source in several]
    one = mapping(application, "spec", "source")
    return [one] if one else []


def has_sources(application: Mapping[str, Any]) -> bool:
    """Whether it is spec.sources that counts, not spec.source."""
    return bool(mapping(application, "spec").get("sources"))


def revisions_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The revisions of a sync status or a sync result: ``revisions`` where there are any, else ``revision`` alone."""
    several = result.get("revisions")
    if isinstance(several, list) and several:
        return tuple(revision if isinstance(revision, str) else "" for revision in several)
    return (text(result, "revision"),)


def operation_state(application: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """status.operationState; None where there is none."""
    found = mapping(application, "status").get("operationState")
    return found if isinstance(found, Mapping) else None


def departure(application: Mapping[str, Any]) -> str:
    """That it is being deleted, as words; "" where it is not. Argo CD begins no operation on it any more."""
    since = text(application, "metadata", "deletionTimestamp")
    return f"is being deleted since {since}" if since else ""


def is_operation_pending(application: Mapping[str, Any]) -> bool:
    """Whether an operation was asked for that Argo CD has not finished taking: the top-level ``operation`` is there."""
    return isinstance(application.get("operation"), Mapping)


def promotion_of(operation: Mapping[str, Any]) -> str | None:
    """The Promotion that started that operation; None where none did. The first such info item counts."""
    named = (text(item, "value") for item in mappings(operation, "info") if item.get("name") == PROMOTION_INFO)
    return next(named, None)


def finished_at(application: Mapping[str, Any]) -> str:
    """When the last operation ended; "" where none has, or one still runs."""
    return text(application, "status", "operationState", "finishedAt")


def operation_message(application: Mapping[str, Any]) -> str:
    """What Argo CD says of the operation under way, as the end of a sentence: that a sync window holds it, for one."""
    state = operation_state(application)
    message = " ".join(text(state, "message").split())
    if not message or text(state, "finishedAt"):
        return ""
    return f" ({message[:_MOST_SAID]}{'...' if len(message) > _MOST_SAID else ''})"


def is_stale(application: Mapping[str, Any]) -> bool:
    """Whether Argo CD has not looked at it since its last operation ended. Times are whole seconds: equal is fresh."""
    ended = moment(application, "status", "operationState", "finishedAt")
    looked = moment(application, "status", "reconciledAt")
    return ended is not None and (looked is None or looked < ended)


def error_conditions(application: Mapping[str, Any]) -> list[str]:
    """The error conditions as words, in order: ``"ComparisonError" condition: message``."""
    return [
        f'"{text(item, "type")}" condition: {text(item, "message")}'
        for item in mappings(application, "status", "conditions")
        if text(item, "type") in ERROR_CONDITIONS
    ]
