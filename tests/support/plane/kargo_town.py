"""Stages, their Promotions, Freight and Applications on a real kube-apiserver, and what the program ought to serve."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from promoter_view.kubernetes.kinds import APPLICATION, KARGO_KINDS, Kind
from tests.support.plane.client import Client, RefusedError
from tests.support.program.client import GROUP_PATH
from tests.support.program.client import Client as ViewClient
from tests.support.program.program import Program
from tests.support.program.truth import joined
from tests.support.views.oracle import key_of
from tests.support.views.stage_oracle import join_keyed

Document = dict[str, Any]
Name = tuple[str, str]

ANNOTATION = "kargo.akuity.io/authorized-stage"
PATH = f"{GROUP_PATH}/stagedetails"
KINDS = {kind.kind: kind for kind in (*KARGO_KINDS, APPLICATION)}
HYDRATOR_SECRET = "s3cr3t-of-the-hydrator"
#: What of an Application may be seen, by kargo.md section 0; tests write no more than this and what they look for.
_SOURCE = ("repoURL", "path", "chart", "ref", "targetRevision")
_DEADLINE_SECONDS = 60.0


class Town:
    """Writes objects of one project and of Argo CD; each method is one change."""

    def __init__(self, client: Client, project: str, argocd: str) -> None:
        self.client = client
        self.project = project
        self.argocd = argocd
        for namespace in (project, argocd):
            self._ensure_namespace(namespace)

    def stage(self, name: str, status: Document | None = None, *, steps: bool = True) -> Document:
        """Creates a Stage, or replaces the status of one that is there."""
        origin = {"origin": {"kind": "Warehouse", "name": "main"}, "sources": {"direct": True}}
        template = {"promotionTemplate": {"spec": {"steps": [{"uses": "argocd-update"}]}}} if steps else {}
        return self.put("Stage", name, spec={"requestedFreight": [origin], **template}, status=status)

    def promotion(self, name: str, stage: str, status: Document | None = None) -> Document:
        """Creates a Promotion, or replaces the status of one that is there."""
        spec = {"stage": stage, "freight": "f" * 40, "steps": [{"uses": "argocd-update", "config": {"apps": []}}]}
        return self.put("Promotion", name, spec=spec, status=status)

    def freight(self, name: str, alias: str = "") -> Document:
        """Creates a piece of Freight."""
        told = {"alias": alias} if alias else {}
        return self.put("Freight", name, origin={"kind": "Warehouse", "name": "main"}, **told)

    def application(self, name: str, authorized: str | None = None, **status: Any) -> Document:
        """Creates or replaces an Application that is healthy unless ``status`` says otherwise."""
        source = {"repoURL": "https://git.example.com/app.git", "targetRevision": "main", "path": "."}
        spec = {"project": "default", "source": source, "destination": {"name": "here", "namespace": self.project}}
        told = {"health": {"status": "Healthy"}, "sync": {"status": "Synced", "revision": "abc"}, **status}
        annotations = {} if authorized is None else {ANNOTATION: authorized}
        return self.put("Application", name, annotations=annotations, spec=spec, status=told)

    def hydrated_application(self, name: str, authorized: str, **status: Any) -> Document:
        """The same, of which Argo CD hydrates the manifests: an inline option of its dry source is a secret."""
        helm = {"parameters": [{"name": "password", "value": HYDRATOR_SECRET}]}
        dry = {"repoURL": "https://git.example.com/app.git", "targetRevision": "main", "path": "src", "helm": helm}
        hydrator = {"drySource": dry, "syncSource": {"targetBranch": "environments/test", "path": "app"}}
        spec = {
            "project": "default",
            "sourceHydrator": hydrator,
            "destination": {"name": "here", "namespace": self.project},
        }
        told = {"health": {"status": "Healthy"}, **status}
        for operation in told.get("sourceHydrator", {}).values():
            operation["sourceHydrator"] = hydrator
        return self.put("Application", name, annotations={ANNOTATION: authorized}, spec=spec, status=told)

    def put(
        self,
        kind: str,
        name: str,
        *,
        annotations: Mapping[str, str] | None = None,
        status: Document | None = None,
        **body: Any,
    ) -> Document:
        """Creates an object, or replaces it; the status where it is given."""
        path = f"{self.path(kind)}/{name}"
        metadata = {"name": name, "namespace": self.namespace(kind), "annotations": dict(annotations or {})}
        document = {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, **body}
        if not KINDS[kind].has_status:
            return self._replace(path, {**document, "status": status or {}})
        found = self._found(path) or self.client.create(self.path(kind), document)
        if status is None:
            return found
        return self.client.patch(f"{path}/status", [_replacing_status(status)], "application/json-patch+json")

    def patch(self, kind: str, name: str, **patch: Any) -> Document:
        """A merge patch."""
        return self.client.patch(f"{self.path(kind)}/{name}", patch)

    def delete(self, kind: str, name: str) -> None:
        """Deletes."""
        self.client.delete(f"{self.path(kind)}/{name}")

    def namespace(self, kind: str) -> str:
        """Where objects of that kind are."""
        return self.argocd if kind == "Application" else self.project

    def path(self, kind: str) -> str:
        """The path of the collection."""
        return _path(KINDS[kind], self.namespace(kind))

    def _replace(self, path: str, document: Document) -> Document:
        found = self._found(path)
        if found is None:
            return self.client.create(path.rpartition("/")[0], document)
        metadata = document["metadata"] | {"resourceVersion": found["metadata"]["resourceVersion"]}
        return self.client.update(path, document | {"metadata": metadata})

    def _found(self, path: str) -> Document | None:
        try:
            return self.client.get(path)
        except RefusedError as refused:
            if refused.status != 404:
                raise
            return None

    def _ensure_namespace(self, name: str) -> None:
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        try:
            self.client.create("/api/v1/namespaces", document)
        except RefusedError as refused:
            if refused.status != 409:
                raise


def _replacing_status(status: Document) -> Document:
    return {"op": "add", "path": "/status", "value": status}


def _path(kind: Kind, namespace: str = "") -> str:
    scope = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/{kind.group}/{kind.version}/{scope}{kind.plural}"


def truth(client: Client) -> dict[Name, Document]:
    """The bundles that the cluster's objects make, without resourceVersion and health."""
    found = [
        _seen({"apiVersion": kind.api_version, "kind": kind.kind, **item})
        for kind in KINDS.values()
        for item in client.get(_path(kind))["items"]
    ]
    return join_keyed({key_of(each): each for each in found})


