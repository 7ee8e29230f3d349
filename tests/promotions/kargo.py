"""Kargo's objects for tests, as small as they can be."""

from __future__ import annotations

from typing import Any

SHARD = "east"


def promotion(name: str, phase: str = "", *, created: int = 0, freight: str = "f1", **status: Any) -> dict[str, Any]:
    """A Promotion of Stage ``test``, created so many seconds after 8 o'clock."""
    found = {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Promotion",
        "metadata": {
            "name": name,
            "namespace": "kargo-demo",
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "creationTimestamp": f"2027-01-15T08:00:{created:02d}Z",
            "labels": {"kargo.akuity.io/shard": SHARD, "kargo.akuity.io/stage": "test"},
        },
        "spec": {"stage": "test", "freight": freight, "steps": [{"uses": "argocd-update", "config": {}}]},
    }
    whole = {**({"phase": phase} if phase else {}), **status}
    return {**found, "status": whole} if whole else found


def stage(*requested: str, name: str = "test", status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A Stage that takes Freight of those Warehouses directly."""
    origins = [{"kind": "Warehouse", "name": each} for each in requested or ("w",)]
    return {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Stage",
        "metadata": {
            "name": name,
            "namespace": "kargo-demo",
            "uid": f"uid-{name}",
            "generation": 3,
            "resourceVersion": "1",
            "labels": {"kargo.akuity.io/shard": SHARD},
        },
        "spec": {
            "requestedFreight": [{"origin": origin, "sources": {"direct": True}} for origin in origins],
            "promotionTemplate": {"spec": {"steps": [{"uses": "argocd-update"}]}},
            **spec,
        },
        "status": status or {},
    }


def freight(name: str = "f1", warehouse: str = "w", **status: Any) -> dict[str, Any]:
    """A Freight with one commit."""
    return {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Freight",
        "metadata": {"name": name, "namespace": "kargo-demo", "uid": f"uid-{name}", "resourceVersion": "1"},
        "origin": {"kind": "Warehouse", "name": warehouse},
        "commits": [{"repoURL": "https://example.com/repo.git", "id": "abc"}],
        "status": status,
    }


def collection(*names: str, warehouse: str = "w") -> dict[str, Any]:
    """A Freight collection as statuses have it."""
    items = {f"Warehouse/{warehouse}{place or ''}": {"name": name} for place, name in enumerate(names)}
    return {"id": "-".join(names), "items": items}
