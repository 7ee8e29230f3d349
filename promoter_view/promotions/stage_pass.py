"""One look at a Stage: its queue, its health, its Freight, and the Promotion whose turn it is. Decides by pure cores.

Every write carries the resourceVersion of the copy that it was decided on; what it answers is known at once, so that
what follows is decided on it. A status is written only where it differs, and a Promotion's before its Applications.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from promoter_view.decoded import mapping, text
from promoter_view.promotions.applying import Applying
from promoter_view.promotions.documents import Document, objects, rfc3339
from promoter_view.promotions.objects import FREIGHT, PROMOTION, STAGE, KnownObjects
from promoter_view.promotions.promotion_pass import PromotionPass
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.state.execution import Phase, read_execution
from promoter_view.promotions.state.freight import names_in
from promoter_view.promotions.state.freight_status import forgotten, placed
from promoter_view.promotions.state.queue import Turn, turn
from promoter_view.promotions.state.requests import FINALIZER, has_template, is_deleting, shard_of
from promoter_view.promotions.state.stage_status import assessed, is_verified, taken
from promoter_view.promotions.steps.step import RefreshApplication
from promoter_view.promotions.writes import Writes
from promoter_view.stages.assessment import StageHealth, assess
from promoter_view.stages.authorization import StageKey

#: Look again at once: what was just written lets something else begin.
AT_ONCE = 0.0


@dataclass(slots=True)
class Look:
    """What came of a look. ``again_seconds``: when to look again, None for when something changes.

    ``applications``: those whose changes matter, by (namespace, name).
    """

    again_seconds: float | None = None
    applications: set[tuple[str, str]] = field(default_factory=set)


class StagePass:
    """Looks at Stages of one shard. ``default_namespace`` is where Argo CD lives."""

    def __init__(
        self,
        known: KnownObjects,
        writes: Writes,
        promotions: PromotionPass,
        applying: Applying,
        rereading: Rereading,
        *,
        shard: str,
        default_namespace: str,
    ) -> None:
        self._known = known
        self._writes = writes
        self._promotions = promotions
        self._applying = applying
        self._rereading = rereading
        self._shard = shard
        self._default_namespace = default_namespace
        self._refreshed: dict[tuple[str, str], str] = {}

    def concerns(self, key: StageKey) -> bool:
        """Whether that Stage, or a Promotion of it, is of our shard."""
        stage = self._known.get(STAGE, key.project, key.stage)
        if stage is not None and shard_of(stage) == self._shard:
            return True
        return any(shard_of(promotion) == self._shard for promotion in self._known.promotions(key))

    async def look(self, key: StageKey, now: float) -> Look:
        """One look. Errors: Conflict (decide again), MayNotWrite, ClusterError."""
        found = Look()
        await self._promotions.tidy(key, now)
        stage = self._known.get(STAGE, key.project, key.stage)
        if stage is None:
            return found
        if shard_of(stage) == self._shard:
            if is_deleting(stage):
                await self._part(key, stage)
                return found
            if has_template(stage):
                stage, again = await self._settle(key, stage, now, found)
                if again:
                    found.again_seconds = AT_ONCE
                    return found
        current = self._current(key, stage)
        if current is not None:
            found.again_seconds = await self._promotions.run(key, stage, current, now, found.applications)
        return found

    async def reread(self, key: StageKey) -> None:
        """Reads anew what a look writes, after it has met another's write. Errors: ApiError, Unreachable."""
        names = [(STAGE, key.stage)]
        names += [(FREIGHT, text(each, "metadata", "name")) for each in self._known.freight_of(key)]
        for each in self._known.promotions(key):
            if not read_execution(each).phase.terminal:
                names.append((PROMOTION, text(each, "metadata", "name")))
        history = objects(self._known.get(STAGE, key.project, key.stage), "status", "freightHistory")
        names += [(FREIGHT, name) for name in (names_in(history[0]) if history else ())]
        for kind, name in dict.fromkeys(names):
            await self._rereading.one(kind, key.project, name)

    def _current(self, key: StageKey, stage: Document) -> Document | None:
        """The Promotion of ours whose turn it is by the Stage's status."""
        name = text(stage, "status", "currentPromotion", "name")
        promotion = self._known.get(PROMOTION, key.project, name) if name else None
        if promotion is None or shard_of(promotion) != self._shard or is_deleting(promotion):
            return None
        return None if read_execution(promotion).phase.terminal else promotion

    async def _settle(self, key: StageKey, stage: Document, now: float, found: Look) -> tuple[Document, bool]:
        """The Stage with its status up to date, and whether to look again at once."""
        promotions = [each for each in self._known.promotions(key) if not is_deleting(each)]
        before = mapping(stage, "status")
        decided = turn(before, promotions)
        status = taken(before, decided)
        health = self._assess(stage, status, promotions)
        found.applications |= {(each.wanted.namespace, each.wanted.name) for each in health.applications}
        status = assessed(stage, status, health, rfc3339(now))
        if status != before:
            stage = await self._writes.write_status(STAGE, stage, status)
            self._known.learn(STAGE, stage)
        await self._mark_freight(key, stage, now)
        await self._refresh(key, health)
        return stage, _unfinished(decided)

    def _assess(self, stage: Document, status: Document, promotions: Sequence[Document]) -> StageHealth:
        return assess(
            {**stage, "status": status},
            self._known.application,
            default_namespace=self._default_namespace,
            earlier_checks=_earlier_checks(promotions),
        )

    async def _mark_freight(self, key: StageKey, stage: Document, now: float) -> None:
        status = mapping(stage, "status")
        history = objects(status, "freightHistory")
        current = names_in(history[0]) if history else frozenset()
        named = {text(each, "metadata", "name"): each for each in self._known.freight_of(key)}
        used = {name: self._known.get(FREIGHT, key.project, name) for name in current}
        for name, freight in {**named, **used}.items():
            if freight is None:
                continue
            before = mapping(freight, "status")
            verified = is_verified(status)
            after = placed(before, key.stage, current=name in current, verified=verified, now=rfc3339(now))
            await self._write_freight(freight, before, after)

    async def _write_freight(self, freight: Document, before: Document, after: Document) -> None:
        if after != before:
            self._known.learn(FREIGHT, await self._writes.write_status(FREIGHT, freight, after))

    async def _refresh(self, key: StageKey, health: StageHealth) -> None:
        """Has Argo CD look again at what it has not looked at since its last operation; once for each operation."""
        for each in health.applications:
            name = (each.wanted.namespace, each.wanted.name)
            if each.found is not None and each.is_stale and self._refreshed.get(name) != each.found.finished_at:
                self._refreshed[name] = each.found.finished_at
                await self._applying.refresh(RefreshApplication(*name), key)

    async def _part(self, key: StageKey, stage: Document) -> None:
        """The Stage is being deleted: Freight forgets it, then nothing of ours keeps it."""
        finalizers = mapping(stage, "metadata").get("finalizers")
        if not isinstance(finalizers, list) or FINALIZER not in finalizers:
            return
        for freight in self._known.freight_of(key):
            before = mapping(freight, "status")
            await self._write_freight(freight, before, forgotten(before, key.stage))
        kept = [name for name in finalizers if name != FINALIZER]
        self._known.learn(STAGE, await self._writes.patch(STAGE, stage, {"metadata": {"finalizers": kept}}))


def _unfinished(decided: Turn) -> bool:
    """Whether somebody waits who was not claimed, for others were released first."""
    return bool(decided.released) and decided.current is not None


def _earlier_checks(promotions: Sequence[Document]) -> Sequence[Document]:
    """The health checks of the newest Promotion that succeeded."""
    ended = [read_execution(promotion) for promotion in promotions]
    succeeded = [each for each in ended if each.phase is Phase.SUCCEEDED]
    return max(succeeded, key=lambda each: each.finished_at).health_checks if succeeded else ()
