"""One look at a Stage: its queue, its health, its Freight, and the Promotion whose turn it is. Decides by pure cores.

Every write carries the resourceVersion of the copy that it was decided on; what it answers is known at once, so that
what follows is decided on it. A status is written only where it differs, and a Promotion's before its Applications.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from promoter_view.decoded import rfc3339
from promoter_view.promotions.applying import Applying
from promoter_view.promotions.automatic.auto_promotion import AutoPromotion
from promoter_view.promotions.automatic.decision import StageDecision
from promoter_view.promotions.dependents import Dependence
from promoter_view.promotions.documents import Document
from promoter_view.promotions.flow_pass import FlowPass
from promoter_view.promotions.objects import KnownObjects
from promoter_view.promotions.promotion_pass import PromotionPass
from promoter_view.promotions.stage_writes import StageWrites
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.state.freight_status import placed
from promoter_view.promotions.state.queue import Turn, turn
from promoter_view.promotions.state.stage_status import assessed, taken
from promoter_view.promotions.steps.step import RefreshApplication
from promoter_view.promotions.values import Promotion, Stage
from promoter_view.stages.assessment import StageHealth, assess
from promoter_view.stages.authorization import StageKey

#: StageLook again at once: what was just written lets something else begin.
AT_ONCE = 0.0


@dataclass(slots=True)
class StageLook:
    """What came of a look. ``again_seconds``: when to look again, None for when something changes.

    ``applications``: those whose changes matter.
    """

    again_seconds: float | None = None
    applications: Dependence = field(default_factory=Dependence)


class _Settled(NamedTuple):
    """A Stage whose status is up to date. ``again``: look again at once."""

    stage: Stage
    decision: StageDecision | None
    again: bool


class StagePass:
    """Looks at Stages of one shard. ``default_namespace`` is where Argo CD lives.

    ``automatic`` makes Promotions by itself; None: only those that there are count.
    """

    def __init__(
        self,
        known: KnownObjects,
        writes: StageWrites,
        promotions: PromotionPass,
        flow: FlowPass,
        applying: Applying,
        automatic: AutoPromotion | None,
        *,
        shard: str,
        default_namespace: str,
    ) -> None:
        self._known = known
        self._writes = writes
        self._promotions = promotions
        self._flow = flow
        self._applying = applying
        self._automatic = automatic
        self._shard = shard
        self._default_namespace = default_namespace
        self._refreshed: dict[tuple[str, str], str] = {}

    def concerns(self, key: StageKey) -> bool:
        """Whether that Stage, or a Promotion of it, is of our shard."""
        stage = self._known.stage(key)
        if stage is not None and stage.shard == self._shard:
            return True
        return any(promotion.shard(stage) == self._shard for promotion in self._known.promotions(key))

    async def look(self, key: StageKey, now: float) -> StageLook:
        """One look. Errors: Conflict (decide again), MayNotWrite, ClusterError."""
        found = StageLook()
        await self._writes.announcing.calling_off(key)
        await self._promotions.tidy(key, now)
        stage = self._known.stage(key)
        if stage is None:
            return found
        decision = None
        if stage.shard == self._shard:
            if stage.is_deleting:
                await self._writes.part(key, stage)
                return found
            stage = await self._writes.keep(key, stage)
            if stage.has_steps:
                stage, decision, again = await self._settle(key, stage, now, found)
                if again:
                    found.again_seconds = AT_ONCE
                    return found
            elif self._current(key, stage) is None:
                found.again_seconds = await self._flow.look(key, stage, now)
                return found
        current = self._current(key, stage)
        if current is not None:
            found.again_seconds = await self._promotions.run(key, stage, current, now, found.applications)
            if stage.shard != self._shard or not stage.has_steps:
                await self._writes.announcing.ended(key, stage, self._known.promotion(key.project, current.name))
        if self._automatic is not None and decision is not None and found.again_seconds != AT_ONCE:
            again_seconds = await self._automatic.promote(key, decision, now)
            waits = [each for each in (found.again_seconds, again_seconds) if each is not None]
            found.again_seconds = min(waits, default=None)
        return found

    def _current(self, key: StageKey, stage: Stage) -> Promotion | None:
        """The Promotion of ours whose turn it is by the Stage's status."""
        name = stage.status.current
        promotion = self._known.promotion(key.project, name) if name else None
        if promotion is None or promotion.shard(stage) != self._shard or promotion.is_deleting:
            return None
        return None if promotion.has_ended else promotion

    async def _settle(self, key: StageKey, stage: Stage, now: float, found: StageLook) -> _Settled:
        """The Stage with its status up to date."""
        promotions = [each for each in self._known.promotions(key) if not each.is_deleting]
        decided = turn(stage.status, promotions)
        settled = stage.with_status(taken(stage.status, decided))
        health = self._assess(settled, promotions)
        found.applications.names |= {(each.wanted.namespace, each.wanted.name) for each in health.applications}
        automatic = self._automatic
        decision = None if automatic is None else automatic.decide(key, settled, decided, promotions, now)
        status = assessed(settled, health, decided.claimed, rfc3339(now), decision)
        stage = await self._writes.write_status(key, stage, status, decided.released)
        await self._writes.announcing.settled(key, stage, now)
        await self._mark_freight(key, stage, now)
        await self._refresh(key, health)
        return _Settled(stage, decision, _unfinished(decided))

    def _assess(self, stage: Stage, promotions: Sequence[Promotion]) -> StageHealth:
        return assess(
            stage.document,
            self._known.application,
            default_namespace=self._default_namespace,
            earlier_checks=_earlier_checks(promotions),
        )

    async def _mark_freight(self, key: StageKey, stage: Stage, now: float) -> None:
        status, current = stage.status, stage.status.freight
        verified_at = (status.verified_at or rfc3339(now)) if status.is_verified else ""
        named = {each.name: each for each in self._known.freight_of(key)}
        used = {name: self._known.freight(key.project, name) for name in current}
        decided = [
            (each, placed(each, key.stage, current=name in current, verified_at=verified_at, now=now))
            for name, each in {**named, **used}.items()
            if each is not None
        ]
        await self._writes.write_freight(key, stage, decided)

    async def _refresh(self, key: StageKey, health: StageHealth) -> None:
        """Has Argo CD look again at what it has not looked at since its last operation; once for each operation."""
        for each in health.applications:
            name = (each.wanted.namespace, each.wanted.name)
            if each.found is not None and each.is_stale and self._refreshed.get(name) != each.found.finished_at:
                self._refreshed[name] = each.found.finished_at
                await self._applying.refresh(RefreshApplication(*name), key)


def _unfinished(decided: Turn) -> bool:
    """Whether somebody waits who was not claimed, for others were released first."""
    return bool(decided.released) and decided.current is not None


def _earlier_checks(promotions: Sequence[Promotion]) -> Sequence[Document]:
    """The health checks of the newest Promotion that succeeded."""
    succeeded = [each.execution for each in promotions if each.execution.phase is PromotionPhase.SUCCEEDED]
    return max(succeeded, key=lambda each: each.finished_at).health_checks if succeeded else ()
