"""Tells what has become of a Stage's Promotions and Freight, before that can be forgotten.

Nothing is marked as told: an Event is named by what it tells, so that telling it again changes nothing.

- How a Promotion ended: its own status first, then the Event, then the Stage's status, which takes note of that once.
- That one is called off: the Event before its status, for the annotation that asks for that stays.
- A verification: after the Stage's status, where it stands. A process that begins tells the newest one of each Stage
  anew, if it is not old: nobody knows whether the one before came to that.
- Freight that flows through a Stage without steps: before the Freight's status, which says so from then on.
- What Kargo's pages link to: before the Stage's status takes note of the Promotion.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from promoter_view.decoded import mapping, text
from promoter_view.promotions.applying import Applying
from promoter_view.promotions.documents import Document, objects, seconds_of
from promoter_view.promotions.objects import STAGE, KnownObjects
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.state.requests import abort_actor, abort_message
from promoter_view.promotions.telling.argocd_context import ANNOTATION, argocd_context
from promoter_view.promotions.telling.kargo_events import freight_verified, promotion_aborted, promotion_ended
from promoter_view.promotions.values import Promotion, Stage, read_stage
from promoter_view.promotions.writes import Writes
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.freight import Freight

#: Events are kept for an hour by default: within this time one that is told again is still there.
_TOLD_AGAIN_SECONDS = 1800.0


class Announcing:
    """Of one shard. Errors of all: Conflict (decide again), MayNotWrite, Unreachable; of ``settling`` also ApiError."""

    def __init__(self, known: KnownObjects, writes: Writes, applying: Applying, *, shard: str) -> None:
        self._known = known
        self._writes = writes
        self._applying = applying
        self._shard = shard
        self._told: dict[StageKey, tuple[str, str]] = {}

    async def calling_off(self, key: StageKey) -> None:
        """Those Promotions of the Stage that are about to be called off."""
        stage = self._known.stage(key)
        for promotion in self._known.promotions(key):
            actor = abort_actor(promotion.abort, self._shard)
            ours = promotion.shard(stage) == self._shard and not promotion.is_deleting
            if actor is None or not ours or promotion.has_ended:
                continue
            freight = self._known.freight(key.project, promotion.freight)
            words = abort_message(promotion.abort, self._shard) or ""
            await self._applying.tell(promotion_aborted(promotion, freight, words, actor))

    async def ended(self, key: StageKey, stage: Stage, promotion: Promotion | None) -> None:
        """A Promotion of a Stage whose status another controller writes, if it is ours and has ended."""
        phase = PromotionPhase.NEW if promotion is None else promotion.execution.phase
        if promotion is None or promotion.shard(stage) != self._shard:
            return
        if phase.terminal and phase is not PromotionPhase.ABORTED:
            freight = self._known.freight(key.project, promotion.freight)
            await self._applying.tell(promotion_ended(promotion, freight, stage, self._shard))

    async def settling(self, key: StageKey, stage: Stage, released: Sequence[Promotion]) -> Stage:
        """Those that the Stage's new status takes note of; the Stage as it is then, with its old status."""
        for promotion in released:
            await self.ended(key, stage, promotion)
        succeeded = [each for each in released if each.execution.phase is PromotionPhase.SUCCEEDED]
        return await self._linked(stage, succeeded[-1]) if succeeded else stage

    async def settled(self, key: StageKey, stage: Stage, now: float) -> None:
        """What the Stage's status says of the newest verification of the Freight in use."""
        in_use = next(iter(stage.status.history), {})
        newest = next(iter(objects(in_use, "verificationHistory")), {})
        verification = text(newest, "id"), text(newest, "phase")
        if self._told.get(key) == verification:
            return
        if _is_ours(newest) and now - (seconds_of(text(newest, "finishTime")) or 0.0) < _TOLD_AGAIN_SECONDS:
            await self._tell_verification(key, stage, in_use, newest)
        self._told[key] = verification

    async def flowed(self, freight: Freight, stage: Stage, moment: str) -> None:
        """Freight that a Stage without steps is about to verify; it does so once."""
        uid = text(stage.document, "metadata", "uid")
        verification = {"id": uid, "phase": "Successful", "startTime": moment, "finishTime": moment}
        event = freight_verified(freight, stage, verification, self._shard)
        if event is not None:
            await self._applying.tell(event)

    async def _tell_verification(self, key: StageKey, stage: Stage, in_use: Document, newest: Document) -> None:
        for name in sorted(text(item, "name") for item in mapping(in_use, "items").values()):
            freight = self._known.freight(key.project, name)
            event = None if freight is None else freight_verified(freight, stage, newest, self._shard)
            if event is not None:
                await self._applying.tell(event)

    async def _linked(self, stage: Stage, promotion: Promotion) -> Stage:
        wanted = argocd_context(promotion)
        if mapping(stage.document, "metadata", "annotations").get(ANNOTATION) == wanted:
            return stage
        change = {"metadata": {"annotations": {ANNOTATION: wanted}}}
        written = await self._writes.patch(STAGE, stage.document, change)
        self._known.learn(STAGE, written)
        return read_stage(written)


def _is_ours(verification: Document) -> bool:
    """Our ids are UUIDs of version 5, those of Kargo's controller of version 4: what that did it has told."""
    try:
        return uuid.UUID(text(verification, "id")).version == 5
    except ValueError:
        return False
