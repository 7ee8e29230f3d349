"""An independent, slow join of Stages with what belongs to them: kargo.md section 0, read straight down.

It knows nothing of tokens and indexes: every rule looks at every object. What is malformed reads as absent.
What is worked out, ``health`` and ``availability``, is not its concern.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from promoter_view.records import ObjectKey
from tests.support.views.oracle import dig, listed, mapped, words

UIDS = uuid.UUID("0b9d52f4-7f4e-4c53-9d0e-5a3c8f1e7b26")
KARGO = "kargo.akuity.io/v1alpha1"
ENDED = {"Succeeded", "Failed", "Errored", "Aborted"}

Document = dict[str, Any]


def join_keyed(objects: Mapping[ObjectKey, Document]) -> dict[tuple[str, str], Document]:
    """The bundles by (namespace, name), without metadata.resourceVersion and what is worked out."""
    roots = [key for key in objects if key.kind == "Stage" and words(dig(objects[key], "metadata", "uid"))]
    return {(root.namespace, root.name): _bundle(root, objects) for root in sorted(roots)}


def _bundle(root: ObjectKey, objects: Mapping[ObjectKey, Document]) -> Document:
    stage = objects[root]
    made: Document = {
        "kind": "StageDetails",
        "apiVersion": "view.promoter.argoproj.io/v1alpha1",
        "metadata": _metadata(root, stage),
        "stage": stage,
    }
    members = {
        "promotions": [objects[key] for key in _promotions(root, objects)],
        "freight": [objects[key] for key in _freight(root, objects)],
        "applications": _applications(root, objects),
    }
    return made | {field: found for field, found in members.items() if found}


def _promotions(root: ObjectKey, objects: Mapping[ObjectKey, Document]) -> list[ObjectKey]:
    """All that have not ended, and the ten that ended last."""
    mine = [
        key
        for key, found in objects.items()
        if (key.kind, key.namespace) == ("Promotion", root.namespace) and dig(found, "spec", "stage") == root.name
    ]

    def created(key: ObjectKey) -> str:
        return words(dig(objects[key], "metadata", "creationTimestamp"))

    def finished(key: ObjectKey) -> str:
        return words(dig(objects[key], "status", "finishedAt")) or created(key) or "-"

    mine.sort(key=lambda key: (created(key), key))
    ended = [key for key in mine if words(dig(objects[key], "status", "phase")) in ENDED]
    last = sorted(ended, key=lambda key: (finished(key), created(key), key))[-10:]
    return [key for key in mine if key not in ended or key in last]


def _freight(root: ObjectKey, objects: Mapping[ObjectKey, Document]) -> list[ObjectKey]:
    history = [entry for entry in listed(dig(objects[root], "status", "freightHistory")) if mapped(entry)]
    items = dig(history[0], "items") if history else None
    names = {words(dig(piece, "name")) for piece in items.values()} if mapped(items) else set()
    keys = (ObjectKey("Freight", root.namespace, name) for name in sorted(names) if name)
    return [key for key in keys if key in objects]


def _applications(root: ObjectKey, objects: Mapping[ObjectKey, Document]) -> list[Document]:
    found = []
    for key in sorted(key for key in objects if key.kind == "Application"):
        if _authorizes(objects[key], root):
            found.append(objects[key])
        elif (key.namespace, key.name) in _checked(objects[root]):
            metadata = {"name": key.name, "namespace": key.namespace}
            api_version = words(dig(objects[key], "apiVersion"))
            found.append({"apiVersion": api_version, "kind": "Application", "metadata": metadata})
    return found


def _authorizes(application: Document, root: ObjectKey) -> bool:
    annotation = dig(application, "metadata", "annotations", "kargo.akuity.io/authorized-stage")
    entries = [entry.strip() for entry in words(annotation).split(",") if entry.strip()]
    pairs = [tuple(half.strip() for half in entry.split(":", 1)) for entry in entries]
    if not all(len(pair) == 2 and all(pair) and "*" not in "".join(pair) for pair in pairs):
        return False
    return (root.namespace, root.name) in pairs


def _checked(stage: Document) -> set[tuple[str, str]]:
    named = set()
    for check in listed(dig(stage, "status", "lastPromotion", "status", "healthChecks")):
        if dig(check, "uses") != "argocd-update":
            continue
        pairs = [_named(app) for app in listed(dig(check, "config", "apps"))]
        if all(pairs):
            named.update(pair for pair in pairs if pair)
    return named


def _named(app: Any) -> tuple[str, str] | None:
    """None: a check with such an entry cannot be read at all."""
    name, namespace, desired = (dig(app, field) for field in ("name", "namespace", "desiredRevisions"))
    well_typed = all(value is None or isinstance(value, str) for value in (name, namespace))
    revisions = desired is None or (isinstance(desired, list) and all(isinstance(each, str) for each in desired))
    return (namespace or "argocd", name) if name and well_typed and revisions else None


def _metadata(root: ObjectKey, stage: Document) -> Document:
    uid = words(dig(stage, "metadata", "uid"))
    labels = dig(stage, "metadata", "labels")
    labels = {name: value for name, value in labels.items() if isinstance(value, str)} if mapped(labels) else {}
    return {
        "name": root.name,
        "namespace": root.namespace,
        "uid": str(uuid.uuid5(UIDS, uid)),
        "creationTimestamp": words(dig(stage, "metadata", "creationTimestamp")) or None,
        **({"labels": labels} if labels else {}),
        "ownerReferences": [{"apiVersion": KARGO, "kind": "Stage", "name": root.name, "uid": uid}],
    }
