"""An independent, slow join of the cluster's objects into bundles: promoter.md section 2, read straight down.

It knows nothing of anchors and indexes: every rule looks at every object. ``join`` takes cleaned objects, in any order,
and gives the bundles without metadata.resourceVersion. What is malformed reads as absent.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from promoter_view.records import ObjectKey

GROUP = "promoter.argoproj.io"
LABEL = f"{GROUP}/promotion-strategy"
UIDS = uuid.UUID("6f0c3b9e-1c2d-4f7a-9b5e-2a1d3c4e5f60")
GATES = {
    "argoCDCommitStatuses": "ArgoCDCommitStatus",
    "gitCommitStatuses": "GitCommitStatus",
    "timedCommitStatuses": "TimedCommitStatus",
    "webRequestCommitStatuses": "WebRequestCommitStatus",
    "dependentsSuccessfulCommitStatuses": "DependentsSuccessfulCommitStatus",
    "scheduledCommitStatuses": "ScheduledCommitStatus",
}
#: A gate of a release that nobody here knows.
OTHER_GATE = "OracleCommitStatus"

Document = dict[str, Any]
BundleName = tuple[str, str]


def join(objects: Iterable[Document]) -> dict[BundleName, Document]:
    """The bundles by (namespace, name), of objects whose metadata names them."""
    return join_keyed({key_of(document): document for document in objects})


def key_of(document: Document) -> ObjectKey:
    """The key under which the log has that object."""
    metadata = document["metadata"]
    return ObjectKey(document["kind"], metadata.get("namespace", ""), metadata["name"])


def join_keyed(objects: Mapping[ObjectKey, Document]) -> dict[BundleName, Document]:
    """The same, for objects whose metadata may be malformed."""
    roots = [key for key in objects if key.kind == "PromotionStrategy" and words(dig(objects[key], "metadata", "uid"))]
    return {(root.namespace, root.name): bundle(root, objects) for root in sorted(roots)}


def bundle(root: ObjectKey, objects: Mapping[ObjectKey, Document]) -> Document:
    """One bundle, its keys in order."""
    strategy = objects[root]
    near = {key: found for key, found in sorted(objects.items()) if key.namespace == root.namespace}
    value = label_value(root.name)

    def owned(kind: str, owners: list[ObjectKey], owner_kinds: set[str]) -> list[ObjectKey]:
        uids = {(owner.kind, words(dig(objects[owner], "metadata", "uid"))) for owner in owners}
        found = []
        for key in near:
            if key.kind == kind:
                claimed = controller(objects[key], owner_kinds)
                labelled = dig(objects[key], "metadata", "labels", LABEL) == value
                if (claimed is None and labelled) or (claimed is not None and claimed[1] and claimed in uids):
                    found.append(key)
        return found

    policies = owned("ChangeTransferPolicy", [root], {"PromotionStrategy"})
    pasts = owned("ChangeTransferPolicyHistory", policies, {"ChangeTransferPolicy"})
    requests = owned("PullRequest", policies, {"ChangeTransferPolicy"})

    def naming(kind: str) -> list[ObjectKey]:
        found = [key for key in near if key.kind == kind]
        return [key for key in found if dig(objects[key], "spec", "promotionStrategyRef", "name") == root.name]

    gates = {kind: naming(kind) for kind in GATES.values()}
    all_gates = [key for keys in gates.values() for key in keys]
    statuses = owned("CommitStatus", [*policies, *all_gates], {"ChangeTransferPolicy", *GATES.values(), OTHER_GATE})
    branches = [dig(item, "branch") for item in listed(dig(strategy, "spec", "environments"))]
    branches = list(dict.fromkeys(branch for branch in branches if isinstance(branch, str)))

    def rank(key: ObjectKey) -> tuple[int, str]:
        branch = words(dig(objects[key], "spec", "activeBranch"))
        return (branches.index(branch) if branch in branches else len(branches)), key.name

    made: Document = {
        "kind": "PromotionStrategyDetails",
        "apiVersion": f"view.{GROUP}/v1alpha1",
        "metadata": metadata(root, strategy),
        "promotionStrategy": strategy,
    }
    many = {
        "changeTransferPolicies": sorted(policies, key=rank),
        "changeTransferPolicyHistories": pasts,
        "pullRequests": requests,
        "commitStatuses": statuses,
        **{field: gates[kind] for field, kind in GATES.items()},
        "restoreActiveCommits": naming("RestoreActiveCommit"),
    }
    for field, keys in many.items():
        if keys:
            made[field] = [objects[key] for key in keys]
    made.update(source_control(root, objects))
    return made


def source_control(root: ObjectKey, objects: Mapping[ObjectKey, Document]) -> Document:
    """The GitRepository and its provider, as far as the references lead."""
    repository = ObjectKey(
        "GitRepository", root.namespace, words(dig(objects[root], "spec", "gitRepositoryRef", "name"))
    )
    if repository not in objects:
        return {}
    found = {"gitRepository": objects[repository]}
    reference = dig(objects[repository], "spec", "scmProviderRef")
    name = words(dig(reference, "name"))
    if dig(reference, "kind") == "ClusterScmProvider":
        provider, field = ObjectKey("ClusterScmProvider", "", name), "clusterScmProvider"
    else:
        provider, field = ObjectKey("ScmProvider", root.namespace, name), "scmProvider"
    if provider in objects:
        found[field] = objects[provider]
    return found


def metadata(root: ObjectKey, strategy: Document) -> Document:
    """The bundle's metadata without resourceVersion."""
    uid = words(dig(strategy, "metadata", "uid"))
    labels = dig(strategy, "metadata", "labels")
    labels = {name: value for name, value in labels.items() if isinstance(value, str)} if mapped(labels) else {}
    made: Document = {
        "name": root.name,
        "namespace": root.namespace,
        "uid": str(uuid.uuid5(UIDS, uid)),
        "creationTimestamp": words(dig(strategy, "metadata", "creationTimestamp")) or None,
    }
    if labels:
        made["labels"] = labels
    made["ownerReferences"] = [
        {"apiVersion": f"{GROUP}/v1alpha1", "kind": "PromotionStrategy", "name": root.name, "uid": uid}
    ]
    return made


def controller(document: Document, kinds: set[str]) -> tuple[str, str] | None:
    """(kind, uid) of the controller of one of those kinds, None when it has none."""
    for reference in listed(dig(document, "metadata", "ownerReferences")):
        version = words(dig(reference, "apiVersion"))
        group = version[: version.rindex("/")] if "/" in version else ""
        kind = words(dig(reference, "kind"))
        if dig(reference, "controller") is True and group == GROUP and kind in kinds:
            return kind, words(dig(reference, "uid"))
    return None


def label_value(name: str) -> str:
    """A name as the controllers write it into a label, one character at a time."""
    value = ""
    for character in name:
        if character.isascii() and character.isalnum():
            value += character
        elif not value.endswith("-"):
            value += "-"
    value = value[max(0, len(value) - 63) :]
    while value.startswith("-"):
        value = value[1:]
    return value


def dig(found: Any, *path: str) -> Any:
    """What is at that path; None where nothing is, or where an object was expected on the way."""
    for name in path:
        found = found.get(name) if mapped(found) else None
    return found


def mapped(found: Any) -> bool:
    return isinstance(found, dict)


def listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def words(found: Any) -> str:
    return found if isinstance(found, str) else ""
