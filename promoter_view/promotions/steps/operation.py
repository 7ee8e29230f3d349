"""What is written to sync an Application: the exact PATCH, worked out and decided once more on the live object. Pure.

The decision of the step was made on what the log knew. Between that and the write the annotation may have been revoked,
another operation asked for, or our own already be under way (we were killed after the PATCH): then nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.merge_patch import merge_diff
from promoter_view.promotions.steps.decisions import NextMove, decide
from promoter_view.promotions.steps.sources import desired_revisions, inapplicable, update_sources
from promoter_view.promotions.steps.step import SyncApplication
from promoter_view.promotions.telling.event import CreateEvent, involved
from promoter_view.stages.application import PROMOTION_INFO, Application
from promoter_view.stages.authorization import refusal

#: Asks Argo CD to look at an Application now, past its caches.
REFRESH = "argocd.argoproj.io/refresh"
REFRESH_PATCH: Mapping[str, Any] = {"metadata": {"annotations": {REFRESH: "hard"}}}
CONTROLLER = "kargo-controller"
REASON = "Promotion triggered a sync of this Application resource."
_UNKNOWN_ACTOR = "unknown actor"


@dataclass(frozen=True, slots=True)
class SyncPatch:
    """The body of a PATCH with ``Content-Type: application/merge-patch+json``, and the Event to create once it is done.

    The body carries metadata.resourceVersion: 409 when the object has changed, and then all is decided again.
    """

    body: Mapping[str, Any]
    event: CreateEvent


@dataclass(frozen=True, slots=True)
class NothingToWrite:
    """The live object does not need it, or not yet; ``reason`` says which."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotPossible:
    """The step is Errored with these words."""

    message: str


def plan_sync(action: SyncApplication, live: Application | None) -> SyncPatch | NothingToWrite | NotPossible:
    """What to write for that action, given the live Application; None where it is gone."""
    if live is None:
        where = f'"{action.name}" in namespace "{action.namespace}"'
        return NotPossible(f"unable to find Argo CD Application {where}")
    refused = _refused(live, action)
    if refused:
        return NotPossible(f"Argo CD {refused}")
    why = inapplicable(live, action.updates)
    if why:
        return NotPossible(why)
    decision = decide(live, action.promotion, desired_revisions(live.sources, action.updates))
    if decision.move is NextMove.ERROR:
        return NotPossible(decision.words)
    if decision.move not in (NextMove.SYNC, NextMove.RESYNC):
        return NothingToWrite(decision.words or f"Argo CD Application {live} is synced already")
    return SyncPatch(_body(action, live), _event(live, action))


def _refused(live: Application, action: SyncApplication) -> str:
    going = live.departure
    return f"Application {live} {going}: it cannot be synced" if going else refusal(live, action.stage)


def _body(action: SyncApplication, live: Application) -> dict[str, Any]:
    annotations = mapping(live.document, "metadata", "annotations")
    metadata = {
        **merge_diff({"annotations": annotations}, {"annotations": {**annotations, REFRESH: "hard"}}),
        "resourceVersion": text(live.document, "metadata", "resourceVersion"),
    }
    spec = mapping(live.document, "spec")
    body: dict[str, Any] = {"metadata": metadata, "operation": _operation(action, mapping(spec, "syncPolicy"))}
    change = merge_diff(spec, _updated_spec(action, live))
    if change:
        body["spec"] = change
    if "status" in live.document:
        body["status"] = {"operationState": None}
    return body


def _updated_spec(action: SyncApplication, live: Application) -> dict[str, Any]:
    spec = dict(mapping(live.document, "spec"))
    if not action.updates:
        return spec
    sources = update_sources(live.sources, action.updates)
    if live.has_sources:
        return {**spec, "sources": sources}
    return {**spec, "source": sources[0]} if sources else spec


def _operation(action: SyncApplication, policy: Mapping[str, Any]) -> dict[str, Any]:
    options = policy.get("syncOptions")
    return {
        "initiatedBy": _initiator(action.actor),
        "info": [{"name": "Reason", "value": REASON}, {"name": PROMOTION_INFO, "value": action.promotion}],
        "retry": dict(mapping(policy, "retry")),
        "sync": {"syncOptions": list(options)} if isinstance(options, list) and options else {},
    }


def _initiator(actor: str) -> dict[str, Any]:
    """A person's sync is a manual one for Argo CD's sync windows; one that nobody asked for is automated."""
    _, colon, name = actor.partition(":")
    username = name if colon else actor
    if not username or _UNKNOWN_ACTOR in (actor, username):
        return {"username": CONTROLLER, "automated": True}
    return {"username": username}


def _event(live: Application, action: SyncApplication) -> CreateEvent:
    return CreateEvent(
        about=involved(live.document, "argoproj.io/v1alpha1", "Application"),
        reason="OperationStarted",
        message=f"{CONTROLLER} initiated sync{_to(action, live)}",
        annotations={"user": CONTROLLER},
    )


def _to(action: SyncApplication, live: Application) -> str:
    sources = update_sources(live.sources, action.updates)
    if live.has_sources:
        return f" to {len(sources)} sources"
    revision = text(sources[0], "targetRevision") if sources else ""
    return f" to {revision}" if revision else ""
