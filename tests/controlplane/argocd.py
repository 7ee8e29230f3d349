"""Kargo's objects and an Argo CD on a real control plane: it takes operations, and says what came of them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.support.plane.client import Client, Document, RefusedError

SHARD = "east"
PROJECT = "kargo-demo"
ARGOCD = "argocd"
REPO = "https://github.com/example/repo.git"
COMMIT = "1234567890abcdef"
MARKER = "kargo.akuity.io/promotion"
AUTHORIZED = "kargo.akuity.io/authorized-stage"
APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{ARGOCD}/applications"
PATIENCE_SECONDS = 180.0
_KARGO = {"apiVersion": "kargo.akuity.io/v1alpha1"}
_LABELS = {"kargo.akuity.io/shard": SHARD}


def kargo_path(plural: str, name: str = "") -> str:
    """The URL path of Kargo's objects in the project, or of one."""
    return f"/apis/kargo.akuity.io/v1alpha1/namespaces/{PROJECT}/{plural}" + (f"/{name}" if name else "")


def stage(name: str, **labels: str) -> Document:
    """A Stage that takes Freight of Warehouse ``w`` directly. Without labels it is of the shard."""
    origin = {"kind": "Warehouse", "name": "w"}
    template = {"spec": {"steps": [{"uses": "argocd-update", "config": {}}]}}
    return {
        **_KARGO,
        "kind": "Stage",
        "metadata": {"name": name, "namespace": PROJECT, "labels": labels or _LABELS},
        "spec": {"requestedFreight": [{"origin": origin, "sources": {"direct": True}}], "promotionTemplate": template},
    }


def freight(name: str) -> Document:
    """A Freight with a commit."""
    return {
        **_KARGO,
        "kind": "Freight",
        "metadata": {"name": name, "namespace": PROJECT},
        "origin": {"kind": "Warehouse", "name": "w"},
        "commits": [{"repoURL": REPO, "id": COMMIT}],
    }


def warehouse() -> Document:
    """The Warehouse ``w``, which watches the repository."""
    return {
        **_KARGO,
        "kind": "Warehouse",
        "metadata": {"name": "w", "namespace": PROJECT},
        "spec": {"subscriptions": [{"git": {"repoURL": REPO}}]},
    }


def promotion(name: str, stage_name: str, *apps: Document, freight_name: str = "f1", **labels: str) -> Document:
    """A Promotion with one argocd-update of those apps."""
    return {
        **_KARGO,
        "kind": "Promotion",
        "metadata": {"name": name, "namespace": PROJECT, "labels": labels or _LABELS},
        "spec": {
            "stage": stage_name,
            "freight": freight_name,
            "steps": [{"uses": "argocd-update", "config": {"apps": list(apps)}}],
        },
    }


def update(revision: str, **app: Any) -> Document:
    """An entry of ``apps`` that pins that revision."""
    return {**app, "sources": [{"repoURL": REPO, "desiredRevision": revision, "updateTargetRevision": True}]}


def application(name: str, authorized: str | None, **labels: str) -> Document:
    """An Application that Argo CD has synced at ``old``."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": ARGOCD,
            "labels": labels,
            "annotations": {AUTHORIZED: authorized} if authorized is not None else {},
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": REPO, "path": ".", "targetRevision": "old"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
        },
        "status": {"health": {"status": "Healthy"}, "sync": {"status": "Synced", "revision": "old"}},
    }


def namespaces(client: Client) -> None:
    """The project and Argo CD's namespace."""
    for name in (PROJECT, ARGOCD):
        client.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def wait_for(found: Callable[[], Any], what: str) -> Any:
    """Polls until a call gives something true. Errors: AssertionError after a generous while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_SECONDS:.0f} s for {what}")


class ArgoCD:
    """Takes operations while it is started. ``syncs`` counts them by (application, promotion).

    ``seen`` is called with each operation before it is taken; ``phase`` is what operations end with.
    """

    def __init__(self, client: Callable[[], Client]) -> None:
        self.syncs: Counter[tuple[str, str]] = Counter()
        self.seen: Callable[[str, str], object] = lambda application, promotion: None
        self.phase = "Succeeded"
        self.failures: list[BaseException] = []
        self._client = client
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ArgoCD:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)
        assert self.failures == []

    def _run(self) -> None:
        client = self._client()
        try:
            while not self._over.is_set():
                for found in client.get(APPLICATIONS, resourceVersion="0")["items"]:
                    if "operation" in found:
                        self._take(client, found)
                self._over.wait(0.1)
        except BaseException as failure:
            # A thread's failure is the test's to report, whatever it is.
            self.failures.append(failure)

    def _take(self, client: Client, found: Document) -> None:
        name = found["metadata"]["name"]
        try:
            live = client.get(f"{APPLICATIONS}/{name}")
        except RefusedError as error:
            if error.status != 404:
                raise
            return
        operation = live.pop("operation", None)
        if operation is None:
            return
        marker = next((item["value"] for item in operation.get("info", ()) if item["name"] == MARKER), "")
        self.seen(name, marker)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        revision = live["spec"]["source"]["targetRevision"]
        source = live["spec"]["source"]
        live["status"] = {
            "health": {"status": "Healthy"},
            "sync": {"status": "Synced", "revision": revision},
            "reconciledAt": now,
            "operationState": {
                "operation": operation,
                "phase": self.phase,
                "message": f"{self.phase} at {revision}",
                "startedAt": now,
                "finishedAt": now,
                "syncResult": {"revision": revision, "source": source},
            },
        }
        try:
            client.update(f"{APPLICATIONS}/{name}", live)
        except RefusedError as error:
            if error.status not in (404, 409):
                raise
            return
        self.syncs[name, marker] += 1
