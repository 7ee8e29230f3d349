"""Reads from the cluster what the log may not hold yet: before something is refused, and after a write met another's.

Each kind has a watch of its own, so a Promotion may be here before the Freight, or the annotation, that was there
before it. What goes well needs no second look; what goes wrong is decided once more on what the cluster says now.
"""

from __future__ import annotations

from collections.abc import Iterable

from promoter_view.decoded import text
from promoter_view.promotions.objects import APPLICATION, FREIGHT, PROMOTION, STAGE, KnownObjects
from promoter_view.promotions.state.requests import MAX_LABEL, STAGE_LABEL
from promoter_view.promotions.writes import Writes
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.shard import SHARD

#: Of one step: beyond it what the log holds has to do.
MAX_NAMES = 100


class Rereading:
    """What is read is known from then on."""

    def __init__(self, known: KnownObjects, writes: Writes) -> None:
        self._known = known
        self._writes = writes

    async def one(self, kind: str, namespace: str, name: str) -> bool:
        """Whether that object is another than was known, or is gone. Errors: ApiError, Unreachable."""
        live = await self._writes.read(kind, namespace, name)
        if live is None:
            return self._known.learn_absent(kind, namespace, name)
        return self._known.learn(kind, live)

    async def stage(self, key: StageKey) -> None:
        """All that a look at that Stage writes, after it has met another's write. Errors: as ``one``."""
        names, stage = [(STAGE, key.stage)], self._known.stage(key)
        names += [(FREIGHT, each.name) for each in self._known.freight_of(key)]
        names += [(PROMOTION, each.name) for each in self._known.promotions(key) if not each.has_ended]
        names += [(FREIGHT, name) for name in (stage.status.freight if stage else ())]
        for kind, name in dict.fromkeys(names):
            await self.one(kind, key.project, name)

    async def applications(self, names: Iterable[tuple[str, str]], namespaces: Iterable[str]) -> bool:
        """Whether any of those, or of those namespaces' Applications, is another. Errors: as ``one``."""
        changed = [await self.one(APPLICATION, namespace, name) for namespace, name in sorted(names)[:MAX_NAMES]]
        changed += [await self._namespace(namespace) for namespace in sorted(namespaces)]
        return any(changed)

    async def promotions(self, stage: StageKey, shard: str) -> None:
        """All Promotions of that Stage, by Kargo's label, or else of that shard in its project. Errors: as ``one``.

        One that is gone meanwhile is there until the log says so.
        """
        labels = f"{STAGE_LABEL}={stage.stage}" if len(stage.stage) <= MAX_LABEL else f"{SHARD}={shard}"
        for each in await self._writes.list(PROMOTION, stage.project, labels):
            if not each.fault:
                self._known.learn(PROMOTION, each.document)

    async def _namespace(self, namespace: str) -> bool:
        """What cannot be read is there all the same, as it was last known."""
        found = await self._writes.list(APPLICATION, namespace)
        here = {text(each.document, "metadata", "name") for each in found}
        changed = [self._known.learn(APPLICATION, each.document) for each in found if not each.fault]
        gone = [each.name for each in self._known.applications(namespace) if each.name not in here]
        changed += [self._known.learn_absent(APPLICATION, namespace, name) for name in gone]
        return any(changed)
