"""The step argocd-wait: waits until the Applications that it names are as its ``waitFor`` says. Pure.

It writes nothing but a wish to be looked at again, and that only to Applications that authorize the Stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from promoter_view.decoded import mapping, mappings
from promoter_view.promotions.steps.selection import StepError, read_selection, resolve
from promoter_view.promotions.steps.step import (
    ApplicationName,
    Applications,
    RefreshApplication,
    StepContext,
    StepResult,
    StepStatus,
    errored,
)
from promoter_view.stages.application import Application
from promoter_view.stages.authorization import StageKey, refusal

USES = "argocd-wait"
_DEFAULT = ("health", "sync", "operation")
#: The Argo CD health that each of these waits for: one of those wanted is enough.
_HEALTH = {"health": "Healthy", "suspended": "Suspended", "degraded": "Degraded"}
_NO_REGRESSION_FROM = frozenset({"", "Degraded", "Unknown"})
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Check:
    """One Application looked at: what it is still waited for, why waiting is of no use, whether to refresh it."""

    waiting: str = ""
    fatal: tuple[str, ...] = ()
    refresh: bool = False


@dataclass(slots=True)
class _Progress:
    """What a run has come to so far. ``health`` is what the run before saw, and over it what this one sees."""

    health: dict[str, str]
    visited: list[ApplicationName] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    refreshes: list[RefreshApplication] = field(default_factory=list)

    def output(self) -> dict[str, Any]:
        apps = [{"name": one.name, "namespace": one.namespace} for one in self.visited]
        return {"apps": apps, "healthStatus": dict(self.health)}


def run_wait(context: StepContext, applications: Applications, config: Mapping[str, Any]) -> StepResult:
    """One run of the step."""
    progress = _Progress(_previous_health(context.output))
    try:
        fatal = _visit_all(context, applications, config, progress)
    except StepError as error:
        return replace(errored(str(error)), output=progress.output(), watched=tuple(progress.visited))
    if fatal:
        return replace(errored("\n".join(fatal), terminal=True), output=progress.output())
    return _result(progress)


def _previous_health(output: Any) -> dict[str, str]:
    found = mapping(output, "healthStatus")
    return {name: word for name, word in found.items() if isinstance(word, str)}


def _visit_all(
    context: StepContext, applications: Applications, config: Mapping[str, Any], progress: _Progress
) -> Sequence[str]:
    """Looks at every Application of every entry; ends at the first for which waiting is of no use, and says why."""
    wanted = frozenset(config.get("waitFor") or _DEFAULT)
    for entry in mappings(config, "apps"):
        for application in resolve(read_selection(entry, context.default_namespace), applications):
            fatal = _visit(application, wanted, context.stage, progress)
            if fatal:
                return fatal
    return ()


def _visit(application: Application, wanted: frozenset[str], stage: StageKey, progress: _Progress) -> Sequence[str]:
    name = ApplicationName(application.namespace, application.name)
    progress.visited.append(name)
    check = check_wait(application, wanted, progress.health.get(str(name), ""))
    if application.health:
        progress.health[str(name)] = application.health
    refused = refusal(application, stage) if check.refresh else ""
    if check.refresh and not refused:
        progress.refreshes.append(RefreshApplication(name.namespace, name.name))
    if check.waiting:
        why = f" (and may not be refreshed: {refused})" if refused else ""
        progress.waiting.append(f"Argo CD Application {name} {check.waiting}{why}")
    return check.fatal


def check_wait(application: Application, wanted: frozenset[str], previous: str) -> _Check:
    """One Application against ``waitFor``. ``previous`` is its health when last looked at, "" for never."""
    if application.errors:
        return _Check(fatal=tuple(f"Argo CD Application {application} has {error}" for error in application.errors))
    if "operation" in wanted and _is_busy(application):
        return _Check(f"has an operation in progress{application.operation_message}")
    healths = [_HEALTH[word] for word in _HEALTH if word in wanted]
    if healths and application.is_stale:
        return _Check("was not reconciled after its last operation ended", refresh=True)
    if "health" in wanted and application.health == "Degraded" and previous not in _NO_REGRESSION_FROM:
        return _Check(fatal=(f"Argo CD Application {application} regressed from {previous} to Degraded",))
    return _Check(_unready(application, healths) or _unsynced(application, wanted))


def _unready(application: Application, healths: Sequence[str]) -> str:
    ready = not healths or application.health in healths
    return "" if ready else f"has health {application.health or 'unset'}, not {' or '.join(healths)}"


def _unsynced(application: Application, wanted: frozenset[str]) -> str:
    ready = "sync" not in wanted or application.sync == "Synced"
    return "" if ready else f"has sync status {application.sync or 'unset'}, not Synced"


def _is_busy(application: Application) -> bool:
    running = application.operation is not None and not application.finished_at
    return application.is_pending or running


def _result(progress: _Progress) -> StepResult:
    more = f" and {len(progress.waiting) - _SHOWN} more" if len(progress.waiting) > _SHOWN else ""
    words = f"waiting: {'; '.join(progress.waiting[:_SHOWN])}{more}" if progress.waiting else ""
    return StepResult(
        StepStatus.RUNNING if progress.waiting else StepStatus.SUCCEEDED,
        words,
        output=progress.output(),
        actions=tuple(progress.refreshes),
        watched=tuple(progress.visited),
    )
