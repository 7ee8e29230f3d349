"""A strategy whose environments depend on each other, as the controllers of GitOps Promoter 0.39 and later write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = dict[str, Any]

API_VERSION = "promoter.argoproj.io/v1alpha1"
NAMESPACE = "team"
KEY = "dependents-successful"
NEW, OLD = "b" * 40, "a" * 40
GATE = "order"


class PromotionGraph:
    """``depends_on``: for each branch those that it depends on, in the list's order.

    A branch that is ``live`` has the new commit; one of ``checks`` has a pending active check of that key, one of
    ``gated`` a pending proposed one.
    """

    def __init__(self, name: str, depends_on: Mapping[str, Sequence[str]], namespace: str = NAMESPACE) -> None:
        self._metadata = {"namespace": namespace}
        self._name = name
        self._depends_on = depends_on

    def documents(
        self,
        live: Sequence[str] = (),
        checks: Mapping[str, str] | None = None,
        gated: Mapping[str, str] | None = None,
    ) -> Iterator[Document]:
        """Strategy, repository, policies, and the gate with what its controller says of each environment."""
        pending, proposed = dict(checks or {}), dict(gated or {})
        done = {branch for branch in live if branch not in pending}
        yield self._document("PromotionStrategy", self._name, self._strategy())
        yield self._document("GitRepository", "app", {"github": {"owner": "acme", "name": "app"}, **_PROVIDER})
        for branch in self._depends_on:
            yield self._policy(branch, branch in live, pending.get(branch, ""), proposed.get(branch, ""), done)
        told = [self._told(branch, done, branch in live, pending.get(branch, "")) for branch in self._depends_on]
        spec = {"promotionStrategyRef": {"name": self._name}, "key": KEY}
        yield self._document("DependentsSuccessfulCommitStatus", GATE, spec, {"environments": told})

    def _strategy(self) -> Document:
        environments = [
            {"branch": branch, **({"dependsOn": list(wanted)} if wanted else {})}
            for branch, wanted in self._depends_on.items()
        ]
        reference = {"group": "promoter.argoproj.io", "kind": "DependentsSuccessfulCommitStatus", "name": GATE}
        return {
            "gitRepositoryRef": {"name": "app"},
            "orderCommitStatusRef": reference,
            "activeCommitStatuses": [{"key": "load-test"}],
            "environments": environments,
        }

    def _policy(self, branch: str, is_live: bool, check: str, gate: str, done: set[str]) -> Document:
        health = [{"key": "argocd-health", "phase": "success", "description": "Healthy"}]
        own = [{"key": check, "phase": "pending", "description": "3 of 5 runs are done"}] if check else []
        waiting = not done.issuperset(self._depends_on[branch])
        order = [{"key": KEY, "phase": "pending" if waiting else "success", "description": "Waiting for others"}]
        gated = [{"key": gate, "phase": "pending", "description": "Nobody has said yes yet"}] if gate else []
        status = {
            "active": {**_commit(NEW if is_live else OLD), "commitStatuses": [*health, *own]},
            "proposed": {**_commit(NEW), "commitStatuses": [*order, *gated]},
        }
        spec = {"gitRepositoryRef": {"name": "app"}, "activeBranch": branch, "proposedBranch": f"{branch}-next"}
        spec |= {"activeCommitStatuses": [], "proposedCommitStatuses": [{"key": KEY}]}
        found = self._document("ChangeTransferPolicy", f"{self._name}-{branch.replace('/', '-')}", spec, status)
        found["metadata"]["labels"] = {"promoter.argoproj.io/promotion-strategy": self._name}
        return found

    def _told(self, branch: str, done: set[str], is_live: bool, check: str) -> Document:
        upstreams = [
            {"branch": each, "satisfied": each in done, "reason": "" if each in done else f'Waiting for "{each}"'}
            for each in self._before(branch)
        ]
        waiting = not is_live and not done.issuperset(self._depends_on[branch])
        phase = "pending" if waiting else "success"
        active = [{"key": check, "phase": "pending"}] if check else []
        return {"branch": branch, "phase": phase, "upstreams": upstreams, "activeCommitStatuses": active}

    def _before(self, branch: str) -> Sequence[str]:
        """All that come before it: the gate tells of farther ones too."""
        found: dict[str, None] = {}
        waiting = list(self._depends_on[branch])
        while waiting:
            each = waiting.pop()
            if each not in found:
                found[each] = None
                waiting += self._depends_on.get(each, ())
        return [each for each in self._depends_on if each in found]

    def _document(self, kind: str, name: str, spec: Document, status: Document | None = None) -> Document:
        document = {"apiVersion": API_VERSION, "kind": kind, "metadata": {**self._metadata, "name": name}, "spec": spec}
        return document if status is None else document | {"status": status}


_PROVIDER = {"scmProviderRef": {"kind": "ScmProvider", "name": "github"}}


def _commit(sha: str) -> Document:
    time = "2026-11-20T10:00:00Z" if sha == NEW else "2026-11-19T10:00:00Z"
    words = {"author": "Mei Tanaka <mei@example.com>", "subject": f"Commit {sha[:3]}", "commitTime": time}
    repository = {"repoURL": "https://git.example.com/acme/app"}
    return {
        "dry": {"sha": sha, **words, **repository},
        "hydrated": {"sha": sha[::-1].replace(sha[0], "c" if sha == NEW else "d"), **words, **repository},
    }
