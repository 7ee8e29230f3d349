"""What to do about one Application now: sync it, wait for it, or count it. Pure, and total; the table is TABLE.

It is read from the operation: whose it is, whether it has ended, and what it ended at. A pending top-level
``operation`` comes first: whatever it is, it is waited for and never overwritten.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promoter_view.decoded import text
from promoter_view.promotions.steps.step import StepStatus
from promoter_view.stages.application import Application, OperationState
from promoter_view.urls import public_url

#: The phases of an operation that has ended.
ENDED = frozenset({"Succeeded", "Failed", "Error"})
FAILED = frozenset({"Failed", "Error"})
RUNNING = "Running"


class Owner(enum.Enum):
    """Who started the operation."""

    NOT_KARGO = enum.auto()
    OTHER_PROMOTION = enum.auto()
    THIS_PROMOTION = enum.auto()


class OperationProgress(enum.Enum):
    """How far the operation is, and for one that this Promotion started, what it came to."""

    PENDING = enum.auto()
    NONE = enum.auto()
    IN_FLIGHT = enum.auto()
    ENDED = enum.auto()
    FAILED_NOWHERE = enum.auto()
    WITHOUT_RESULT = enum.auto()
    WITHOUT_SOURCES = enum.auto()
    MISCOUNTED = enum.auto()
    ELSEWHERE = enum.auto()
    THERE = enum.auto()


class NextMove(enum.Enum):
    """What to do. RESYNC is a SYNC that keeps its distance from the one before (repeating.py)."""

    SYNC = enum.auto()
    RESYNC = enum.auto()
    WAIT = enum.auto()
    COUNT = enum.auto()
    ERROR = enum.auto()


#: None stands for any owner.
TABLE: Mapping[tuple[Owner | None, OperationProgress], NextMove] = {
    (None, OperationProgress.PENDING): NextMove.WAIT,
    (None, OperationProgress.NONE): NextMove.SYNC,
    (Owner.NOT_KARGO, OperationProgress.IN_FLIGHT): NextMove.WAIT,
    (Owner.NOT_KARGO, OperationProgress.ENDED): NextMove.SYNC,
    (Owner.OTHER_PROMOTION, OperationProgress.IN_FLIGHT): NextMove.WAIT,
    (Owner.OTHER_PROMOTION, OperationProgress.ENDED): NextMove.SYNC,
    (Owner.THIS_PROMOTION, OperationProgress.IN_FLIGHT): NextMove.WAIT,
    (Owner.THIS_PROMOTION, OperationProgress.FAILED_NOWHERE): NextMove.COUNT,
    (Owner.THIS_PROMOTION, OperationProgress.WITHOUT_RESULT): NextMove.RESYNC,
    (Owner.THIS_PROMOTION, OperationProgress.WITHOUT_SOURCES): NextMove.COUNT,
    (Owner.THIS_PROMOTION, OperationProgress.MISCOUNTED): NextMove.ERROR,
    (Owner.THIS_PROMOTION, OperationProgress.ELSEWHERE): NextMove.RESYNC,
    (Owner.THIS_PROMOTION, OperationProgress.THERE): NextMove.COUNT,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an Application.

    ``phase`` counts for the step, "" for none. ``words`` say what is waited for, or what went wrong; "" for success.
    """

    move: NextMove
    phase: str = ""
    words: str = ""


def decide(application: Application, promotion: str, desired: Sequence[str]) -> Decision:
    """The decision for an Application. ``desired`` has a revision for each source, "" where any will do."""
    state = application.operation
    owner = _owner(state, promotion)
    progress = _progress(application, owner, desired)
    move = TABLE[(None if (None, progress) in TABLE else owner, progress)]
    name = f"Argo CD Application {application}"
    if move in (NextMove.SYNC, NextMove.RESYNC):
        why = _astray(application, desired) if move is NextMove.RESYNC else "is to be synced"
        return Decision(move, RUNNING, f"{name} {why}")
    if move is NextMove.ERROR:
        return Decision(move, words=f"{name}: {_miscounted(state, desired)}")
    if progress is OperationProgress.PENDING:
        return Decision(move, RUNNING, f"{name}: {_pending(application, promotion)}{application.operation_message}")
    phase, message = ("", "") if state is None else (state.phase, state.message)
    if move is NextMove.COUNT:
        said = message or "; ".join(application.errors) or phase
        return Decision(move, phase, f"{name} failed with: {said}" if phase in FAILED else "")
    if not phase and owner is not Owner.THIS_PROMOTION:
        return Decision(NextMove.ERROR, words=f"{name}: {_WHOSE[owner]} has no phase")
    held = application.operation_message
    return Decision(move, phase, f"{name}: {_WHOSE[owner]} is {phase or 'without a phase'}{held}")


