"""What all rendered objects have in common: metadata, conditions, labels, times. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import rfc3339
from promoter_view.kubernetes.kinds import PROMOTER_GROUP
from promoter_view.simulator.company.model import Strategy
from promoter_view.simulator.company.naming import label_value

API_VERSION = f"{PROMOTER_GROUP}/v1alpha1"

#: Where repositories of hydrated manifests are.
DEPLOYMENTS = "https://git.example.com/deployments"

Document = dict[str, Any]
#: Kind and name of an object's controller, which is in its namespace.
Owner = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rendered:
    """An object without its owner's uid."""

    document: Document
    owner: Owner | None = None


def with_owner(rendered: Rendered, uid: str) -> Document:
    """The object with its controller ownerReference."""
    assert rendered.owner is not None
    kind, name = rendered.owner
    reference = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    metadata = {**rendered.document["metadata"], "ownerReferences": [reference]}
    return {**rendered.document, "metadata": metadata}


def manifest(
    kind: str, namespace: str, name: str, spec: Document, status: Document, labels: Mapping[str, str] | None = None
) -> Document:
    """An object of the promoter's group; namespace "" for cluster scope."""
    metadata: Document = {"name": name, **({"namespace": namespace} if namespace else {})}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec, "status": status}


def ready(strategy: Strategy) -> Document:
    """A status that says that the controller is content."""
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "ReconciliationSuccess",
        "message": "Reconciliation successful",
        "lastTransitionTime": rfc3339(strategy.began),
        "observedGeneration": 1,
    }
    return {"observedGeneration": 1, "conditions": [condition]}


def environment_labels(strategy: Strategy, branch: str) -> dict[str, str]:
    """The labels that controllers give to what belongs to one environment."""
    return {
        f"{PROMOTER_GROUP}/promotion-strategy": label_value(strategy.name),
        f"{PROMOTER_GROUP}/environment": label_value(branch),
    }
