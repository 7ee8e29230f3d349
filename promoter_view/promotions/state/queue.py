"""Whose turn it is: the Promotions of one Stage in order, and what the Stage's status says of them. Pure.

A Promotion runs once the Stage's status names it as the current one (the claim), and until the Stage has seen its end
(the release). One at a time; order is that of creation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.values import LastPromotion, Promotion, StageStatus


@dataclass(frozen=True, slots=True)
class Turn:
    """What the queue decides. ``released``: ended ones that the Stage has not seen, oldest first; ``current``: whose
    turn it is now, None where nobody waits.
    """

    released: tuple[Promotion, ...]
    current: Promotion | None

    @property
    def claimed(self) -> Promotion | None:
        """Whom the Stage's status names: nobody yet where others are released first."""
        return None if self.released else self.current


def ordered(promotions: Iterable[Promotion]) -> Sequence[Promotion]:
    """Running ones first, then those that wait, oldest first, then those that ended, newest first."""
    found = sorted(promotions, key=_order)
    running = [each for each in found if each.execution.phase is PromotionPhase.RUNNING]
    waiting = [each for each in found if not each.has_ended and each.execution.phase is not PromotionPhase.RUNNING]
    return [*running, *waiting, *reversed([each for each in found if each.has_ended])]


def turn(status: StageStatus, promotions: Iterable[Promotion]) -> Turn:
    """Whose turn it is for a Stage with that status: the one that has it keeps it until it has ended or is gone."""
    found = ordered(promotions)
    waiting = [each for each in found if not each.has_ended]
    held = next((each for each in waiting if each.name == status.current), None)
    return Turn(_released(status, found), held or next(iter(waiting), None))


def reference(promotion: Promotion) -> dict[str, Any]:
    """What the Stage's status says of a Promotion: name, Freight, and its status and end once there is one."""
    found: dict[str, Any] = {"name": promotion.name}
    if promotion.taken:
        found["freight"] = dict(promotion.taken)
    if promotion.has_ended:
        found["status"] = {name: value for name, value in promotion.status.items() if name != "lastHandledRefresh"}
        if promotion.execution.finished_at:
            found["finishedAt"] = promotion.execution.finished_at
    return found


def _order(promotion: Promotion) -> tuple[str, str]:
    return promotion.created, promotion.name


def _is_without_effect(promotion: Promotion) -> bool:
    """It was called off before it began: as if it had never been there."""
    return promotion.execution.phase is PromotionPhase.ABORTED and not promotion.execution.started_at


def _released(status: StageStatus, found: Sequence[Promotion]) -> tuple[Promotion, ...]:
    last = status.last
    ended = sorted((each for each in found if each.has_ended and not _is_without_effect(each)), key=_order)
    known = next((each for each in found if each.name == last.name), None)
    return tuple(
        each
        for each in ended
        if each.name != last.name and (each.name == status.current or _is_later(each, last, known))
    )


def _is_later(each: Promotion, last: LastPromotion, known: Promotion | None) -> bool:
    """Whether it came after the last one that the Stage has seen, which may be gone by now."""
    if not last.name:
        return True
    if known is not None:
        return _order(each) > _order(known)
    return bool(last.finished_at) and each.execution.finished_at > last.finished_at
