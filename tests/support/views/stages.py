"""Objects of Kargo and Argo CD as the log has them, no larger than a case needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from promoter_view.kubernetes.kinds import REFLECTED_KINDS

ANNOTATION = "kargo.akuity.io/authorized-stage"
_API_VERSIONS = {kind.kind: kind.api_version for kind in REFLECTED_KINDS}

Document = dict[str, Any]


def thing(kind: str, name: str, namespace: str = "shop", **more: Any) -> Document:
    """An object of that kind."""
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{kind}-{namespace}-{name}"}
    return {"apiVersion": _API_VERSIONS[kind], "kind": kind, "metadata": metadata, **more}


def check(*apps: str, **desired: list[str]) -> Document:
    """A registered health check of those Applications, ``namespace/name`` each; ``desired`` by name."""
    found: list[Document] = []
    for app in apps:
        namespace, _, name = app.rpartition("/")
        entry: Document = {"name": name, **({"namespace": namespace} if namespace else {})}
        found.append({**entry, **({"desiredRevisions": desired[name]} if name in desired else {})})
    return {"uses": "argocd-update", "config": {"apps": found}}


def stage(
    name: str = "test",
    *,
    namespace: str = "shop",
    freight: Iterable[str] = (),
    before: Iterable[str] = (),
    checks: Iterable[Document] = (),
    last: str = "p0",
    phase: str = "Succeeded",
    message: str = "",
    current: str = "",
    steps: bool = True,
) -> Document:
    """A Stage. ``freight``: what it has, ``before``: what it had; ``last`` "": never promoted."""
    status: Document = {"freightHistory": [_entry(freight), _entry(before)]}
    if last:
        told: Document = {"phase": phase, "healthChecks": list(checks), **({"message": message} if message else {})}
        status["lastPromotion"] = {"name": last, "status": told}
    if current:
        status["currentPromotion"] = {"name": current}
    template = {"spec": {"steps": [{"uses": "argocd-update"}]}} if steps else None
    spec = {"requestedFreight": [{"origin": {"kind": "Warehouse", "name": "w"}}], "promotionTemplate": template}
    found = thing("Stage", name, namespace, spec=spec, status=status)
    found["metadata"]["creationTimestamp"] = "2026-11-20T10:00:00Z"
    return found


def _entry(freight: Iterable[str]) -> Document:
    return {"id": "c", "items": {f"Warehouse/w{place}": {"name": name} for place, name in enumerate(freight)}}


def promotion(
    name: str,
    *,
    to: str = "test",
    namespace: str = "shop",
    phase: str = "",
    created: int = 0,
    finished: int | None = None,
    checks: Iterable[Document] = (),
) -> Document:
    """A Promotion, made and finished at those minutes."""
    status: Document = {"phase": phase} if phase else {}
    if finished is not None:
        status["finishedAt"] = minute(finished)
    if checks:
        status["healthChecks"] = list(checks)
    found = thing("Promotion", name, namespace, spec={"stage": to, "freight": "f"}, status=status)
    found["metadata"]["creationTimestamp"] = minute(created)
    return found


def minute(count: int) -> str:
    """A time of that day."""
    return f"2026-11-20T{10 + count // 60:02}:{count % 60:02}:00Z"


def application(
    name: str,
    *,
    namespace: str = "argocd",
    authorized: str | None = None,
    health: str | None = "Healthy",
    revision: str = "",
    sources: int = 1,
    **status: Any,
) -> Document:
    """An Application with an operation that is over."""
    source = {"repoURL": f"https://git.example.com/{name}.git", "targetRevision": "main"}
    told: Document = {
        "sync": {"status": "Synced", "revision": revision},
        "operationState": {"phase": "Succeeded", "finishedAt": minute(0)},
        "reconciledAt": minute(0),
        **({"health": {"status": health}} if health is not None else {}),
        **status,
    }
    found = thing("Application", name, namespace, spec={"sources": [source] * sources}, status=told)
    if authorized is not None:
        found["metadata"]["annotations"] = {ANNOTATION: authorized}
    return found


def changed(document: Mapping[str, Any], *path: str, to: Any) -> Document:
    """The same object with something else at that path."""
    if not path:
        return to
    return {**document, path[0]: changed(document.get(path[0], {}), *path[1:], to=to)}
