"""Whose turn it is: the Promotions of one Stage in order, and what the Stage's status says of them. Pure.

A Promotion runs once the Stage's status names it as the current one (the claim), and until the Stage has seen its end
(the release). One at a time; order is that of creation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.documents import Document
from promoter_view.promotions.state.execution import Phase, read_execution


@dataclass(frozen=True, slots=True)
class Queued:
    """A Promotion in the queue. ``order`` is (creationTimestamp, name)."""

    name: str
    order: tuple[str, str]
    phase: Phase
    started: bool
    finished_at: str
    document: Document

    @property
    def terminal(self) -> bool:
        """It changes no more."""
        return self.phase.terminal

    @property
    def without_effect(self) -> bool:
        """It was called off before it began: as if it had never been there."""
        return self.phase is Phase.ABORTED and not self.started


@dataclass(frozen=True, slots=True)
class Turn:
    """What the queue decides. ``released``: ended ones that the Stage has not seen, oldest first; ``current``: whose
    turn it is now, None where nobody waits.
    """

    released: tuple[Queued, ...]
    current: Queued | None


def queued(promotion: Document) -> Queued:
    """How a Promotion stands in the queue."""
    execution = read_execution(promotion)
    name = text(promotion, "metadata", "name")
    return Queued(
        name=name,
        order=(text(promotion, "metadata", "creationTimestamp"), name),
        phase=execution.phase,
        started=bool(execution.started_at),
        finished_at=execution.finished_at,
        document=promotion,
    )


def ordered(promotions: Iterable[Document]) -> Sequence[Queued]:
    """Running ones first, then those that wait, oldest first, then those that ended, newest first."""
    found = sorted(map(queued, promotions), key=lambda each: each.order)
    running = [each for each in found if each.phase is Phase.RUNNING]
    waiting = [each for each in found if not each.terminal and each.phase is not Phase.RUNNING]
    return [*running, *waiting, *reversed([each for each in found if each.terminal])]


def turn(status: Document, promotions: Iterable[Document]) -> Turn:
    """Whose turn it is for a Stage with that status: the one that has it keeps it until it has ended or is gone."""
    found = ordered(promotions)
    holder = text(status, "currentPromotion", "name")
    released = _released(status, found, holder)
    waiting = [each for each in found if not each.terminal]
    held = next((each for each in waiting if each.name == holder), None)
    return Turn(released, held or next(iter(waiting), None))


def reference(promotion: Document) -> dict[str, Any]:
    """What the Stage's status says of a Promotion: name, Freight, and its status and end once there is one."""
    status = mapping(promotion, "status")
    found: dict[str, Any] = {"name": text(promotion, "metadata", "name")}
    if mapping(status, "freight"):
        found["freight"] = dict(mapping(status, "freight"))
    if read_execution(promotion).phase.terminal:
        found["status"] = _ended(status)
        if text(status, "finishedAt"):
            found["finishedAt"] = text(status, "finishedAt")
    return found


def _ended(status: Document) -> Mapping[str, Any]:
    return {name: value for name, value in status.items() if name != "lastHandledRefresh"}


def _released(status: Document, found: Sequence[Queued], holder: str) -> tuple[Queued, ...]:
    last = text(status, "lastPromotion", "name")
    ended = sorted((each for each in found if each.terminal and not each.without_effect), key=lambda each: each.order)
    known = next((each for each in found if each.name == last), None)
    return tuple(
        each for each in ended if each.name != last and (each.name == holder or _is_later(each, status, known))
    )


def _is_later(each: Queued, status: Document, known: Queued | None) -> bool:
    """Whether it came after the last one that the Stage has seen, which may be gone by now."""
    if not text(status, "lastPromotion", "name"):
        return True
    if known is not None:
        return each.order > known.order
    seen = text(status, "lastPromotion", "finishedAt")
    return bool(seen) and each.finished_at > seen
