"""The step argocd-update: has the Applications that it names updated and synced, and waits until they are. Pure.

What it has begun it knows again by the Promotion's name in the operation; what it has begun in vain, by its output. All
is decided before anything is written, so that an entry that cannot be done leaves the others untouched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from promoter_view.promotions.steps.decisions import FAILED, Decision, NextMove, decide, status_of
from promoter_view.promotions.steps.repeating import Resync, paced, read_resyncs, written_resyncs
from promoter_view.promotions.steps.selection import StepError, authorized, resolve, unauthorized_note
from promoter_view.promotions.steps.sources import desired_revisions, inapplicable
from promoter_view.promotions.steps.step import (
    ApplicationName,
    Applications,
    SourceUpdate,
    StepContext,
    StepResult,
    StepStatus,
    SyncApplication,
    errored,
)
from promoter_view.promotions.steps.update_config import AppUpdate, read_update_config
from promoter_view.stages.application import Application
from promoter_view.stages.checks import check_config
from promoter_view.stages.health import WantedApplication

USES = "argocd-update"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Target:
    """One Application of one entry, and what is decided of it."""

    wanted: WantedApplication
    updates: tuple[SourceUpdate, ...]
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Run:
    """All that one run has decided. ``left_alone`` counts Applications that do not authorize the Stage."""

    targets: Sequence[_Target]
    left_alone: int
    resyncs: Mapping[str, Resync]


def run_update(context: StepContext, applications: Applications, config: Mapping[str, Any]) -> StepResult:
    """One run of the step."""
    try:
        run = _decide_all(context, applications, config)
    except StepError as error:
        return errored(str(error))
    return _result(context, run)


def _decide_all(context: StepContext, applications: Applications, config: Mapping[str, Any]) -> _Run:
    targets: list[_Target] = []
    left_alone = 0
    resyncs = read_resyncs(context.output)
    for entry in read_update_config(config, context.default_namespace):
        found, refused = authorized(entry.selection, resolve(entry.selection, applications), context.stage)
        left_alone += refused
        _check_sources(entry, found)
        targets.extend(_decide(context, application, entry.updates, resyncs) for application in found)
    return _Run(targets, left_alone, resyncs)


def _check_sources(entry: AppUpdate, found: Sequence[Application]) -> None:
    """Errors: StepError where an update has no source to apply to."""
    problems = [why for one in found if (why := inapplicable(one, entry.updates))]
    if not problems:
        return
    if len(found) == 1:
        raise StepError(problems[0])
    shown = f" (showing first {_SHOWN})" if len(problems) > _SHOWN else ""
    count = f"selected Applications must have compatible sources; {len(problems)} incompatible{shown}"
    raise StepError(f"{count}: {'; '.join(problems[:_SHOWN])}. No Applications were updated")


def _decide(
    context: StepContext, application: Application, updates: tuple[SourceUpdate, ...], resyncs: dict[str, Resync]
) -> _Target:
    """``resyncs`` is brought up to date."""
    revisions = desired_revisions(application.sources, updates)
    decision = decide(application, context.promotion, revisions)
    decision, resync = paced(decision, resyncs.get(str(application)), context.now)
    if resync is not None:
        resyncs[str(application)] = resync
    if decision.move is NextMove.ERROR or (decision.move is NextMove.COUNT and decision.phase in FAILED):
        raise StepError(decision.words)
    return _Target(WantedApplication(application.namespace, application.name, revisions), updates, decision)


def _result(context: StepContext, run: _Run) -> StepResult:
    status = status_of(target.decision.phase for target in run.targets)
    if status is None:
        return errored("could not determine promotion step status: no operation has a phase that is known")
    waiting = [target.decision.words for target in run.targets if target.decision.words]
    notes = [_waiting(waiting), unauthorized_note(run.left_alone)]
    wanted = [target.wanted for target in run.targets]
    remembered = written_resyncs(run.resyncs) if status is StepStatus.RUNNING else {}
    return StepResult(
        status,
        "; ".join(note for note in notes if note),
        output={"apps": [{"name": one.name, "namespace": one.namespace} for one in wanted], **remembered},
        health_check=check_config(wanted),
        retry_after_seconds=_next_resync(run.resyncs.values(), context.now),
        actions=tuple(_syncs(context, run.targets)),
        watched=tuple(ApplicationName(one.namespace, one.name) for one in wanted),
    )


def _next_resync(resyncs: Iterable[Resync], now: float) -> float | None:
    return min((left for each in resyncs if (left := each.left(now)) > 0), default=None)


def _waiting(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return f"waiting: {'; '.join(words[:_SHOWN])}{more}" if words else ""


def _syncs(context: StepContext, targets: Iterable[_Target]) -> Iterable[SyncApplication]:
    """One action an Application, with the updates of all entries that hit it: one operation does them all."""
    found: dict[tuple[str, str], SyncApplication] = {}
    due: set[tuple[str, str]] = set()
    for target in targets:
        key = (target.wanted.namespace, target.wanted.name)
        action = found.get(key) or SyncApplication(*key, context.stage, context.promotion, context.actor)
        found[key] = replace(action, updates=action.updates + target.updates)
        if target.decision.move in (NextMove.SYNC, NextMove.RESYNC):
            due.add(key)
    return [action for key, action in found.items() if key in due]
