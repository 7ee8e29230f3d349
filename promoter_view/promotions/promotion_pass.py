"""The Promotions of one Stage: what is asked of them by annotation, and the run of the one whose turn it is.

A run's status is written before what its steps want of Applications is done. So a process that dies in between finds
on its return that the step runs, and looks at the Application for what it has done: there the operation names the
Promotion (promotions/steps/operation.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from twisted.logger import Logger

from promoter_view.kubernetes.outcomes import ClusterError
from promoter_view.metrics import Metrics
from promoter_view.promotions import engine
from promoter_view.promotions.applying import Applying
from promoter_view.promotions.automatic.decision import superfluous
from promoter_view.promotions.dependents import Dependence
from promoter_view.promotions.engine import Pass
from promoter_view.promotions.objects import FREIGHT, PROMOTION, STAGE, KnownObjects
from promoter_view.promotions.pacing import Pacing
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.state.execution import Execution, PromotionPhase, write_execution
from promoter_view.promotions.state.freight import collection, reference
from promoter_view.promotions.state.requests import abort_message
from promoter_view.promotions.steps_of import Lookups, PromotionSteps
from promoter_view.promotions.values import Promotion, Stage, read_promotion
from promoter_view.promotions.writes import Writes
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.availability import availability
from promoter_view.stages.freight import Freight

#: Builds what the engine asks of the steps of one Promotion.
StepsOf = Callable[[StageKey, Stage, Promotion, Lookups], PromotionSteps]


@dataclass(frozen=True, slots=True)
class _Run:
    """One pass over one Promotion, which has its Freight. ``applications`` collects; ``stepped``: see engine.run."""

    key: StageKey
    stage: Stage
    promotion: Promotion
    execution: Execution
    now: float
    stepped: float
    applications: Dependence


class PromotionPass:
    """Runs Promotions of one shard, a step at a time."""

    _log = Logger()

    def __init__(
        self,
        known: KnownObjects,
        writes: Writes,
        applying: Applying,
        rereading: Rereading,
        pacing: Pacing,
        *,
        shard: str,
        steps_of: StepsOf,
        metrics: Metrics,
    ) -> None:
        self._known = known
        self._writes = writes
        self._applying = applying
        self._rereading = rereading
        self._pacing = pacing
        self._shard = shard
        self._steps_of = steps_of
        self._metrics = metrics

    async def tidy(self, key: StageKey, now: float) -> None:
        """New ones wait, and say what keeps them from ever running; what people ask for by annotation is done."""
        stage = self._known.stage(key)
        hindrance = _hindrance(key, stage, self._shard)
        promotions = self._known.promotions(key)
        for promotion in promotions:
            if promotion.shard(stage) == self._shard and not promotion.is_deleting:
                abort = abort_message(promotion.abort, self._shard) or _in_vain(promotion, stage, promotions)
                await self._write(promotion, _tidied(promotion.execution, abort, hindrance, now))

    async def run(
        self, key: StageKey, stage: Stage, promotion: Promotion, now: float, applications: Dependence
    ) -> float | None:
        """Seconds until the next look. Errors: as StagePass.look."""
        uid = promotion.uid
        waiting = self._pacing.left(uid)
        if waiting > 0:
            return waiting
        promotion, execution = await self._begin(key, stage, promotion, now)
        if execution.phase.terminal:
            await self._write(promotion, execution)
            return 0.0
        stepped = self._pacing.stepped(key, uid, execution.running_since)
        outcome = await self._advance(_Run(key, stage, promotion, execution, now, stepped, applications))
        self._pacing.stepped(key, uid, outcome.execution.running_since)  # from now on
        if outcome.again_seconds is None:
            return 0.0
        if outcome.retry:
            self._pacing.rest(uid, outcome.again_seconds)
        return outcome.again_seconds

    async def _begin(
        self, key: StageKey, stage: Stage, promotion: Promotion, now: float
    ) -> tuple[Promotion, Execution]:
        """The Promotion once it has taken its Freight, as it does when its turn has come, and its run."""
        execution, name = promotion.execution, promotion.freight
        if execution.phase is PromotionPhase.RUNNING:
            return promotion, execution
        freight = self._known.freight(key.project, name) if name else None
        problem = _problem(stage, promotion, freight, now)
        if problem is not None and name:
            await self._rereading.one(FREIGHT, key.project, name)
            await self._rereading.one(STAGE, key.project, key.stage)
            stage = self._known.stage(key) or stage
            freight = self._known.freight(key.project, name)
            problem = _problem(stage, promotion, freight, now)
        if problem is not None or freight is None:
            return promotion, engine.refuse(execution, problem or "", now)
        taken = reference(freight)
        return replace(promotion, taken=taken, collection=collection(stage, taken)), engine.begin(execution, now)

    async def _advance(self, run: _Run) -> Pass:
        """A pass, and what it wants done; a failure of that is the step's result, and the pass goes on."""
        promotion, plan, lookups = run.promotion, run.promotion.plan, Lookups(self._known)
        steps = self._steps_of(run.key, run.stage, promotion, lookups)
        outcome = engine.run(plan, run.execution, steps, run.now, run.stepped)
        while _has_new_fault(run.execution, outcome.execution) and await self._has_news(lookups):
            outcome = engine.run(plan, run.execution, steps, run.now, run.stepped)
        while True:
            promotion = await self._write(promotion, outcome.execution)
            run.applications.names |= lookups.asked
            run.applications.selections |= lookups.selected
            if outcome.result is None:
                return outcome
            run.applications.names |= {(each.namespace, each.name) for each in outcome.result.watched}
            failure = await self._applying.carry_out(outcome.actions, outcome.result, promotion)
            if failure is None:
                return outcome
            outcome = engine.fail(plan, outcome.execution, steps, failure, run.now, run.stepped)

    async def _has_news(self, lookups: Lookups) -> bool:
        """Whether the cluster knows more of what the steps asked for, each asked once in a pass.

        A cluster that cannot be asked knows no more.
        """
        names, namespaces = lookups.unconfirmed()
        try:
            return await self._rereading.applications(names, namespaces)
        except ClusterError as error:
            self._log.warn("decided on what the log holds: {error}", error=str(error))
            return False

    async def _write(self, promotion: Promotion, execution: Execution) -> Promotion:
        """The Promotion with its Freight and that run in its status, written where the cluster's differs."""
        brings = {"freight": promotion.taken, "freightCollection": promotion.collection}
        held = {name: value for name, value in brings.items() if value}
        status = write_execution({**promotion.status, **held}, execution)
        if promotion.refresh:
            status["lastHandledRefresh"] = promotion.refresh
        if status == promotion.status:
            return promotion
        written = await self._writes.write_status(PROMOTION, promotion.document, status)
        self._known.learn(PROMOTION, written)
        self._count(promotion, execution)
        return read_promotion(written)

    def _count(self, before: Promotion, execution: Execution) -> None:
        known = {record.alias: record for record in before.execution.records}
        uses = {step.alias: step.uses for step in before.plan}
        for record in execution.records:
            earlier = known.get(record.alias)
            if record.status != "Running" and (earlier is None or earlier.status != record.status):
                self._metrics.promotion_steps.labels(_known_step(uses.get(record.alias, "")), record.status).inc()
        if execution.phase.terminal and before.execution.phase is not execution.phase:
            self._metrics.promotions_ended.labels(execution.phase.value).inc()
            self._log.info(
                "{kind} {namespace}/{name}: {outcome}",
                kind=PROMOTION,
                namespace=before.namespace,
                name=before.name,
                outcome=execution.phase.value,
            )


