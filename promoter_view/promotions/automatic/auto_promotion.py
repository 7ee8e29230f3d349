"""Makes the Promotions that nobody asks for: decides on what the log holds, and once more on what the cluster says.

Nothing is remembered of what was made: the Promotion itself says that. So before one is created the Stage, whose shard
it is, the policy, the Freight and the Promotions that there are are read from the cluster, past the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.promotions.automatic.building import promotion_name, promotion_of
from promoter_view.promotions.automatic.decision import OriginAnswer, StageDecision, decide
from promoter_view.promotions.automatic.policies import PolicyAnswer, policy_of
from promoter_view.promotions.documents import Document
from promoter_view.promotions.objects import FREIGHT, PROJECT_CONFIG, PROMOTION, STAGE, KnownObjects
from promoter_view.promotions.pacing import Pacing
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.state.queue import Turn, turn
from promoter_view.promotions.values import Promotion, Stage, read_stage
from promoter_view.promotions.writes import Writes
from promoter_view.stages.authorization import StageKey

#: What the cluster has refused is tried again then, or as soon as something changes after that.
RETRY_SECONDS = 60.0
#: What the cluster says is another thing than what the log said: the log is given time to follow.
_PAUSE_SECONDS = 1.0
_TOO_MANY = 429
_UNREADABLE = PolicyAnswer(
    False,
    "NotPermitted",
    "promoter-view may not read projectconfigs.kargo.akuity.io, and so knows no promotion policy: "
    "/readyz?verbose tells more",
)
_NOT_INSTALLED = PolicyAnswer(
    False, "NotInstalled", "projectconfigs.kargo.akuity.io is not installed: there are no policies"
)


@dataclass(frozen=True, slots=True)
class _Refusal:
    freight: str
    words: str


class AutoPromotion:
    """Of the Stages of one shard. ``entropy`` gives 80 random bits, for names."""

    def __init__(
        self,
        known: KnownObjects,
        writes: Writes,
        rereading: Rereading,
        pacing: Pacing,
        *,
        shard: str,
        entropy: Callable[[], int],
    ) -> None:
        self._known = known
        self._writes = writes
        self._rereading = rereading
        self._pacing = pacing
        self._shard = shard
        self._entropy = entropy
        self._refusals: dict[StageKey, _Refusal] = {}

    def decide(
        self, key: StageKey, stage: Stage, turn: Turn, promotions: Sequence[Promotion], now: float
    ) -> StageDecision:
        """What is to be done, by what is known. ``stage`` has seen the end of what ``turn`` releases."""
        refusal = self._refusals.get(key)
        return decide(
            stage,
            self._policy(key, stage),
            turn,
            promotions,
            lambda request: self._known.offered(key, request),
            now,
            {} if refusal is None else {refusal.freight: refusal.words},
        )

    async def promote(self, key: StageKey, decision: StageDecision, now: float) -> float | None:
        """Creates what is to be promoted next. Seconds until the next look, 0 for at once, None for when it changes.

        Errors: as StagePass.look, but for what the cluster refuses: the condition says that.
        """
        answer = decision.next
        if answer is None:
            self._refusals.pop(key, None)
            return None if decision.at is None else max(0.0, decision.at - now)
        token = f"{key}/{answer.freight}"
        waiting = self._pacing.left(token)
        if waiting > 0:
            return waiting
        try:
            return await self._promote(key, answer, now)
        except ApiError as error:
            if error.status >= 501 or error.status == _TOO_MANY:
                raise
            self._pacing.rest(token, RETRY_SECONDS)
            refusal = _Refusal(answer.freight, error.message or str(error))
            is_news = self._refusals.get(key) != refusal
            self._refusals[key] = refusal
            return 0.0 if is_news else RETRY_SECONDS

    async def _promote(self, key: StageKey, answer: OriginAnswer, now: float) -> float:
        live = await self._read(key, answer)
        if live is None:
            return _PAUSE_SECONDS
        stage = read_stage(live)
        if stage.shard != self._shard or stage.is_deleting:
            return _PAUSE_SECONDS
        promotions = [each for each in self._known.promotions(key) if not each.is_deleting]
        found = turn(stage.status, promotions)
        again = self.decide(key, stage, found, promotions, now).next
        if found.released or again is None or (again.origin, again.freight) != (answer.origin, answer.freight):
            return _PAUSE_SECONDS
        name = promotion_name(key.stage, answer.freight, now, self._entropy())
        document = promotion_of(live, answer.freight, answer.origin, shard=self._shard, name=name)
        self._known.learn(PROMOTION, await self._writes.create(PROMOTION, key.project, document))
        self._refusals.pop(key, None)
        return 0.0

    async def _read(self, key: StageKey, answer: OriginAnswer) -> Document | None:
        """The Stage as the cluster has it: the log keeps not all of its steps. All else that counts is known anew."""
        await self._rereading.one(PROJECT_CONFIG, key.project, key.project)
        await self._rereading.one(FREIGHT, key.project, answer.freight)
        await self._rereading.promotions(key, self._shard)
        live = await self._writes.read(STAGE, key.project, key.stage)
        if live is not None:
            self._known.learn(STAGE, live)
        return live

    def _policy(self, key: StageKey, stage: Stage) -> PolicyAnswer:
        is_installed = self._known.has_project_configs
        if is_installed is None:
            return _UNREADABLE
        if not is_installed:
            return _NOT_INSTALLED
        return policy_of(self._known.get(PROJECT_CONFIG, key.project, key.project), key.project, stage.document)
