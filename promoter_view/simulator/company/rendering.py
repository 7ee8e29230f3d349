"""A simulated strategy as the objects that real controllers of a release keep of it. Pure.

Each object names its controller by kind and name; whoever creates it puts in the owner's uid (``with_owner``).
"""

from __future__ import annotations

from collections.abc import Iterator

from promoter_view.kubernetes.kinds import PROMOTER_GROUP
from promoter_view.simulator.company.gates.documents import GATE_KINDS
from promoter_view.simulator.company.manifests import Document, Rendered, environment_labels, manifest, ready
from promoter_view.simulator.company.model import (
    APPROVAL,
    HEALTH,
    LINT,
    ORDER,
    TIMER,
    WINDOW,
    Check,
    CommitChange,
    Environment,
    Strategy,
)
from promoter_view.simulator.company.naming import label_value, unique_name
from promoter_view.simulator.company.release import Release, StatusNaming
from promoter_view.simulator.company.states import States

PROVIDER = "github"


def render_provider(namespace: str) -> Document:
    """The ScmProvider of a namespace; "" for the ClusterScmProvider."""
    kind = "ScmProvider" if namespace else "ClusterScmProvider"
    spec = {"github": {"appID": 4711, "domain": "git.example.com"}, "secretRef": {"name": "scm-credentials"}}
    return manifest(kind, namespace, PROVIDER, spec, {"observedGeneration": 1})


def render(strategy: Strategy, now: float, release: Release) -> list[Rendered]:
    """All objects of a strategy at a time in seconds since 1970, owners before what they own."""
    states = States(strategy, release)
    found = [Rendered(_strategy(states)), Rendered(_repository(strategy))]
    found += [Rendered(document) for document in release.gates(strategy, now)]
    for place, environment in enumerate(strategy.environments):
        policy = policy_name(strategy, environment)
        found.append(Rendered(_policy(states, place, policy), ("PromotionStrategy", strategy.name)))
        found += release.beside_policy(strategy, place, policy)
        if environment.request is not None and environment.request.merged is None:
            found.append(Rendered(_request(states, environment), ("ChangeTransferPolicy", policy)))
        found += _statuses(states, place, policy)
    return found


def policy_name(strategy: Strategy, environment: Environment) -> str:
    """The name of an environment's ChangeTransferPolicy."""
    return unique_name(f"{strategy.name}-{environment.branch}")


# -- the strategy and its policies -----------------------------------------------------------------------------------


def _strategy(states: States) -> Document:
    strategy = states.strategy
    places = range(len(strategy.environments))
    spec = {
        "gitRepositoryRef": {"name": strategy.name},
        "activeCommitStatuses": [{"key": HEALTH}],
        "proposedCommitStatuses": [{"key": LINT}],
        **states.release.order(strategy),
        "environments": [_environment(states, place) for place in places],
    }
    environments = [{"branch": strategy.environments[place].branch, **states.environment(place)} for place in places]
    status = {"environments": environments, **ready(strategy)}
    labels = {"team": strategy.namespace, "app.kubernetes.io/part-of": strategy.namespace}
    found = manifest("PromotionStrategy", strategy.namespace, strategy.name, spec, status, labels)
    found["metadata"]["annotations"] = _whom_to_ask(strategy)
    return found


def _whom_to_ask(strategy: Strategy) -> Document:
    return {
        "promoter-view.io/owner": f"team {strategy.namespace}",
        "promoter-view.io/contact": f"mailto:{strategy.namespace}@example.com",
        "promoter-view.io/runbook": f"https://runbooks.example.com/{strategy.namespace}/{strategy.name}",
        "promoter-view.io/approval-keys": APPROVAL,
    }


def _environment(states: States, place: int) -> Document:
    environment = states.strategy.environments[place]
    found: Document = {
        "branch": environment.branch,
        "autoMerge": environment.auto_merge,
        **states.release.environment_order(states.strategy, place),
    }
    if environment.soak_seconds:
        found["activeCommitStatuses"] = [{"key": TIMER}]
    own = [key for key in (WINDOW, APPROVAL) if key in environment.proposed_keys]
    if own:
        found["proposedCommitStatuses"] = [{"key": key} for key in own]
    return found


def _policy(states: States, place: int, name: str) -> Document:
    strategy, environment = states.strategy, states.strategy.environments[place]
    spec = {
        "gitRepositoryRef": {"name": strategy.name},
        "activeBranch": environment.branch,
        "proposedBranch": f"{environment.branch}-next",
        "autoMerge": environment.auto_merge,
        "activeCommitStatuses": [{"key": key} for key in environment.active_keys],
        "proposedCommitStatuses": [{"key": states.key(key)} for key in environment.proposed_keys],
    }
    status = {**states.environment(place), **ready(strategy)}
    labels = environment_labels(strategy, environment.branch)
    return manifest("ChangeTransferPolicy", strategy.namespace, name, spec, status, labels)


# -- pull requests and commit statuses -------------------------------------------------------------------------------


def _request(states: States, environment: Environment) -> Document:
    assert environment.request is not None
    strategy = states.strategy
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
    status = {**states.request(environment.request), **ready(strategy)}
    name = unique_name(f"deployments-{strategy.name}-{source}-{environment.branch}")
    labels = {
        **environment_labels(strategy, environment.branch),
        f"{PROMOTER_GROUP}/change-transfer-policy": label_value(policy_name(strategy, environment)),
    }
    return manifest("PullRequest", strategy.namespace, name, spec, status, labels)


def _statuses(states: States, place: int, policy: str) -> Iterator[Rendered]:
    strategy, environment = states.strategy, states.strategy.environments[place]
    order = states.release.order_naming(strategy, policy)
    for change, checks in (
        (environment.active, environment.active_checks),
        (environment.proposed, environment.proposed_checks),
    ):
        for key, check in checks.items():
            made = order if key == ORDER else StatusNaming((GATE_KINDS[key], f"{strategy.name}-{key}"), f"{key}-", {})
            yield Rendered(_commit_status(states, place, change, (key, check), made), made.owner)


def _commit_status(
    states: States, place: int, change: CommitChange, found: tuple[str, Check], made: StatusNaming
) -> Document:
    strategy, environment = states.strategy, states.strategy.environments[place]
    state = states.check(*found, place)
    spec = {
        "gitRepositoryRef": {"name": strategy.name},
        "sha": change.hydrated_sha,
        "name": f"{environment.name}/{state['key']}",
        "description": state["description"],
        "phase": state["phase"],
        "url": state["url"],
    }
    status = {"id": str(int(change.hydrated_sha[:6], 16)), "sha": change.hydrated_sha, "phase": state["phase"]}
    name = unique_name(f"{made.prefix}{strategy.name}-{environment.branch}")
    # Controllers put the key and the environment there, but not the strategy.
    labels = {
        f"{PROMOTER_GROUP}/commit-status": state["key"],
        f"{PROMOTER_GROUP}/environment": label_value(environment.branch),
        **made.labels,
    }
    return manifest("CommitStatus", strategy.namespace, name, spec, {**status, **ready(strategy)}, labels)


def _repository(strategy: Strategy) -> Document:
    kind = "ClusterScmProvider" if strategy.cluster_provider else "ScmProvider"
    spec = {
        "github": {"owner": "deployments", "name": strategy.name},
        "scmProviderRef": {"kind": kind, "name": PROVIDER},
    }
    return manifest("GitRepository", strategy.namespace, strategy.name, spec, {"observedGeneration": 1})
