"""What to do about one Application now: sync it, wait for it, or count it. Pure, and total; the table is TABLE.

It is read from the operation: whose it is, whether it has ended, and what it ended at. A pending top-level
``operation`` comes first: whatever it is, it is waited for and never overwritten.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promoter_view.promotions.steps.step import StepStatus
from promoter_view.stages.application import Application, OperationState

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
    WITHOUT_RESULT = enum.auto()
    WITHOUT_SOURCES = enum.auto()
    MISCOUNTED = enum.auto()
    ELSEWHERE = enum.auto()
    THERE = enum.auto()


class NextMove(enum.Enum):
    """What to do."""

    SYNC = enum.auto()
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
    (Owner.THIS_PROMOTION, OperationProgress.WITHOUT_RESULT): NextMove.SYNC,
    (Owner.THIS_PROMOTION, OperationProgress.WITHOUT_SOURCES): NextMove.COUNT,
    (Owner.THIS_PROMOTION, OperationProgress.MISCOUNTED): NextMove.ERROR,
    (Owner.THIS_PROMOTION, OperationProgress.ELSEWHERE): NextMove.SYNC,
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
    if move is NextMove.SYNC:
        return Decision(move, RUNNING, f"{name} is to be synced")
    if move is NextMove.ERROR:
        return Decision(move, words=f"{name}: {_miscounted(state, desired)}")
    if progress is OperationProgress.PENDING:
        return Decision(move, RUNNING, f"{name}: {_pending(application, promotion)}{application.operation_message}")
    phase, message = ("", "") if state is None else (state.phase, state.message)
    if move is NextMove.COUNT:
        return Decision(move, phase, f"{name} failed with: {message or phase}" if phase in FAILED else "")
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
    return _outcome(application, application.operation.revisions, desired)


def _outcome(application: Application, observed: Sequence[str] | None, desired: Sequence[str]) -> OperationProgress:
    if observed is None:
        return OperationProgress.WITHOUT_RESULT
    if not application.sources:
        return OperationProgress.WITHOUT_SOURCES
    if any(desired) and len(observed) != len(desired):
        return OperationProgress.MISCOUNTED
    elsewhere = any(wanted and wanted != seen for wanted, seen in zip(desired, observed, strict=False))
    return OperationProgress.ELSEWHERE if elsewhere else OperationProgress.THERE


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
