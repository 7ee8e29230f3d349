"""One look at a Stage without promotion steps: what is available to it is verified in it, and its status says so.

Freight first, the Stage's status after it: a process that dies in between goes on where it was.
"""

from __future__ import annotations

from collections.abc import Generator

from twisted.internet.interfaces import IReactorTime

from promoter_view.decoded import rfc3339
from promoter_view.promotions.documents import Document
from promoter_view.promotions.objects import WAREHOUSE, KnownObjects
from promoter_view.promotions.stage_writes import StageWrites
from promoter_view.promotions.state.control_flow import flow_of, flow_status
from promoter_view.promotions.state.freight_status import verified
from promoter_view.promotions.values import Stage
from promoter_view.slices import outcome_in_slices
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.freight import Freight

#: The Stage is looked at again so long after the time of some Freight is over, so that it is.
_AFTER_SOAK_SECONDS = 0.1


class FlowPass:
    """Looks at Stages through which Freight flows."""

    def __init__(self, known: KnownObjects, writes: StageWrites, clock: IReactorTime) -> None:
        self._known = known
        self._writes = writes
        self._clock = clock

    async def look(self, key: StageKey, stage: Stage, now: float) -> float | None:
        """Seconds until the next look: when Freight has soaked. Errors: as StagePass.look."""
        missing = self._missing(key, stage)
        ends: list[float] = []
        if not missing:
            found = self._found(key, stage, now, ends)
            available = await outcome_in_slices(found, reactor=self._clock)
            await self._writes.write_freight(key, stage, available, rfc3339(now))
        await self._writes.write_status(key, stage, flow_status(stage, missing, rfc3339(now)))
        return max(0.0, min(ends) - now) + _AFTER_SOAK_SECONDS if ends else None

    def _missing(self, key: StageKey, stage: Stage) -> list[str]:
        names = dict.fromkeys(each.warehouse for each in stage.requested)
        return [name for name in names if self._known.get(WAREHOUSE, key.project, name) is None]

    def _found(
        self, key: StageKey, stage: Stage, now: float, ends: list[float]
    ) -> Generator[None, None, list[tuple[Freight, Document]]]:
        """What is available and not verified yet, with its status to be; ``ends`` collects when others will be.

        A piece of Freight a step.
        """
        available: list[tuple[Freight, Document]] = []
        for name in self._known.unverified(key, dict.fromkeys(each.origin for each in stage.requested)):
            freight = self._known.freight(key.project, name)
            if freight is not None and key.stage not in freight.verified_in:
                found = flow_of(freight, stage, now)
                if found.is_available:
                    available.append((freight, verified(freight, key.stage, rfc3339(now))))
                elif found.at is not None:
                    ends.append(found.at)
            yield
        return available
