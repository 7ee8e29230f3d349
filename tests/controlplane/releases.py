"""One strategy as the controllers of each release of GitOps Promoter keep it: owners, labels, finalizers, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.crds.promoter_releases import RELEASES, release
from tests.support.plane.client import RefusedError
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster

Document = dict[str, Any]

GROUP = "promoter.argoproj.io"
API_VERSION = f"{GROUP}/v1alpha1"
STRATEGY, NAMESPACE = "shop", "releases"
DEV, PROD = "environment/dev", "environment/prod"
#: Dry commits, the oldest first.
FIRST, SECOND, THIRD = "1" * 40, "2" * 40, "3" * 40
RESTORED_AT = "2026-11-21T12:00:00Z"
_TIMES = {FIRST: "2026-11-18T10:00:00Z", SECOND: "2026-11-19T10:00:00Z", THIRD: "2026-11-20T10:00:00Z"}
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_REPOSITORY = {"gitRepositoryRef": {"name": "app"}}
_NAMES = list(RELEASES)


def is_since(name: str, since: str) -> bool:
    """Whether that release is ``since``, or a later one."""
    return _NAMES.index(name) >= _NAMES.index(since)


def install(plane: ControlPlane, name: str) -> None:
    """Puts the CustomResourceDefinitions of that release in the place of those that are there."""
    client = plane.client()
    for definition in release(name):
        path = f"{_CRDS}/{definition['metadata']['name']}"
        try:
            found = client.get(path)
        except RefusedError as refused:
            if refused.status != 404:
                raise
            client.create(_CRDS, definition)
            continue
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        client.update(path, {**definition, "metadata": {**definition["metadata"], **version}})
    for definition in release(name):
        plane.wait_for_crd(definition)


def hydrated(dry: str) -> str:
    """The hydrated commit of a dry one."""
    return "f" + dry[1:]


class Controllers:
    """Writes the strategy's objects as that release's controllers do. Each ``turn`` changes every object that is
    written, for controllers come back to each of theirs.
    """

    def __init__(self, cluster: WrittenCluster, name: str) -> None:
        self._cluster, self.release = cluster, name
        self.turn = 0
        self._uids: dict[tuple[str, str], str] = {}

    def write_strategy(self) -> None:
        """The root, with what it names and its policies, whose own history is there as long as the release has it."""
        spec: Document = {**_REPOSITORY, "environments": [{"branch": DEV}, {"branch": PROD}]}
        spec["activeCommitStatuses"] = [{"key": "health"}]
        if is_since(self.release, "0.39"):
            spec["orderCommitStatusRef"] = {"name": "shop-order"}
            spec["environments"][1]["dependsOn"] = [DEV]
        self._put("PromotionStrategy", STRATEGY, spec)
        self._put("GitRepository", "app", {"fake": {"owner": "o", "name": "app"}, "scmProviderRef": {"name": "scm"}})
        self._put("ScmProvider", "scm", {"fake": {"domain": "git.example.com"}})
        for branch in (DEV, PROD):
            self._write_policy(branch)

    def write_gates(self) -> None:
        """A timer and, since 0.38, the order gate, each with a check that it owns; and an open pull request."""
        reference = {"promotionStrategyRef": {"name": STRATEGY}}
        timer = {**reference, "environments": [{"branch": DEV, "duration": "1h"}]}
        self._put("TimedCommitStatus", "shop-timer", timer)
        self._check("shop-timer-dev", "timer", "success", ("TimedCommitStatus", "shop-timer"))
        if is_since(self.release, "0.38"):
            self._write_order(reference)
        else:
            self._check("promoter-previous-env-shop", self.order_key, "pending", _policy(PROD))
        if is_since(self.release, "future"):
            gate = {**reference, "key": "chat", "channel": "#releases", "webhookToken": "xoxb-secret"}
            self._put("ChatApprovalCommitStatus", "shop-chat", gate)
            self._check("shop-chat-prod", "chat", "pending", ("ChatApprovalCommitStatus", "shop-chat"))
        request = {"sourceBranch": f"{PROD}-next", "targetBranch": PROD, "title": "t", "mergeSha": hydrated(SECOND)}
        self._put(
            "PullRequest",
            "shop-prod-request",
            {**_REPOSITORY, **request, "state": "open"},
            {"id": "31", "state": "open", "prCreationTime": _TIMES[THIRD]},
            owner=_policy(PROD),
            finalizer=f"pullrequest.{GROUP}/finalizer",
        )

    def write_history(self) -> None:
        """Since 0.41 a history beside each policy."""
        for branch in (DEV, PROD):
            owner = _policy(branch)
            spec = {**_REPOSITORY, "activeBranch": branch}
            status = {"observedGeneration": 1, "history": self._history(branch)}
            self._put("ChangeTransferPolicyHistory", f"{owner[1]}-history", spec, status, owner=owner)

    def write_restore(self, *, blocks: bool = True) -> None:
        """Since 0.44: development has been taken back to its first commit, and is blocked."""
        spec = {"promotionStrategyRef": {"name": STRATEGY}, "branch": DEV, "sha": hydrated(FIRST)}
        status = {"activeSha": self._deployed(DEV), "restoredFrom": hydrated(FIRST), "blockedDrySha": THIRD}
        self._put(
            "RestoreActiveCommit",
            "restore-dev-f111111",
            {**spec, "blockEnvironment": blocks},
            status,
            owner=_policy(DEV),
            finalizer=f"restoreactivecommit.{GROUP}/finalizer",
        )

    @property
    def order_key(self) -> str:
        """By which production waits for development."""
        return "dependents-successful" if is_since(self.release, "0.38") else "promoter-previous-environment"

    @property
    def is_restored(self) -> bool:
        """Development was taken back."""
        return is_since(self.release, "0.44")

    def _write_order(self, reference: Document) -> None:
        upstreams = [{"branch": DEV, "satisfied": False, "reason": "not every check has passed"}]
        status = {
            "environments": [
                {"branch": DEV, "phase": "success", "reportedSha": hydrated(THIRD), "upstreams": []},
                {"branch": PROD, "phase": "pending", "reportedSha": hydrated(SECOND), "upstreams": upstreams},
            ]
        }
        self._put("DependentsSuccessfulCommitStatus", "shop-order", {**reference, "key": self.order_key}, status)
        order = ("DependentsSuccessfulCommitStatus", "shop-order")
        labels = {"commit-status": self.order_key, "environment": "environment-prod"}
        self._check("shop-order-prod", self.order_key, "pending", order, **labels)

    def _write_policy(self, branch: str) -> None:
        live = self._live(branch)
        keys = [{"key": self.order_key}] if branch == PROD else []
        spec = {
            **_REPOSITORY,
            "activeBranch": branch,
            "proposedBranch": f"{branch}-next",
            "proposedCommitStatuses": keys,
        }
        waits = [{"key": self.order_key, "phase": "pending"}] if branch == PROD else []
        status = {
            "active": self._side(live, self._deployed(branch), [{"key": "health", "phase": "success"}]),
            "proposed": self._side(SECOND if branch == PROD else THIRD, "", waits),
            "pullRequest": {"id": "31", "state": self._open(branch)},
            "history": None if is_since(self.release, "0.41") else self._history(branch),
        }
        name = _policy(branch)[1]
        finalizer = f"changetransferpolicy.{GROUP}/finalizer"
        self._put(
            "ChangeTransferPolicy", name, spec, status, owner=("PromotionStrategy", STRATEGY), finalizer=finalizer
        )

    def _open(self, branch: str) -> str:
        if branch == PROD:
            return "open"
        return "merged-or-closed" if is_since(self.release, "0.38") else "merged"

    def _live(self, branch: str) -> str:
        if branch == PROD:
            return FIRST
        return FIRST if self.is_restored else SECOND

    def _deployed(self, branch: str) -> str:
        return "e" * 40 if branch == DEV and self.is_restored else hydrated(self._live(branch))

    def _side(self, dry: str, deployed: str, checks: Sequence[Document]) -> Document:
        at = RESTORED_AT if deployed == "e" * 40 else _TIMES[dry]
        return {
            "dry": {"sha": dry, "commitTime": _TIMES[dry], "subject": f"commit {dry[0]}"},
            "hydrated": {"sha": deployed or hydrated(dry), "commitTime": at, "author": "Ann <ann@example.com>"},
            "commitStatuses": list(checks),
        }

    def _history(self, branch: str) -> list[Document]:
        """The newest first: production has had the first commit, development the second too."""
        promoted = [FIRST] if branch == PROD else [SECOND, FIRST]
        past = [self._promotion(dry, str(10 + place)) for place, dry in enumerate(promoted)]
        if branch == DEV and self.is_restored:
            old = self._promotion(FIRST, "11")
            return [{**old, "active": self._side(FIRST, "e" * 40, []), "restoredFrom": hydrated(FIRST)}, *past]
        return past

    def _promotion(self, dry: str, number: str) -> Document:
        merged = {"id": number, "state": "merged", "prMergeTime": _TIMES[dry].replace("T10", "T11")}
        return {"active": self._side(dry, "", []), "pullRequest": merged}

    def _check(self, name: str, key: str, phase: str, owner: tuple[str, str], **labels: str) -> None:
        spec = {**_REPOSITORY, "sha": hydrated(SECOND), "name": key, "description": "d", "phase": phase}
        self._put("CommitStatus", name, spec, {"phase": phase}, owner=owner, labels=labels)

    def _put(
        self,
        kind: str,
        name: str,
        spec: Document,
        status: Document | None = None,
        *,
        owner: tuple[str, str] | None = None,
        labels: Document | None = None,
        finalizer: str = "",
    ) -> None:
        annotations = {"example.com/turn": f"{self.release}-{self.turn}"}
        metadata: Document = {"name": name, "namespace": NAMESPACE, "annotations": annotations}
        if labels:
            metadata["labels"] = {f"{GROUP}/{label}": value for label, value in labels.items()}
        if owner is not None:
            reference = {"apiVersion": API_VERSION, "kind": owner[0], "name": owner[1], "uid": self._uids[owner]}
            metadata["ownerReferences"] = [{**reference, "controller": True, "blockOwnerDeletion": True}]
        if finalizer:
            metadata["finalizers"] = [finalizer]
        document = {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
        written = self._cluster.apply({**document, "status": status} if status is not None else document)
        self._uids[kind, name] = written["metadata"]["uid"]


def _policy(branch: str) -> tuple[str, str]:
    return "ChangeTransferPolicy", f"shop-{branch.rpartition('/')[2]}"
