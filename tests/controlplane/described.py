"""Strategies with all that belongs to them, as documents for a real kube-apiserver: by labels, without owners."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

VERSION = "promoter.argoproj.io/v1alpha1"
ENVIRONMENTS = ("development", "staging", "production")
_ACTIVE, _PROPOSED = ("argocd-health", "soak"), ("lint", "security-scan")
_TIME = "2026-11-03T04:05:06Z"
_NAMESPACES = 10
_REPOSITORY = {"gitRepositoryRef": {"name": "app"}}
_CONDITIONS = [
    {
        "type": "Ready",
        "status": "True",
        "reason": "ReconciliationSuccess",
        "message": "Reconciliation successful",
        "lastTransitionTime": _TIME,
        "observedGeneration": 1,
    }
]


def fleet(strategies: int) -> list[dict[str, Any]]:
    """Namespaces, providers, and for each strategy three environments with pull requests and checks, and its gates."""
    namespaces = [f"team-{number:03d}" for number in range(min(strategies, _NAMESPACES))]
    found = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in namespaces]
    found.append(_document("ClusterScmProvider", "", "scm", {"github": {"appID": 999}, "secretRef": {"name": "scm"}}))
    for number, namespace in enumerate(namespaces):
        scope = "ClusterScmProvider" if number % 4 == 3 else "ScmProvider"
        repository = {"github": {"owner": "org", "name": "app"}, "scmProviderRef": {"kind": scope, "name": "scm"}}
        found.append(_document("GitRepository", namespace, "app", repository))
        if scope == "ScmProvider":
            provider = {"github": {"appID": number + 1}, "secretRef": {"name": "scm"}}
            found.append(_document("ScmProvider", namespace, "scm", provider))
    for number in range(strategies):
        found += _strategy(namespaces[number % len(namespaces)], f"app-{number:05d}")
    return found


def _strategy(namespace: str, name: str) -> Iterator[dict[str, Any]]:
    branches = [f"environment/{environment}" for environment in ENVIRONMENTS]
    keys = {"activeCommitStatuses": _keys(_ACTIVE), "proposedCommitStatuses": _keys(_PROPOSED)}
    states = [_state(name, branch) for branch in branches]
    for environment, branch, state in zip(ENVIRONMENTS, branches, states, strict=True):
        yield from _environment(namespace, name, environment, branch, state)
    yield _document(
        "PromotionStrategy",
        namespace,
        name,
        {**_REPOSITORY, **keys, "environments": [{"branch": branch} for branch in branches]},
        {"environments": [{"branch": branch, **state} for branch, state in zip(branches, states, strict=True)]},
        {"team": namespace},
    )
    yield from _gates(namespace, name, branches)


def _environment(
    namespace: str, name: str, environment: str, branch: str, state: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    labels = {
        "promoter.argoproj.io/promotion-strategy": name,
        "promoter.argoproj.io/environment": branch.replace("/", "-"),
    }
    policy = {
        **_REPOSITORY,
        "activeBranch": branch,
        "proposedBranch": f"{branch}-next",
        "activeCommitStatuses": _keys(_ACTIVE),
        "proposedCommitStatuses": _keys(_PROPOSED),
    }
    yield _document("ChangeTransferPolicy", namespace, f"{name}-{environment}", policy, state, labels)
    request = {
        **_REPOSITORY,
        "title": f"Promote {name} to {branch}",
        "description": "Promotes the proposed dry commit.",
        "sourceBranch": f"{branch}-next",
        "targetBranch": branch,
        "mergeSha": state["proposed"]["hydrated"]["sha"],
        "state": "open",
    }
    yield _document("PullRequest", namespace, f"{name}-{environment}-pr", request, {**state["pullRequest"]}, labels)
    sha = state["active"]["hydrated"]["sha"]
    for key in (*_ACTIVE, "lint"):
        check = {**_REPOSITORY, "name": key, "description": f"{key} check", "phase": "success", "sha": sha}
        status = {"id": "1", "phase": "success", "sha": sha}
        keyed = {**labels, "promoter.argoproj.io/commit-status": key}
        yield _document("CommitStatus", namespace, f"{name}-{environment}-{key}", check, status, keyed)


def _gates(namespace: str, name: str, branches: list[str]) -> Iterator[dict[str, Any]]:
    strategy = {"promotionStrategyRef": {"name": name}}
    sha = _sha(name, "gate")
    selected = [
        {"clusterName": "", "environment": branch, "name": name, "namespace": "argocd", "phase": "success", "sha": sha}
        for branch in branches
    ]
    spec = {**strategy, "applicationSelector": {"matchLabels": {"app": name}}}
    yield _document("ArgoCDCommitStatus", namespace, name, spec, {"applicationsSelected": selected})
    linted = [{"branch": branch, "phase": "success", "proposedHydratedSha": sha} for branch in branches]
    spec = {**strategy, "key": "lint", "expression": "Commit.Subject != ''"}
    yield _document("GitCommitStatus", namespace, name, spec, {"environments": linted})
    soaks = {"requiredDuration": "1h0m0s", "atMostDurationRemaining": "0s", "commitTime": _TIME}
    soaked = [{"branch": branch, "phase": "success", "sha": sha, **soaks} for branch in branches]
    spec = {**strategy, "environments": [{"branch": branch, "duration": "1h"} for branch in branches]}
    yield _document("TimedCommitStatus", namespace, name, spec, {"environments": soaked})


def _document(
    kind: str,
    namespace: str,
    name: str,
    spec: dict[str, Any],
    status: dict[str, Any] | None = None,
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    metadata = {"name": name, "labels": labels or {}, **({"namespace": namespace} if namespace else {})}
    found = {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}
    return found if status is None else {**found, "status": {**status, "conditions": _CONDITIONS}}


def _state(name: str, branch: str) -> dict[str, Any]:
    past = {
        "active": _commits(name, branch, "past", _ACTIVE),
        "proposed": {"hydrated": _commit(name, branch, "past-proposed"), "commitStatuses": _checks(_PROPOSED)},
        "pullRequest": _pull_request("1", "merged"),
    }
    return {
        "active": _commits(name, branch, "active", _ACTIVE),
        "proposed": _commits(name, branch, "proposed", _PROPOSED),
        "pullRequest": _pull_request("2", "open"),
        "history": [past],
    }


def _commits(name: str, branch: str, role: str, checks: tuple[str, ...]) -> dict[str, Any]:
    dry, hydrated = _commit(name, branch, role, "dry"), _commit(name, branch, role, "hydrated")
    return {"dry": dry, "hydrated": hydrated, "commitStatuses": _checks(checks)}


def _commit(*what: str) -> dict[str, Any]:
    return {
        "sha": _sha(*what),
        "subject": "feat(app): a change",
        "body": "Bump image, tune limits, and explain why.",
        "author": "Dev <dev@example.com>",
        "commitTime": _TIME,
        "repoURL": "https://git.example.com/org/app",
    }


def _pull_request(number: str, state: str) -> dict[str, Any]:
    url = f"https://git.example.com/org/app/pull/{number}"
    return {"id": number, "state": state, "url": url, "prCreationTime": _TIME}


def _checks(keys: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"key": key, "phase": "success", "url": f"https://ci.example.com/{key}"} for key in keys]


def _keys(keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"key": key} for key in keys]


def _sha(*what: str) -> str:
    return hashlib.sha1(repr(what).encode(), usedforsecurity=False).hexdigest()
