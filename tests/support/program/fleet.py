"""A small fleet that changes at random: what gives the program something to serve, on a cluster of either kind."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from promoter_view.kubernetes.kinds import PROMOTER_GROUP, PROMOTER_KINDS, Kind

NAMESPACES = ("team-a", "team-b")
STRATEGIES = 8
BRANCHES = ("environment/dev", "environment/prod")

_KINDS = {kind.kind: kind for kind in PROMOTER_KINDS}
_API_VERSION = f"{PROMOTER_GROUP}/v1alpha1"
_LABEL = f"{PROMOTER_GROUP}/promotion-strategy"

Document = dict[str, Any]


class Target(Protocol):
    """The cluster that is written to: the simulator's, or ``tests.support.plane.writing`` for a real one."""

    def add_namespaces(self, *names: str) -> None:
        """Makes those that are not there yet."""

    def apply(self, document: Document) -> Document:
        """Creates or replaces an object whole, its status included."""

    def delete(self, kind: Kind, namespace: str, name: str) -> object:
        """Deletes an object that is there."""

    def objects(self, kind: Kind, namespace: str = "") -> list[Document]:
        """The objects as they are now."""


class Fleet:
    """A few strategies with their policies, all of one ClusterScmProvider. Each ``write`` is one random change."""

    def __init__(self, cluster: Target, source: random.Random) -> None:
        self._cluster, self._random, self._count = cluster, source, 0
        cluster.add_namespaces(*NAMESPACES)
        self._touch_provider()
        for namespace in NAMESPACES:
            spec = {
                "fake": {"owner": "o", "name": "app"},
                "scmProviderRef": {"kind": "ClusterScmProvider", "name": "scm"},
            }
            self._apply("GitRepository", namespace, "app", {"spec": spec})
        for number in range(STRATEGIES):
            self._revive(*self._strategy(number))

    def write(self) -> None:
        """One write, or a few that belong together."""
        writes: Sequence[Callable[[], None]] = (
            self._promote,
            self._label,
            self._come_and_go,
            self._check,
            self._touch_provider,
            self._change_sides,
        )
        weights = (50, 15, 10, 15, 2, 8)
        self._count += 1
        self._random.choices(writes, weights)[0]()

    def _strategy(self, number: int | None = None) -> tuple[str, str]:
        number = self._random.randrange(STRATEGIES) if number is None else number
        return NAMESPACES[number % len(NAMESPACES)], f"app-{number}"

    def _apply(self, kind: str, namespace: str, name: str, document: Document) -> Document:
        metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
        whole = {"apiVersion": _API_VERSION, "kind": kind, **document}
        return self._cluster.apply(whole | {"metadata": metadata | document.get("metadata", {})})

    def _found(self, kind: str, namespace: str, prefix: str = "") -> list[Document]:
        objects = self._cluster.objects(_KINDS[kind], namespace)
        return [each for each in objects if each["metadata"]["name"].startswith(prefix)]

    def _root(self, namespace: str, name: str) -> Document:
        """The strategy, made anew where it is not there."""
        found = [each for each in self._found("PromotionStrategy", namespace) if each["metadata"]["name"] == name]
        return found[0] if found else self._revive(namespace, name)

    def _revive(self, namespace: str, name: str) -> Document:
        spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": branch} for branch in BRANCHES]}
        root = self._apply("PromotionStrategy", namespace, name, {"spec": spec})
        for branch in BRANCHES:
            self._policy(root, branch)
        return root

    def _policy(self, root: Document, branch: str) -> Document:
        metadata = root["metadata"]
        owner = {"apiVersion": _API_VERSION, "kind": "PromotionStrategy", "controller": True}
        owner |= {"name": metadata["name"], "uid": metadata["uid"]}
        sha = f"{self._count:040x}"
        spec = {"activeBranch": branch, "proposedBranch": f"{branch}-next", "gitRepositoryRef": {"name": "app"}}
        status = {"active": {"dry": {"sha": sha}}, "proposed": {"dry": {"sha": sha}}}
        document = {"metadata": {"ownerReferences": [owner]}, "spec": spec, "status": status}
        name = f"{metadata['name']}-{branch.rpartition('/')[2]}"
        return self._apply("ChangeTransferPolicy", metadata["namespace"], name, document)

    def _promote(self) -> None:
        self._policy(self._root(*self._strategy()), self._random.choice(BRANCHES))

    def _label(self) -> None:
        root = self._root(*self._strategy())
        root["metadata"].setdefault("labels", {})["turn"] = str(self._count)
        self._cluster.apply(root)

    def _come_and_go(self) -> None:
        namespace, name = self._strategy()
        self._root(namespace, name)
        self._cluster.delete(_KINDS["PromotionStrategy"], namespace, name)
        if self._random.random() < 0.7:
            self._revive(namespace, name)

    def _check(self) -> None:
        """A check of a policy, which comes with a label or an owner, or goes."""
        namespace, name = self._strategy()
        checks = self._found("CommitStatus", namespace, name)
        if checks and self._random.random() < 0.3:
            self._cluster.delete(_KINDS["CommitStatus"], namespace, self._random.choice(checks)["metadata"]["name"])
            return
        spec = {"name": "check", "phase": "pending", "description": f"turn {self._count}", "sha": f"{self._count:040x}"}
        document = {"metadata": {"labels": {_LABEL: name}}, "spec": spec | {"gitRepositoryRef": {"name": "app"}}}
        self._apply("CommitStatus", namespace, f"{name}-check-{self._random.randrange(3)}", document)

    def _change_sides(self) -> None:
        """A check that goes over to another strategy of its namespace."""
        checks = self._found("CommitStatus", self._random.choice(NAMESPACES))
        if checks:
            check = self._random.choice(checks)
            check["metadata"]["labels"] = {_LABEL: f"app-{self._random.randrange(STRATEGIES)}"}
            self._cluster.apply(check)

    def _touch_provider(self) -> None:
        """One write that changes every bundle."""
        self._apply("ClusterScmProvider", "", "scm", {"spec": {"fake": {"domain": f"turn-{self._count}"}}})
