"""Applications as a test knows them, and contexts of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.kubernetes.selectors import LabelSelector
from promoter_view.promotions.steps.step import Applications, StepContext
from promoter_view.stages.application import PROMOTION_INFO, Application, read_application
from promoter_view.stages.authorization import ANNOTATION, StageKey
from tests.promotions.runs import NOW
from tests.support.stages.applications import application

STAGE = StageKey("kargo-demo", "test")
PROMOTION = "test.01k.abc1234"


class KnownApplications:
    """The Applications of a list."""

    def __init__(self, *applications: Mapping[str, Any]) -> None:
        self._applications = sorted(map(read_application, applications), key=lambda one: one.name)

    def get(self, namespace: str, name: str) -> Application | None:
        return next((one for one in self._applications if (one.namespace, one.name) == (namespace, name)), None)

    def select(self, namespace: str, selector: LabelSelector) -> Sequence[Application]:
        return [one for one in self._applications if one.namespace == namespace and selector.matches(one.labels)]


def context(config: Any, *applications: Mapping[str, Any], **more: Any) -> StepContext:
    known: Applications = KnownApplications(*applications)
    found: dict[str, Any] = {
        "stage": STAGE,
        "promotion": PROMOTION,
        "alias": "step-1",
        "config": config,
        "applications": known,
        "default_namespace": "argocd",
        "now": NOW,
        **more,
    }
    return StepContext(**found)


def operated(
    phase: str = "Succeeded", *, by: str | None = PROMOTION, result: Any = None, message: str = ""
) -> dict[str, Any]:
    """A status.operationState; ``by`` None: no Promotion started it."""
    info = [{"name": PROMOTION_INFO, "value": by}] if by is not None else []
    state: dict[str, Any] = {"phase": phase, "message": message, "operation": {"info": info}}
    if phase in ("Succeeded", "Failed", "Error"):
        state["finishedAt"] = "2026-11-25T10:00:00Z"
    return {**state, "syncResult": result} if result is not None else state


def app(name: str = "app", annotation: str | None = "kargo-demo:test", **more: Any) -> dict[str, Any]:
    """A synced, healthy Application that authorizes STAGE; ``labels`` and ``state`` (operationState) as given."""
    labels, state = more.pop("labels", {}), more.pop("state", None)
    found = application(name=name, status={"operationState": state, **more.pop("status", {})}, **more)
    metadata = {**found["metadata"], "labels": labels, "resourceVersion": "42", "uid": f"uid-{name}"}
    if annotation is not None:
        metadata["annotations"] = {ANNOTATION: annotation}
    return {**found, "metadata": metadata}