def _has_new_fault(before: Execution, after: Execution) -> bool:
    known = set(before.records)
    return any(record.is_fault for record in after.records if record not in known)


def _known_step(uses: str) -> str:
    """Names from objects are no labels: what is not ours is one."""
    return uses if uses in ("argocd-update", "argocd-wait") else "other"


def _in_vain(promotion: Promotion, stage: Stage | None, promotions: Sequence[Promotion]) -> str | None:
    return None if stage is None else superfluous(promotion, stage, promotions) or None


def _tidied(execution: Execution, abort: str | None, hindrance: str, now: float) -> Execution:
    if execution.phase.terminal:
        return execution
    if abort is not None:
        return engine.abort(execution, abort, now)
    if execution.phase is PromotionPhase.RUNNING:
        return execution
    return replace(execution, phase=PromotionPhase.PENDING, message=hindrance)


def _hindrance(key: StageKey, stage: Stage | None, shard: str) -> str:
    """Why nobody here gives a turn to the Promotions of that Stage; "" where somebody does."""
    if stage is None:
        return f"Stage {key.stage} does not exist in {key.project}"
    if stage.shard != shard:
        whose = f"of shard {stage.shard}" if stage.shard else "of no shard: its spec.shard is empty"
        return f"this Promotion is of shard {shard}, and Stage {key.stage} is {whose}"
    if not stage.has_steps:
        return f"Stage {key.stage} has no promotion steps: it is for control flow only"
    return ""


def _problem(stage: Stage, promotion: Promotion, freight: Freight | None, now: float) -> str | None:
    """Why a Promotion cannot run at all."""
    if promotion.target:
        return "spec.target: promoter-view promotes to Stages, not to Targets"
    if not promotion.freight:
        return "spec.freight is empty: Kargo's webhook fills it from spec.origin, and is not there"
    if freight is None:
        return f"Freight {promotion.freight} does not exist in {promotion.namespace}"
    found = availability(freight, stage.name, stage.requested, now)
    return None if found.is_available else found.reason
