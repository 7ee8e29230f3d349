"""A controller on a cluster in memory, built as the service builds it, and turned by hand."""

from __future__ import annotations

from itertools import count
from typing import Any

from twisted.internet.task import Clock

from promoter_view.decoded import rfc3339
from promoter_view.metrics import Metrics
from promoter_view.promotions.applying import Applying
from promoter_view.promotions.automatic.auto_promotion import AutoPromotion
from promoter_view.promotions.controller import PromotionController
from promoter_view.promotions.flow_pass import FlowPass
from promoter_view.promotions.objects import KnownObjects
from promoter_view.promotions.pacing import Pacing
from promoter_view.promotions.promotion_pass import PromotionPass
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.stage_pass import StagePass
from promoter_view.promotions.stage_writes import StageWrites
from promoter_view.promotions.state.execution import Execution, PlannedStep
from promoter_view.promotions.steps.catalogue import known_steps
from promoter_view.promotions.steps_of import PromotionSteps
from promoter_view.promotions.telling.announcing import Announcing
from promoter_view.promotions.writes import Writes
from tests.promotions.cluster import Cluster
from tests.promotions.kargo import SHARD
from tests.promotions.runs import NOW
from tests.support.clocks import Wall

STEPS = known_steps()


class Plain:
    """Configs without expressions; a step's ``if`` is whether it runs."""

    def holds(self, step: PlannedStep, execution: Execution) -> bool:
        return step.condition != "never"

    def configure(self, step: PlannedStep, execution: Execution) -> Any:
        return step.config


class Process:
    """One process that runs the shard. ``turn`` lets it do all that it can do now; the log follows its writes."""

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock | None = None,
        known: KnownObjects | None = None,
        applications: Cluster | None = None,
        promotes: bool = False,
    ) -> None:
        self.applications = applications or cluster
        self.cluster = cluster
        self.clock = clock or Clock()
        if clock is None:
            self.clock.advance(NOW)
        self.wall = Wall(self.clock)
        self.may_write = True
        self.metrics = Metrics()
        self.entropy = count(1)
        self.known = known or cluster.known(promotes=promotes)
        writes = Writes(cluster, self.applications, may_write=lambda: self.may_write, metrics=self.metrics)
        applying = Applying(self.known, writes, clock=self.clock, wall=self.wall, random=lambda: 0.5)
        pacing = Pacing(clock=self.clock, wall=self.wall)
        rereading = Rereading(self.known, writes)
        parts = (applying, rereading)
        promotions = PromotionPass(
            self.known, writes, *parts, pacing, shard=SHARD, steps_of=self._steps_of, metrics=self.metrics
        )
        announcing = Announcing(self.known, writes, applying, shard=SHARD)
        of_stages = StageWrites(self.known, writes, announcing)
        flow = FlowPass(self.known, of_stages, self.clock)
        automatic = None
        if promotes:
            automatic = AutoPromotion(
                self.known, writes, rereading, pacing, shard=SHARD, entropy=lambda: next(self.entropy)
            )
        stages = StagePass(
            self.known, of_stages, promotions, flow, applying, automatic, shard=SHARD, default_namespace="argocd"
        )
        self.controller = PromotionController(
            self.known,
            stages,
            rereading,
            may_write=lambda: self.may_write,
            clock=self.clock,
            wall=self.wall,
            random=lambda: 0.5,
            metrics=self.metrics,
        )
        self.controller.start()

    def turn(self, *, fed: bool = True, seconds: float = 0.0) -> None:
        """Lets time pass, then goes on until nothing more happens at this moment."""
        self.clock.advance(seconds)
        for _ in range(60):
            before = len(self.cluster.writes)
            self.clock.advance(0.02)
            if fed:
                self.cluster.feed(self.known)
                self.applications.feed(self.known)
            self.clock.advance(0)
            if len(self.cluster.writes) == before and not self._is_due():
                return
        raise AssertionError("it never comes to rest")

    def _is_due(self) -> bool:
        soon = self.clock.seconds() + 0.02
        return any(call.getTime() <= soon for call in self.clock.getDelayedCalls())

    @property
    def moment(self) -> str:
        """Now, as objects have it."""
        return rfc3339(self.clock.seconds())

    def _steps_of(self, key: Any, stage: Any, promotion: Any, lookups: Any) -> PromotionSteps:
        return PromotionSteps(
            STEPS, Plain(), stage=key, promotion=promotion, applications=lookups, default_namespace="argocd"
        )
