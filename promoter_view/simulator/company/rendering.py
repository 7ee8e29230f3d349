"""A simulated strategy as the objects that real controllers keep of it. Pure.

Each object names its controller by kind and name; whoever creates it puts in the owner's uid (``with_owner``). Fields
are those of the CustomResourceDefinitions of GitOps Promoter 0.36.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promoter_view.kubernetes.kinds import PROMOTER_GROUP
from promoter_view.simulator.company.gates import GATE_KINDS, gates
from promoter_view.simulator.company.manifests import (
    API_VERSION,
    Document,
    environment_labels,
    manifest,
    ready,
    timestamp,
)
from promoter_view.simulator.company.model import (
    APPROVAL,
    HEALTH,
    LINT,
    PREVIOUS,
    TIMER,
    Check,
    CommitChange,
    Environment,
    Past,
    Request,
    Strategy,
)
from promoter_view.simulator.company.naming import label_value, unique_name

PROVIDER = "github"
_DEPLOYMENTS = "https://git.example.com/deployments"
_CODE = "https://git.example.com/code"


@dataclass(frozen=True, slots=True)
class Rendered:
    """An object without its owner's uid. ``owner`` is the kind and name of its controller, in its namespace."""

    document: Document
    owner: tuple[str, str] | None = None


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


def render_provider(namespace: str) -> Document:
    """The ScmProvider of a namespace; "" for the ClusterScmProvider."""
    kind = "ScmProvider" if namespace else "ClusterScmProvider"
    spec = {"github": {"appID": 4711, "domain": "git.example.com"}, "secretRef": {"name": "scm-credentials"}}
    return manifest(kind, namespace, PROVIDER, spec, {"observedGeneration": 1})


def render(strategy: Strategy, now: float) -> list[Rendered]:
    """All objects of a strategy, owners before what they own."""
    found = [Rendered(_strategy(strategy)), Rendered(_repository(strategy))]
    found += [Rendered(document) for document in gates(strategy, now)]
    for index, environment in enumerate(strategy.environments):
        policy = policy_name(strategy, environment)
        found.append(Rendered(_policy(strategy, index), ("PromotionStrategy", strategy.name)))
        if environment.request is not None and environment.request.merged is None:
            found.append(Rendered(_request(strategy, environment), ("ChangeTransferPolicy", policy)))
        found += _statuses(strategy, environment, policy)
    return found


def policy_name(strategy: Strategy, environment: Environment) -> str:
    """The name of an environment's ChangeTransferPolicy."""
    return unique_name(f"{strategy.name}-{environment.branch}")


# -- the strategy and its policies -----------------------------------------------------------------------------------


def _strategy(strategy: Strategy) -> Document:
    spec = {
        "gitRepositoryRef": {"name": strategy.name},
        "activeCommitStatuses": [{"key": HEALTH}],
        "proposedCommitStatuses": [{"key": LINT}],
        "environments": [_environment(found) for found in strategy.environments],
    }
    environments = [{"branch": found.branch, **_state(strategy, found)} for found in strategy.environments]
    status = {"environments": environments, **ready(strategy)}
    labels = {"team": strategy.namespace, "app.kubernetes.io/part-of": strategy.namespace}
    return manifest("PromotionStrategy", strategy.namespace, strategy.name, spec, status, labels)


def _environment(environment: Environment) -> Document:
    found: Document = {"branch": environment.branch, "autoMerge": environment.auto_merge}
    if environment.soak_seconds:
        found["activeCommitStatuses"] = [{"key": TIMER}]
    if environment.approval:
        found["proposedCommitStatuses"] = [{"key": APPROVAL}]
    return found


def _policy(strategy: Strategy, index: int) -> Document:
    environment = strategy.environments[index]
    active = [HEALTH, *([TIMER] if environment.soak_seconds else [])]
    proposed = [LINT, *([APPROVAL] if environment.approval else []), *([PREVIOUS] if index else [])]
    spec = {
        "gitRepositoryRef": {"name": strategy.name},
        "activeBranch": environment.branch,
        "proposedBranch": f"{environment.branch}-next",
        "autoMerge": environment.auto_merge,
        "activeCommitStatuses": [{"key": key} for key in active],
        "proposedCommitStatuses": [{"key": key} for key in proposed],
    }
    status = {**_state(strategy, environment), **ready(strategy)}
    name = policy_name(strategy, environment)
    return manifest(
        "ChangeTransferPolicy", strategy.namespace, name, spec, status, environment_labels(strategy, environment.branch)
    )


def _state(strategy: Strategy, environment: Environment) -> Document:
    """What a policy's status, and the strategy's copy of it, say of an environment."""
    state = {
        "active": _branch_state(strategy, environment.active, environment.active_checks),
        "proposed": _branch_state(strategy, environment.proposed, environment.proposed_checks),
        "history": [_past(strategy, past) for past in environment.history],
    }
    if environment.request is not None:
        state["pullRequest"] = _request_state(strategy, environment.request)
    return state


def _branch_state(strategy: Strategy, change: CommitChange, checks: Mapping[str, Check]) -> Document:
    statuses = [_check_state(strategy, key, check) for key, check in checks.items()]
    return {"dry": _dry(strategy, change), "hydrated": _hydrated(strategy, change), "commitStatuses": statuses}


