"""Applications as tests need them."""

from __future__ import annotations

from typing import Any

from promoter_view.stages.application import Application, read_application

EARLIER = "2026-11-25T10:00:00Z"
LATER = "2026-11-25T10:05:00Z"
SHA = "a" * 40
OTHER = "b" * 40
REPO = "https://git.example.com/org/app.git"


def source(repo: str = REPO, **more: Any) -> dict[str, Any]:
    return {"repoURL": repo, **more}


def application(
    *,
    name: str = "app",
    namespace: str = "argocd",
    health: str | None = "Healthy",
    revision: str | None = SHA,
    finished: str | None = EARLIER,
    reconciled: str | None = LATER,
    status: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A synced, healthy Application with one source; ``status`` and ``more`` go over what is there, None removes."""
    found: dict[str, Any] = {
        "health": {"status": health} if health is not None else None,
        "sync": {"status": "Synced", "revision": revision},
        "reconciledAt": reconciled,
        "operationState": {"phase": "Succeeded", "finishedAt": finished},
        **(status or {}),
    }
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"source": source()},
        "status": {key: value for key, value in found.items() if value is not None},
        **more,
    }


def hydrated_application(last: Any, operation: Any = None, **more: Any) -> dict[str, Any]:
    """The same with spec.sourceHydrator; ``last`` is the hydrator's last successful operation, ``operation`` its
    current one.
    """
    sync = {"targetBranch": "environments/test", "path": "app"}
    spec = {"sourceHydrator": {"drySource": source(path="src", targetRevision="main"), "syncSource": sync}}
    status = {"sourceHydrator": {"lastSuccessfulOperation": last, "currentOperation": operation}}
    return application(**{"spec": spec, **more, "status": {**status, **more.get("status", {})}})


def known_application(**more: Any) -> Application:
    """The same, read."""
    return read_application(application(**more))
