"""What a look at a Stage writes: its finalizer, its status, and what Freight says of it. Each is known from then on.

A Stage's own writes carry the resourceVersion of the copy that was decided on. Freight's carry the Freight's own, so
before them the Stage is read: whose shard it is, and what else was decided on, is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promoter_view.decoded import text, texts
from promoter_view.promotions.documents import Document
from promoter_view.promotions.objects import FREIGHT, STAGE, KnownObjects
from promoter_view.promotions.state.freight_status import forgotten, forgotten_before
from promoter_view.promotions.state.requests import FINALIZER
from promoter_view.promotions.telling.announcing import Announcing
from promoter_view.promotions.values import Promotion, Stage, read_stage
from promoter_view.promotions.writes import Conflict, Writes
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.freight import Freight, read_freight


class StageWrites:
    """``announcing`` tells of what is written.

    Errors of all: Conflict (decide again), MayNotWrite, ApiError, Unreachable.
    """

    def __init__(self, known: KnownObjects, writes: Writes, announcing: Announcing) -> None:
        self._known = known
        self._writes = writes
        self.announcing = announcing

    async def write_status(
        self, key: StageKey, stage: Stage, status: Document, released: Sequence[Promotion] = ()
    ) -> Stage:
        """The Stage with that status, which takes note of the ``released``, written where the cluster's differs."""
        if status == stage.status.document:
            return stage
        stage = await self.announcing.settling(key, stage, released)
        return self._learned(await self._writes.write_status(STAGE, stage.document, status))

    async def write_freight(
        self, key: StageKey, stage: Stage, decided: Iterable[tuple[Freight, Document]], verified_at: str = ""
    ) -> None:
        """Writes each status that differs. ``verified_at``: when it was verified by that, and nothing else says so."""
        changed = [(freight, status) for freight, status in decided if status != freight.status]
        if changed:
            await self._confirm(key, stage)
        for freight, status in changed:
            if verified_at:
                await self.announcing.flowed(freight, stage, verified_at)
            self._known.learn(FREIGHT, await self._writes.write_status(FREIGHT, freight.document, status))

    async def keep(self, key: StageKey, stage: Stage) -> Stage:
        """The Stage with Kargo's finalizer: whoever deletes it waits until Freight has forgotten it.

        Freight that remembers an earlier Stage of that name, which went without, forgets that before.
        """
        finalizers = texts(stage.document, "metadata", "finalizers")
        if FINALIZER in finalizers:
            return stage
        if not stage.status.document:
            made = text(stage.document, "metadata", "creationTimestamp")
            of_it = self._known.freight_of(key)
            await self.write_freight(key, stage, ((each, forgotten_before(each, key.stage, made)) for each in of_it))
        return await self._write_finalizers(stage, [*finalizers, FINALIZER])

    async def part(self, key: StageKey, stage: Stage) -> None:
        """The Stage is being deleted: Freight forgets it, then nothing of ours keeps it."""
        finalizers = texts(stage.document, "metadata", "finalizers")
        if FINALIZER in finalizers:
            # Asked of the cluster: an approval that the log does not know yet would be inherited.
            found = await self._writes.list(FREIGHT, key.project)
            there = [read_freight(item.document) for item in found]
            await self.write_freight(key, stage, ((each, forgotten(each, key.stage)) for each in there))
            await self._write_finalizers(stage, [name for name in finalizers if name != FINALIZER])

    async def _write_finalizers(self, stage: Stage, finalizers: list[str]) -> Stage:
        change = {"metadata": {"finalizers": finalizers}}
        return self._learned(await self._writes.patch(STAGE, stage.document, change))

    async def _confirm(self, key: StageKey, stage: Stage) -> None:
        live = await self._writes.read(STAGE, key.project, key.stage)
        if live is None:
            self._known.learn_absent(STAGE, key.project, key.stage)
            raise Conflict(f"Stage {key} is gone")
        if _decisive(read_stage(live)) != _decisive(stage):
            self._known.learn(STAGE, live)
            raise Conflict(f"Stage {key} has changed meanwhile")

    def _learned(self, written: Document) -> Stage:
        self._known.learn(STAGE, written)
        return read_stage(written)


def _decisive(stage: Stage) -> tuple[str, str, int, bool]:
    """What has to be as it was: which Stage, whose, by which spec, and whether somebody deletes it."""
    return text(stage.document, "metadata", "uid"), stage.shard, stage.generation, stage.is_deleting
