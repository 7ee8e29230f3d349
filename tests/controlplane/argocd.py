"""Kargo's objects and an Argo CD on a real control plane: it takes operations, and says what came of them.

Promotions are made behind the stand-in of Kargo's webhooks (tests/support/kargo): names and steps are given to them.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.kargo.webhooks import kargo_webhooks
from tests.support.plane.client import Client, Document, RefusedError
from tests.support.plane.plane import ControlPlane

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


def named(kind: str, name: str) -> Document:
    """An object of Kargo's in the project, with no more than its name."""
    return {**_KARGO, "kind": kind, "metadata": {"name": name, "namespace": PROJECT}}


def kargo_path(plural: str, name: str = "") -> str:
    """The URL path of Kargo's objects in the project, or of one."""
    return f"/apis/kargo.akuity.io/v1alpha1/namespaces/{PROJECT}/{plural}" + (f"/{name}" if name else "")


def stage(name: str, *, shard: str = SHARD, sources: Document | None = None, steps: bool = True) -> Document:
    """A Stage that takes Freight of Warehouse ``w``, directly unless told otherwise; its steps are yet to be told."""
    requested = [{"origin": {"kind": "Warehouse", "name": "w"}, "sources": sources or {"direct": True}}]
    template = {"promotionTemplate": {"spec": {"steps": [{"uses": "argocd-update", "config": {}}]}}} if steps else {}
    return {
        **_KARGO,
        "kind": "Stage",
        "metadata": {"name": name, "namespace": PROJECT},
        "spec": {"shard": shard, "requestedFreight": requested, **template},
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


def follow(client: Client, stage_name: str, *steps: Document, **variables: str) -> None:
    """From now on Promotions of that Stage do these steps, with these variables."""
    given = [{"name": name, "value": value} for name, value in variables.items()]
    template = {"spec": {"steps": list(steps), "vars": given}}
    client.patch(kargo_path("stages", stage_name), {"spec": {"promotionTemplate": template}})


def promote(client: Client, stage_name: str, *apps: Document, freight_name: str = "f1", **annotations: str) -> str:
    """Makes a Promotion of that Stage: its name. ``apps``: what its one argocd-update updates, if not what it did."""
    if apps:
        follow(client, stage_name, {"uses": "argocd-update", "config": {"apps": list(apps)}})
    spec = {"stage": stage_name, "freight": freight_name}
    metadata = {"generateName": "promo-", "annotations": annotations}
    document = {**_KARGO, "kind": "Promotion", "metadata": metadata, "spec": spec}
    name: str = client.create(kargo_path("promotions"), document)["metadata"]["name"]
    return name


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


@contextmanager
def town(plane: ControlPlane) -> Iterator[None]:
    """In the block: the project behind Kargo's webhooks, a Freight ``f1`` in it, Argo CD's and Kargo's namespaces."""
    client = plane.client()
    for name, labels in ((PROJECT, {"kargo.akuity.io/project": "true"}), (ARGOCD, {}), ("kargo", {})):
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        client.create("/api/v1/namespaces", namespace)
    client.create(kargo_path("warehouses"), warehouse())
    client.create(kargo_path("freights"), freight("f1"))
    with kargo_webhooks(plane):
        yield


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

    ``seen`` is called with each operation before it is taken; ``phase`` is what operations end with, ``revision`` what
    they come to (None: the source's targetRevision), ``message`` what is said of them ("": phase and revision).
    """

    def __init__(self, client: Callable[[], Client]) -> None:
        self.syncs: Counter[tuple[str, str]] = Counter()
        self.seen: Callable[[str, str], object] = lambda application, promotion: None
        self.phase = "Succeeded"
        self.revision: str | None = None
        self.message = ""
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
        at, sources = _synced(live["spec"])
        if self.revision is not None:
            at = {"revision": self.revision}
        live["status"] = {
            "health": {"status": "Healthy"},
            "sync": {"status": "Synced", **at},
            "reconciledAt": now,
            "operationState": {
                "operation": operation,
                "phase": self.phase,
                "message": self.message or f"{self.phase} at {' '.join(map(str, at.values()))}",
                "startedAt": now,
                "finishedAt": now,
                "syncResult": {**at, **sources},
            },
        }
        try:
            client.update(f"{APPLICATIONS}/{name}", live)
        except RefusedError as error:
            if error.status not in (404, 409):
                raise
            return
        self.syncs[name, marker] += 1


def _synced(spec: Document) -> tuple[Document, Document]:
    """What a sync comes to, revisions and sources: each target revision; of a hydrated branch its head."""
    if "sources" in spec:
        return {"revisions": [each["targetRevision"] for each in spec["sources"]]}, {"sources": spec["sources"]}
    if "sourceHydrator" in spec:
        branch = spec["sourceHydrator"]["syncSource"]["targetBranch"]
        source = {"repoURL": spec["sourceHydrator"]["drySource"]["repoURL"], "targetRevision": branch}
        return {"revision": f"head of {branch}"}, {"source": source}
    return {"revision": spec["source"]["targetRevision"]}, {"source": spec["source"]}