def _seen(document: Document) -> Document:
    """As the log has it: of Applications just what may be shown."""
    metadata = {name: value for name, value in document["metadata"].items() if name != "managedFields"}
    if document["kind"] != "Application":
        return document | {"metadata": metadata}
    annotations = {name: value for name, value in metadata.pop("annotations", {}).items() if name == ANNOTATION}
    for name in ("resourceVersion", "generation"):
        metadata.pop(name)
    kept: Document = {"metadata": metadata | ({"annotations": annotations} if annotations else {})}
    spec = document["spec"]
    kept["spec"] = {**_sources(spec), "destination": spec["destination"]}
    status = {name: value for name, value in document["status"].items() if name in ("health", "sync", "conditions")}
    hydrator = document["status"].get("sourceHydrator", {})
    told = {part: {n: v for n, v in found.items() if n != "sourceHydrator"} for part, found in hydrator.items()}
    status |= {"sourceHydrator": told} if told else {}
    for condition in status.get("conditions", []):
        condition.pop("lastTransitionTime", None)
    state = dict(document["status"].get("operationState", {}))
    if state:
        status["operationState"] = {name: state[name] for name in ("phase", "message", "finishedAt") if name in state}
        status["operationState"]["operation"] = {}
        if document["status"].get("reconciledAt", "") >= state.get("finishedAt", "~"):
            status["reconciledAt"] = state["finishedAt"]
    return {"apiVersion": document["apiVersion"], "kind": "Application", **kept, "status": status}


def _sources(spec: Document) -> Document:
    """As the log has them, in the order of the spec."""
    if "source" in spec:
        return {"source": {name: spec["source"][name] for name in _SOURCE if name in spec["source"]}}
    hydrator = dict(spec["sourceHydrator"])
    dry = {name: hydrator["drySource"][name] for name in _SOURCE if name in hydrator["drySource"]}
    return {"sourceHydrator": hydrator | {"drySource": dry}}


def served(running: Program) -> dict[Name, Document]:
    """What the program lists, as far as the join knows it: no health either."""
    items = orjson.loads(ViewClient(running.endpoint).get(PATH))["items"]
    for item in items:
        item.pop("health", None)
        item.pop("availability", None)
    return joined(items)


def settle(running: Program, client: Client) -> dict[Name, Document]:
    """Waits until the program serves just what the cluster, which rests, holds."""
    wanted = truth(client)
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while (found := served(running)) != wanted:
        assert time.monotonic() < deadline, f"served {found} instead of {wanted}"
        time.sleep(0.05)
    return wanted


@contextmanager
def watching(running: Program, namespace: str) -> Iterator[Iterator[Document]]:
    """The events of a watch of that namespace's StageDetails, from now on; silence of a minute is an error."""
    path = f"{GROUP_PATH}/namespaces/{namespace}/stagedetails"
    client = ViewClient(running.endpoint, timeout_seconds=_DEADLINE_SECONDS)
    version = orjson.loads(client.get(path))["metadata"]["resourceVersion"]
    with client.open(f"{path}?watch=1&resourceVersion={version}") as exchange:
        yield exchange.documents()


def until(events: Iterator[Document], holds: Callable[[Document], bool]) -> list[Document]:
    """The objects of the events up to the first that it holds for."""
    seen = []
    for event in events:
        seen.append(event["object"])
        if holds(event["object"]):
            return seen
    raise AssertionError("the watch has ended")