def _past(strategy: Strategy, past: Past) -> Document:
    proposed = [_check_state(strategy, key, check) for key, check in past.proposed_checks]
    return {
        "active": _branch_state(strategy, past.change, dict(past.active_checks)),
        "proposed": {"hydrated": _hydrated(strategy, past.change), "commitStatuses": proposed},
        "pullRequest": _request_state(strategy, past.request),
    }


def _dry(strategy: Strategy, change: CommitChange) -> Document:
    commit = change.dry
    reference = {
        "author": str(commit.code_author),
        "subject": commit.code_subject,
        "body": "",
        "date": timestamp(commit.time - 120),
        "sha": commit.code_sha,
        "repoURL": f"{_CODE}/{strategy.name}",
    }
    return {
        "sha": commit.sha,
        "commitTime": timestamp(commit.time),
        "repoURL": f"{_DEPLOYMENTS}/{strategy.name}",
        "author": str(commit.author),
        "subject": commit.subject,
        "body": commit.body,
        "references": [{"commit": reference}],
    }


def _hydrated(strategy: Strategy, change: CommitChange) -> Document:
    return {
        "sha": change.hydrated_sha,
        "commitTime": timestamp(change.time),
        "repoURL": f"{_DEPLOYMENTS}/{strategy.name}",
        "author": "Hydrator <hydrator@example.com>",
        "subject": f"{change.dry.sha[:7]}: {change.dry.subject}",
        "body": "",
    }


def _check_state(strategy: Strategy, key: str, check: Check) -> Document:
    url = f"https://ci.example.com/{strategy.namespace}/{strategy.name}/{key}"
    return {"key": key, "phase": check.phase.value, "url": url, "description": check.description}


# -- pull requests and commit statuses -------------------------------------------------------------------------------


def _request_state(strategy: Strategy, request: Request) -> Document:
    state = {
        "id": str(request.number),
        "state": "open" if request.merged is None else "merged",
        "url": f"{_DEPLOYMENTS}/{strategy.name}/pull/{request.number}",
        "prCreationTime": timestamp(request.opened),
    }
    if request.merged is not None:
        state["prMergeTime"] = timestamp(request.merged)
    return state


def _request(strategy: Strategy, environment: Environment) -> Document:
    assert environment.request is not None
    source = f"{environment.branch}-next"
    commit = environment.proposed.dry
    spec = {
        "gitRepositoryRef": {"name": strategy.name},
        "title": f"Promote {commit.sha[:7]} to {environment.branch}",
        "description": f"{commit.subject}\n\n{commit.body}",
        "sourceBranch": source,
        "targetBranch": environment.branch,
        "mergeSha": environment.proposed.hydrated_sha,
        "commit": {"message": f"Promote {commit.sha[:7]}\n\n{commit.subject}"},
        "state": "open",
    }
    status = {**_request_state(strategy, environment.request), **ready(strategy)}
    name = unique_name(f"deployments-{strategy.name}-{source}-{environment.branch}")
    labels = {
        **environment_labels(strategy, environment.branch),
        f"{PROMOTER_GROUP}/change-transfer-policy": label_value(policy_name(strategy, environment)),
    }
    return manifest("PullRequest", strategy.namespace, name, spec, status, labels)


def _statuses(strategy: Strategy, environment: Environment, policy: str) -> Iterator[Rendered]:
    for change, checks in (
        (environment.active, environment.active_checks),
        (environment.proposed, environment.proposed_checks),
    ):
        for key, check in checks.items():
            owner = (GATE_KINDS[key], f"{strategy.name}-{key}") if key in GATE_KINDS else None
            document = _commit_status(strategy, environment, change, key, check)
            yield Rendered(document, owner or ("ChangeTransferPolicy", policy))


def _commit_status(
    strategy: Strategy, environment: Environment, change: CommitChange, key: str, check: Check
) -> Document:
    spec = {
        "gitRepositoryRef": {"name": strategy.name},
        "sha": change.hydrated_sha,
        "name": f"{environment.name}/{key}",
        "description": check.description,
        "phase": check.phase.value,
        "url": f"https://ci.example.com/{strategy.namespace}/{strategy.name}/{key}",
    }
    status = {"id": str(int(change.hydrated_sha[:6], 16)), "sha": change.hydrated_sha, "phase": check.phase.value}
    prefix = "promoter-previous-env-" if key == PREVIOUS else f"{key}-"
    name = unique_name(f"{prefix}{strategy.name}-{environment.branch}")
    # Controllers put the key and the environment there, but not the strategy.
    labels = {f"{PROMOTER_GROUP}/commit-status": key, f"{PROMOTER_GROUP}/environment": label_value(environment.branch)}
    return manifest("CommitStatus", strategy.namespace, name, spec, {**status, **ready(strategy)}, labels)


def _repository(strategy: Strategy) -> Document:
    kind = "ClusterScmProvider" if strategy.cluster_provider else "ScmProvider"
    spec = {
        "github": {"owner": "deployments", "name": strategy.name},
        "scmProviderRef": {"kind": kind, "name": PROVIDER},
    }
    return manifest("GitRepository", strategy.namespace, strategy.name, spec, {"observedGeneration": 1})
