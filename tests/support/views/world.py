"""A projector, the objects to feed it, and what it shows: shared by the tests of views."""

from __future__ import annotations

from typing import Any

import orjson

from promoter_view.kubernetes.kinds import REFLECTED_KINDS
from promoter_view.metrics import Metrics
from promoter_view.records import (
    Bundle,
    BundleChange,
    BundleKey,
    Change,
    ChangeType,
    Entry,
    Mark,
    Mirror,
    ObjectKey,
    Position,
    Record,
    Snapshot,
)
from promoter_view.slices import at_once
from promoter_view.views.projector import Projector
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.stage.details import stage_details
from promoter_view.views.versions import LAST_PLACE, join
from tests.support.views.oracle import GATES, LABEL, key_of

VIEW = PROMOTION_STRATEGY_DETAILS.plural
DEFINITIONS = (PROMOTION_STRATEGY_DETAILS, stage_details("argocd"))
PATH = "/apis/everything"
MIRROR = Mirror("cluster", {PATH: "rules"})
_API_VERSIONS = {kind.kind: kind.api_version for kind in REFLECTED_KINDS}

Document = dict[str, Any]


def thing(
    kind: str,
    name: str,
    *,
    uid: str = "",
    owner: Document | None = None,
    controller: bool = True,
    label: str = "",
    **spec: Any,
) -> Document:
    """A source object in namespace "a" (ClusterScmProvider: in none)."""
    metadata: Document = {"name": name, "uid": uid or f"uid-{kind}-{name}"}
    if kind != "ClusterScmProvider":
        metadata["namespace"] = "a"
    if label:
        metadata["labels"] = {LABEL: label}
    if owner is not None:
        metadata["ownerReferences"] = [reference(owner, controller=controller)]
    return {"apiVersion": _API_VERSIONS[kind], "kind": kind, "metadata": metadata, "spec": spec}


def strategy(name: str = "shop", *, branches: tuple[str, ...] = (), repository: str = "", **rest: Any) -> Document:
    """A PromotionStrategy."""
    spec: Document = {"environments": [{"branch": branch} for branch in branches]}
    if repository:
        spec["gitRepositoryRef"] = {"name": repository}
    return thing("PromotionStrategy", name, **rest) | {"spec": spec}


def reference(owner: Document, **changed: Any) -> Document:
    """A controller's ownerReference to that object."""
    metadata = owner["metadata"]
    named = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    return named | {"controller": True, "blockOwnerDeletion": True} | changed


def moved(document: Document, namespace: str) -> Document:
    """The same object in another namespace."""
    return document | {"metadata": document["metadata"] | {"namespace": namespace}}


def family(name: str, provider: str) -> list[Document]:
    """A PromotionStrategy and members of every kind, tied as real controllers tie them; all of that name."""
    root = strategy(name, branches=("dev",), repository=name)
    policy = thing("ChangeTransferPolicy", name, owner=root, activeBranch="dev")
    gates = [thing(kind, name, promotionStrategyRef={"name": name}) for kind in GATES.values()]
    return [
        root,
        policy,
        thing("ChangeTransferPolicyHistory", name, owner=policy, activeBranch="dev"),
        thing("PullRequest", name, owner=policy),
        *gates,
        thing("CommitStatus", name, owner=gates[0]),
        thing("CommitStatus", f"{name}-timed", owner=gates[2]),
        thing("RestoreActiveCommit", name, promotionStrategyRef={"name": name}, branch="dev"),
        thing("GitRepository", name, scmProviderRef={"kind": provider, "name": name}),
        thing(provider, name),
    ]


class World:
    """Feeds a projector, an event an offset, and looks at what it shows."""

    def __init__(self, *, generation: int = 0, history_bytes: int = 1 << 20, ready: bool = True) -> None:
        self.metrics = Metrics()
        self.warnings: list[str] = []
        self.generation = generation
        self.history_bytes = history_bytes
        self.offset = 1000
        self.projector = self._projector()
        self.feed(Mark(0, MIRROR, generation))
        if ready:
            self.feed(Position(PATH, "1"))

    def restarted(self, snapshot: Snapshot, *, generation: int | None = None) -> Projector:
        """A new projector that begins from a snapshot."""
        self.generation = self.generation if generation is None else generation
        self.projector = self._projector()
        at_once(self.projector.restore(snapshot))
        return self.projector

    def feed(self, *entries: Entry, step: int = 1) -> None:
        """Applies entries in one call, each with an offset of its own."""
        records = []
        for entry in entries:
            self.offset += step
            records.append(Record(self.offset, self.offset // 10, entry))
        at_once(self.projector.apply(records))

    def put(self, *documents: Document) -> None:
        """Objects are there, or have changed."""
        self.feed(*(put(key_of(document), orjson.dumps(document)) for document in documents))

    def put_raw(self, kind: str, name: str, body: bytes) -> None:
        """The same, for bytes that are no proper object."""
        self.feed(put(ObjectKey(kind, "a", name), body))

    def delete(self, *documents: Document) -> None:
        """Objects are gone."""
        self.feed(*(delete(key_of(document)) for document in documents))

    def bundle(self, name: str = "shop", namespace: str = "a") -> Document:
        """One bundle, decoded."""
        found = self.projector.get(BundleKey(VIEW, namespace, name))
        assert found is not None
        return orjson.loads(found.encode())

    def names(self, field: str, name: str = "shop") -> list[str]:
        """The names of the members in that field of a bundle."""
        found = self.bundle(name).get(field, [])
        return [member["metadata"]["name"] for member in (found if isinstance(found, list) else [found])]

    def changes(self, after: int) -> list[BundleChange]:
        """All changes after that resourceVersion."""
        return list(self.projector.cursor(VIEW, "", after).take(1 << 20))

    def end(self, offset: int | None = None) -> int:
        """The resourceVersion of the end of that offset, or of the newest."""
        return join(self.offset if offset is None else offset, self.generation, LAST_PLACE)

    def _projector(self) -> Projector:
        return Projector(
            DEFINITIONS,
            generation=self.generation,
            history_bytes=self.history_bytes,
            metrics=self.metrics,
            warn=self.warnings.append,
        )


def put(key: ObjectKey, body: bytes) -> Change:
    """The event of an object that is there; the projector does not ask whether it was."""
    return Change(ChangeType.MODIFIED, key, body, "7", PATH)


def delete(key: ObjectKey) -> Change:
    """The event of an object that is gone."""
    return Change(ChangeType.DELETED, key, b"", "8", PATH)


def state(projector: Projector) -> dict[BundleKey, tuple[int, bytes]]:
    """All that a list shows, in its order."""
    return shown(projector.list(VIEW))


def shown(bundles: Any) -> dict[BundleKey, tuple[int, bytes]]:
    """Those bundles by key: resourceVersion and bytes."""
    return {found.key: (found.resource_version, found.encode()) for found in bundles}


def replayed(bundles: Any, changes: list[BundleChange]) -> dict[BundleKey, tuple[int, bytes]]:
    """What a client knows who had those bundles and has seen those changes; it checks that each change fits."""
    known: dict[BundleKey, Bundle] = {found.key: found for found in bundles}
    for change in changes:
        assert known.get(change.key) is change.before
        if change.after is None:
            del known[change.key]
        else:
            known[change.key] = change.after
    return shown(known[key] for key in sorted(known))
