"""The gate that keeps environments in order from GitOps Promoter 0.38 on, and what all gates report since. Pure."""

from __future__ import annotations

from promoter_view.simulator.company.gates.documents import GATE_KINDS
from promoter_view.simulator.company.manifests import Document, manifest, ready
from promoter_view.simulator.company.model import HEALTH, ORDER, Check, CheckPhase, Environment, Strategy
from promoter_view.simulator.company.states import States

GATE_KIND = "DependentsSuccessfulCommitStatus"
KEY = "dependents-successful"


def gate_name(strategy: Strategy) -> str:
    """What a strategy's gate is called."""
    return f"{strategy.name}-{KEY}"


def order_gate(states: States) -> Document:
    """A strategy's gate, with what each environment waits for."""
    strategy = states.strategy
    spec = {"promotionStrategyRef": {"name": strategy.name}, "key": KEY}
    environments = [_environment(states, place) for place in range(len(strategy.environments))]
    status = {"environments": environments, **ready(strategy)}
    return manifest(GATE_KIND, strategy.namespace, gate_name(strategy), spec, status)


def words(strategy: Strategy, place: int | None, check: Check) -> str:
    """What its check says: of an environment, or of one in the past where None."""
    if place is None or check.phase is CheckPhase.SUCCESS:
        return "All dependencies are promoted and healthy"
    missing = [strategy.environments[each].branch for each in _wanting(strategy, place)]
    return f"Waiting for {', '.join(missing)}" if missing else "Waiting for the gate to look again"


def with_reports(gate: Document, strategy: Strategy) -> Document:
    """A gate whose status also has, for each of its environments, what all gates say in the same fields."""
    status, key = gate["status"], gate["spec"]["key"]
    own = {each["branch"]: each for each in status.get("environments", [])}
    environments = [
        {"branch": found.branch, **own.get(found.branch, {}), **_report(found, key)}
        for found in strategy.environments
        if found.branch in own or GATE_KINDS[HEALTH] == gate["kind"]
    ]
    return {**gate, "status": {**status, "environments": environments}}


def _report(environment: Environment, key: str) -> Document:
    is_active = key in environment.active_keys
    checks = environment.active_checks if is_active else environment.proposed_checks
    change = environment.active if is_active else environment.proposed
    check = checks.get(key)
    return {
        "phase": (check.phase if check else CheckPhase.SUCCESS).value,
        "description": check.description if check else "",
        "reportedSha": change.hydrated_sha,
    }


def _environment(states: States, place: int) -> Document:
    strategy = states.strategy
    environment = strategy.environments[place]
    report = _report(environment, ORDER)
    if ORDER in environment.proposed_checks:
        report["description"] = words(strategy, place, environment.proposed_checks[ORDER])
    wanting = set(_wanting(strategy, place))
    return {
        "branch": environment.branch,
        **report,
        "activeCommitStatuses": [states.check(key, one, place) for key, one in environment.active_checks.items()],
        "upstreams": [
            _upstream(strategy.environments[each], environment, wanted=each in wanting)
            for each in strategy.ancestors(place)
        ],
    }


def _wanting(strategy: Strategy, place: int) -> list[int]:
    """Of all that come before an environment, the places of those that keep it waiting."""
    environment = strategy.environments[place]
    check = environment.proposed_checks.get(ORDER)
    if check is None or check.phase is CheckPhase.SUCCESS:
        return []
    wanted = environment.proposed.dry.sha
    return [each for each in strategy.ancestors(place) if not strategy.environments[each].has(wanted)]


def _upstream(upstream: Environment, environment: Environment, *, wanted: bool) -> Document:
    if not wanted:
        return {"branch": upstream.branch, "satisfied": True}
    return {"branch": upstream.branch, "satisfied": False, "reason": _reason(upstream, environment.proposed.dry.sha)}


def _reason(upstream: Environment, dry_sha: str) -> str:
    if upstream.active.dry.sha != dry_sha:
        return f"{dry_sha[:7]} is not promoted to {upstream.name} yet"
    key = next(key for key, check in upstream.active_checks.items() if check.phase is not CheckPhase.SUCCESS)
    return f"{upstream.name}'s check {key} is {upstream.active_checks[key].phase.value}"
