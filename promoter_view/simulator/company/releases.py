"""The releases of GitOps Promoter that can be simulated. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promoter_view.kubernetes.kinds import PROMOTER_GROUP, PROMOTER_KINDS
from promoter_view.simulator.company.gates.documents import gates
from promoter_view.simulator.company.gates.order import GATE_KIND, KEY, gate_name, order_gate, with_reports, words
from promoter_view.simulator.company.manifests import Document, Rendered, environment_labels, manifest, ready
from promoter_view.simulator.company.model import (
    Check,
    CheckPhase,
    Environment,
    Past,
    Request,
    SimulatedRestore,
    Strategy,
)
from promoter_view.simulator.company.naming import label_value
from promoter_view.simulator.company.release import Release, StatusNaming
from promoter_view.simulator.company.states import States

#: The kinds that have come since 0.36.
_NEW = frozenset({GATE_KIND, "ChangeTransferPolicyHistory", "RestoreActiveCommit"})
_FINALIZER = f"restoreactivecommit.{PROMOTER_GROUP}/finalizer"


class Promoter036:
    """0.36: a chain that the controller itself keeps in order; policies tell of the last five promotions."""

    name = "0.36"
    kinds = tuple(kind for kind in PROMOTER_KINDS if kind.kind not in _NEW)
    order_key = "promoter-previous-environment"
    has_graphs = False
    has_restores = False

    def order_words(self, strategy: Strategy, place: int | None, check: Check) -> str:  # noqa: ARG002
        """See Release."""
        if check.phase is CheckPhase.SUCCESS:
            return "Previous environment is promoted and healthy"
        return "Waiting for previous environment to be promoted"

    def order_naming(self, strategy: Strategy, policy: str) -> StatusNaming:  # noqa: ARG002
        """See Release."""
        return StatusNaming(("ChangeTransferPolicy", policy), "promoter-previous-env-", {})

    def order(self, strategy: Strategy) -> Document:  # noqa: ARG002
        """See Release."""
        return {}

    def environment_order(self, strategy: Strategy, place: int) -> Document:  # noqa: ARG002
        """See Release."""
        return {}

    def request(self, request: Request) -> Document:
        """See Release."""
        return {"state": "open" if request.merged is None else "merged"}

    def past_in_policy(self, environment: Environment) -> Sequence[Past]:
        """See Release."""
        return environment.history[:5]

    def gates(self, strategy: Strategy, now: float) -> Iterator[Document]:
        """See Release."""
        return gates(strategy, now)

    def beside_policy(self, strategy: Strategy, place: int, policy: str) -> Iterator[Rendered]:  # noqa: ARG002
        """See Release."""
        return iter(())


class Promoter044:
    """0.44: a gate keeps a graph in order; objects tell of the last twenty promotions; commits can be restored."""

    name = "0.44"
    kinds = PROMOTER_KINDS
    order_key = KEY
    has_graphs = True
    has_restores = True

    def order_words(self, strategy: Strategy, place: int | None, check: Check) -> str:
        """See Release."""
        return words(strategy, place, check)

    def order_naming(self, strategy: Strategy, policy: str) -> StatusNaming:  # noqa: ARG002
        """See Release."""
        name = gate_name(strategy)
        labels = {f"{PROMOTER_GROUP}/dependents-successful-commit-status": label_value(name)}
        return StatusNaming((GATE_KIND, name), f"{KEY}-", labels)

    def order(self, strategy: Strategy) -> Document:
        """See Release."""
        reference = {"group": PROMOTER_GROUP, "kind": GATE_KIND, "name": gate_name(strategy)}
        return {"orderCommitStatusRef": reference}

    def environment_order(self, strategy: Strategy, place: int) -> Document:
        """See Release."""
        upstreams = strategy.environments[place].upstreams
        if strategy.is_chain or not upstreams:
            return {}
        return {"dependsOn": [strategy.environments[each].branch for each in upstreams]}

    def request(self, request: Request) -> Document:
        """See Release."""
        if request.merged is None:
            return {"state": "open"}
        state = "merged-or-closed" if request.past_the_promoter else "merged"
        return {"state": state, "mergedTargetSha": request.merged_sha}

    def past_in_policy(self, environment: Environment) -> None:
        """See Release."""

    def gates(self, strategy: Strategy, now: float) -> Iterator[Document]:
        """See Release."""
        yield order_gate(States(strategy, self))
        for gate in gates(strategy, now):
            yield with_reports(gate, strategy)

    def beside_policy(self, strategy: Strategy, place: int, policy: str) -> Iterator[Rendered]:
        """See Release."""
        owner = ("ChangeTransferPolicy", policy)
        yield Rendered(_history(States(strategy, self), place, policy), owner)
        restore = strategy.environments[place].restore
        if restore is not None:
            # Its controller has not seen it as long as it has done nothing.
            yield Rendered(_restore(strategy, place, restore), owner if restore.active_sha else None)


def _history(states: States, place: int, policy: str) -> Document:
    strategy, environment = states.strategy, states.strategy.environments[place]
    spec = {"gitRepositoryRef": {"name": strategy.name}, "activeBranch": environment.branch}
    status = {"history": [states.past(each) for each in environment.history], **ready(strategy)}
    labels = environment_labels(strategy, environment.branch)
    return manifest("ChangeTransferPolicyHistory", strategy.namespace, f"{policy}-history", spec, status, labels)


def _restore(strategy: Strategy, place: int, restore: SimulatedRestore) -> Document:
    environment = strategy.environments[place]
    sha = restore.past.change.hydrated_sha
    spec = {
        "promotionStrategyRef": {"name": strategy.name},
        "branch": environment.branch,
        "sha": sha,
        "blockEnvironment": restore.blocks,
    }
    name = f"restore-{label_value(environment.branch)}-{sha[:7]}"
    if not restore.active_sha:
        return manifest("RestoreActiveCommit", strategy.namespace, name, spec, {})
    status = {
        "activeSha": restore.active_sha,
        "blockedDrySha": restore.blocked_sha,
        "restoredFrom": sha,
        **ready(strategy),
    }
    found = manifest("RestoreActiveCommit", strategy.namespace, name, spec, status)
    return {**found, "metadata": {**found["metadata"], "finalizers": [_FINALIZER]}}


#: By name, the newest last.
RELEASES: Mapping[str, Release] = {release.name: release for release in (Promoter036(), Promoter044())}
NEWEST = tuple(RELEASES)[-1]
