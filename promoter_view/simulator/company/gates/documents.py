"""The gates of a simulated strategy: the kinds of objects that make commit statuses. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promoter_view.decoded import rfc3339
from promoter_view.durations import format_duration
from promoter_view.simulator.company.gates.windows import window_parts
from promoter_view.simulator.company.manifests import Document, manifest, ready
from promoter_view.simulator.company.model import (
    APPROVAL,
    HEALTH,
    LINT,
    TIMER,
    WINDOW,
    Check,
    CheckPhase,
    Environment,
    Strategy,
)

#: The gate that makes the commit statuses of a key, where one does.
GATE_KINDS = {
    HEALTH: "ArgoCDCommitStatus",
    LINT: "GitCommitStatus",
    TIMER: "TimedCommitStatus",
    APPROVAL: "WebRequestCommitStatus",
    WINDOW: "ScheduledCommitStatus",
}


def gates(strategy: Strategy, now: float) -> Iterator[Document]:
    """Those gates that a strategy's environments ask for, at a time in seconds since 1970."""
    yield _health_gate(strategy)
    yield _lint_gate(strategy)
    if any(environment.soak_seconds for environment in strategy.environments):
        yield _timer_gate(strategy, now)
    if any(environment.approval for environment in strategy.environments):
        yield _approval_gate(strategy)
    if any(environment.window for environment in strategy.environments):
        yield _gate(strategy, WINDOW, *window_parts(strategy, now))


def _gate(strategy: Strategy, key: str, spec: Document, status: Document) -> Document:
    spec = {"promotionStrategyRef": {"name": strategy.name}, "key": key, **spec}
    name = f"{strategy.name}-{key}"
    return manifest(GATE_KINDS[key], strategy.namespace, name, spec, {**status, **ready(strategy)})


def _health_gate(strategy: Strategy) -> Document:
    selected = [
        {
            "namespace": "argocd",
            "name": f"{strategy.name}-{environment.name}",
            "environment": environment.branch,
            "clusterName": environment.name,
            "phase": _phase(environment.active_checks, HEALTH),
            "sha": environment.active.hydrated_sha,
            "lastTransitionTime": rfc3339(environment.active.time),
        }
        for environment in strategy.environments
    ]
    spec = {"applicationSelector": {"matchLabels": {"app": strategy.name}}}
    return _gate(strategy, HEALTH, spec, {"applicationsSelected": selected})


def _lint_gate(strategy: Strategy) -> Document:
    environments = [
        {
            "branch": environment.branch,
            "proposedHydratedSha": environment.proposed.hydrated_sha,
            "activeHydratedSha": environment.active.hydrated_sha,
            "targetedSha": environment.proposed.hydrated_sha,
            "phase": _phase(environment.proposed_checks, LINT),
            "expressionResult": _phase(environment.proposed_checks, LINT) == CheckPhase.SUCCESS.value,
        }
        for environment in strategy.environments
    ]
    spec = {"description": "Lint of the manifests", "target": "proposed", "expression": 'Commit.Subject != ""'}
    return _gate(strategy, LINT, spec, {"environments": environments})


def _timer_gate(strategy: Strategy, now: float) -> Document:
    timed = [environment for environment in strategy.environments if environment.soak_seconds]
    environments = [
        {
            "branch": environment.branch,
            "sha": environment.active.hydrated_sha,
            "commitTime": rfc3339(environment.active.time),
            "requiredDuration": format_duration(environment.soak_seconds),
            "phase": _phase(environment.active_checks, TIMER),
            "atMostDurationRemaining": format_duration(_remaining(environment, now)),
        }
        for environment in timed
    ]
    wanted = [{"branch": found.branch, "duration": format_duration(found.soak_seconds)} for found in timed]
    return _gate(strategy, TIMER, {"environments": wanted}, {"environments": environments})


def _approval_gate(strategy: Strategy) -> Document:
    environments = [
        {
            "branch": environment.branch,
            "reportedSha": environment.proposed.hydrated_sha,
            "phase": _phase(environment.proposed_checks, APPROVAL),
            "lastRequestTime": rfc3339(environment.proposed.time),
            "lastResponseStatusCode": 200,
        }
        for environment in strategy.environments
        if environment.approval
    ]
    spec = {
        "descriptionTemplate": "Change approval",
        "urlTemplate": f"https://changes.example.com/{strategy.name}",
        "reportOn": "proposed",
        "httpRequest": {
            "urlTemplate": f"https://changes.example.com/api/{strategy.name}",
            "method": "GET",
            "headerTemplates": {"X-Change-Token": "not-a-real-token"},
            "authentication": {"bearer": {"secretRef": {"name": "change-approval"}}},
        },
        "success": {"when": {"expression": 'Response.Body.state == "approved"'}},
        "mode": {"polling": {"interval": "1m"}},
    }
    return _gate(strategy, APPROVAL, spec, {"environments": environments})


def _remaining(environment: Environment, now: float) -> float:
    if _phase(environment.active_checks, TIMER) == CheckPhase.SUCCESS.value:
        return 0.0
    return max(0.0, environment.active.time + environment.soak_seconds - now)


def _phase(checks: Mapping[str, Check], key: str) -> str:
    return checks[key].phase.value if key in checks else CheckPhase.SUCCESS.value