_WHOSE = {
    Owner.NOT_KARGO: "an operation that no Promotion started",
    Owner.OTHER_PROMOTION: "the operation of another Promotion",
    Owner.THIS_PROMOTION: "its operation",
}


def _owner(state: OperationState | None, promotion: str) -> Owner:
    if state is None or state.promotion is None:
        return Owner.NOT_KARGO
    return Owner.THIS_PROMOTION if state.promotion == promotion else Owner.OTHER_PROMOTION


def _progress(application: Application, owner: Owner, desired: Sequence[str]) -> OperationProgress:
    if application.is_pending:
        return OperationProgress.PENDING
    if application.operation is None:
        return OperationProgress.NONE
    if application.operation.phase not in ENDED:
        return OperationProgress.IN_FLIGHT
    if owner is not Owner.THIS_PROMOTION:
        return OperationProgress.ENDED
    return _outcome(application, application.operation, desired)


def _outcome(application: Application, ended: OperationState, desired: Sequence[str]) -> OperationProgress:
    observed = ended.revisions
    if ended.phase in FAILED and not any(observed or ()):
        return OperationProgress.FAILED_NOWHERE
    if observed is None:
        return OperationProgress.WITHOUT_RESULT
    if not application.sources:
        return OperationProgress.WITHOUT_SOURCES
    if any(desired) and len(observed) != len(desired):
        return OperationProgress.MISCOUNTED
    elsewhere = any(wanted and wanted != seen for wanted, seen in zip(desired, observed, strict=False))
    return OperationProgress.ELSEWHERE if elsewhere else OperationProgress.THERE


def _astray(application: Application, desired: Sequence[str]) -> str:
    """What an operation of ours came to that did not come to what is desired; the end of a sentence."""
    state = application.operation
    if state is None or state.revisions is None:
        return "was synced, and Argo CD does not say to which revision"
    observed = state.revisions
    places = [place for place, wanted in enumerate(desired) if wanted and wanted != observed[place]]
    parts = [_of_source(application, place, observed[place], desired[place]) for place in places]
    failed = f"; the sync failed with: {state.message or state.phase}" if state.phase in FAILED else ""
    return f"was synced to {'; '.join(parts)}{failed}"


def _of_source(application: Application, place: int, seen: str, wanted: str) -> str:
    source = application.sources[place] if place < len(application.sources) else {}
    target = text(source, "targetRevision") or "not set"
    of = "the source" if len(application.sources) == 1 else f"source {place} ({public_url(text(source, 'repoURL'))})"
    return f"{seen or 'no revision'}, wanted {wanted}; {of}'s targetRevision is {target}"


def _miscounted(state: OperationState | None, desired: Sequence[str]) -> str:
    observed = len(state.revisions or ()) if state is not None else 0
    return f"{observed} revision(s) were synced but {len(desired)} desired; its sources have changed meanwhile"


def _pending(application: Application, promotion: str) -> str:
    whose = "its own operation" if application.pending_promotion == promotion else "an operation that another started"
    return f"{whose} waits for Argo CD to end it"


#: How phases weigh: the first of them that any Application has decides.
PHASES: Mapping[str, StepStatus] = {
    "Failed": StepStatus.ERRORED,
    "Error": StepStatus.ERRORED,
    "Running": StepStatus.RUNNING,
    "Terminating": StepStatus.RUNNING,
    "Succeeded": StepStatus.SUCCEEDED,
}


def status_of(phases: Iterable[str]) -> StepStatus | None:
    """What the phases of all Applications come to; None where it cannot be told."""
    found = set(phases)
    return next((status for phase, status in PHASES.items() if phase in found), None)
