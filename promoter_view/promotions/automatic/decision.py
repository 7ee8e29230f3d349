"""What auto-promotion does for a Stage now, and why it does nothing where it does not. Pure.

It asks for what is there, and remembers nothing: as soon as a Promotion of the Freight is there, that is why no other
is made. So it may be asked again at any moment, after a crash too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping
from promoter_view.promotions.automatic.candidates import candidate
from promoter_view.promotions.automatic.holds import effective, lasting
from promoter_view.promotions.automatic.marks import is_automatic, is_withdrawn
from promoter_view.promotions.automatic.policies import PolicyAnswer
from promoter_view.promotions.state.execution import PromotionPhase
from promoter_view.promotions.state.queue import Turn, ordered
from promoter_view.promotions.values import Promotion, Stage
from promoter_view.stages.assessment import Condition
from promoter_view.stages.freight import Freight, FreightRequest
from promoter_view.stages.steps import told_foreign

#: Gives the Freight that could be available by a request, the newest first.
FreightOf = Callable[[FreightRequest], Iterable[Freight]]
TYPE = "AutoPromotion"
_FIELDS = ("autoPromotionEnabled", "autoPromotionHolds", "effectiveAutoPromotionHolds")
#: Where several origins are requested, the first of these that is true of one of them is the reason.
_ORDER = (
    "TargetsNotSupported",
    "StepsNotSupported",
    "Refused",
    "LastPromotionNotSuccessful",
    "Held",
    "Promoting",
    "InProgress",
    "NothingAvailable",
    "UpToDate",
)
_BLOCKED = frozenset(_ORDER[:5])


@dataclass(frozen=True, slots=True)
class OriginAnswer:
    """What is to be said of one origin. ``freight`` is to be promoted now, "" for none.

    ``at``: see FreightCandidate.
    """

    origin: str
    reason: str
    message: str
    freight: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class StageDecision:
    """``answers`` are by origin, in the Stage's order; none where the policy enables nothing. Holds are by origin."""

    policy: PolicyAnswer
    answers: Sequence[OriginAnswer] = ()
    holds: Mapping[str, Any] | None = None
    effective_holds: Mapping[str, Any] | None = None

    @property
    def next(self) -> OriginAnswer | None:
        """The first origin of which Freight is to be promoted now."""
        return next((each for each in self.answers if each.freight), None)

    @property
    def at(self) -> float | None:
        """When to look again, in seconds since 1970: Freight becomes available by time alone."""
        return min((each.at for each in self.answers if each.at is not None), default=None)

    @property
    def condition(self) -> Condition:
        """What the Stage's condition AutoPromotion says. It names moments, and never how much of a time has passed."""
        if not self.policy.is_enabled:
            return Condition("False", self.policy.reason, self.policy.message)
        reasons = {each.reason for each in self.answers}
        reason = next((name for name in _ORDER if name in reasons), _ORDER[-1])
        status = "False" if reason in _BLOCKED else "True"
        return Condition(status, reason, "; ".join(each.message for each in self.answers))

    def written(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """That status of the Stage with what Kargo keeps there of auto-promotion."""
        said = (self.policy.is_enabled, self.holds, self.effective_holds)
        kept = {name: value for name, value in status.items() if name not in _FIELDS}
        return kept | {name: value for name, value in zip(_FIELDS, said, strict=True) if value}


def decide(
    stage: Stage,
    policy: PolicyAnswer,
    turn: Turn,
    promotions: Sequence[Promotion],
    freight_of: FreightOf,
    now: float,
    refusals: Mapping[str, str],
) -> StageDecision:
    """``stage`` has seen the end of what ``turn`` releases. ``refusals`` are words, by the Freight that they are about.

    ``promotions`` are all those of the Stage.
    """
    if not policy.is_enabled:
        return StageDecision(policy)
    holds = lasting(stage, turn.released)
    later = sorted((each for each in promotions if not each.has_ended), key=lambda each: (each.created, each.name))
    in_effect = effective(stage, holds, later)
    cannot = _hindrance(stage)
    if cannot is not None:
        return StageDecision(policy, (cannot,), holds, in_effect)
    answers = []
    for request in stage.requested:
        held = in_effect.get(request.origin)
        found = _held(request, held) if held else _answer(stage, request, promotions, freight_of, now)
        answers.append(_refused(found, refusals))
    return StageDecision(policy, answers, holds, in_effect)


def obstacle(stage: Stage, freight: str, promotions: Iterable[Promotion]) -> tuple[str, str] | None:
    """Why that Freight is not to be promoted, as a reason and a sentence; None where nothing stands against it."""
    if freight in stage.status.freight:
        return "UpToDate", f"Freight {freight} is in use already"
    counting = [each for each in ordered(promotions) if not is_withdrawn(each)]
    of_it = [each for each in counting if each.freight == freight]
    open_one = next((each for each in of_it if not each.has_ended), None)
    if open_one is not None:
        return "InProgress", f"Promotion {open_one.name} promotes Freight {freight} already"
    newest = next(iter(of_it), None)
    if newest is not None and newest.execution.phase is not PromotionPhase.SUCCEEDED:
        told = f"the last Promotion of Freight {freight}, {newest.name}, ended {newest.execution.phase.value}"
        return "LastPromotionNotSuccessful", f"{told}: promote it again to retry"
    if newest is not None and newest.name == next(each.name for each in counting if each.has_ended):
        return "InProgress", f"Promotion {newest.name} has promoted Freight {freight}, which is not in use yet"
    return None


def _hindrance(stage: Stage) -> OriginAnswer | None:
    """Why a Promotion of the Stage would come to nothing here, whatever its Freight; None where it would not."""
    if mapping(stage.document, "spec").get("targets") is not None:
        return OriginAnswer("", "TargetsNotSupported", "spec.targets: promoter-view promotes to Stages, not to Targets")
    if stage.foreign_steps:
        return OriginAnswer("", "StepsNotSupported", told_foreign(stage.foreign_steps))
    return None


def _held(request: FreightRequest, hold: Mapping[str, Any]) -> OriginAnswer:
    actor, promotion = hold.get("actor"), hold.get("promotionName")
    by = f" by {actor}" if actor else ""
    told = f"{request.origin} is held{by} at Freight {hold.get('freightName')}"
    told = f"{told} since Promotion {promotion}" if promotion else told
    return OriginAnswer(request.origin, "Held", f"{told}, until the newest Freight is promoted by somebody")


def _answer(
    stage: Stage, request: FreightRequest, promotions: Sequence[Promotion], freight_of: FreightOf, now: float
) -> OriginAnswer:
    chosen = candidate(stage, request, freight_of(request), now)
    if chosen.freight is None:
        return OriginAnswer(request.origin, "NothingAvailable", chosen.message, at=chosen.at)
    name = chosen.freight.name
    against = obstacle(stage, name, promotions)
    if against is not None:
        return OriginAnswer(request.origin, *against, at=chosen.at)
    return OriginAnswer(request.origin, "Promoting", f"Freight {name} is to be promoted", name, chosen.at)


def _refused(answer: OriginAnswer, refusals: Mapping[str, str]) -> OriginAnswer:
    """What the cluster has said to the Promotion is told, and it is tried again all the same."""
    said = refusals.get(answer.freight) if answer.freight else None
    if said is None:
        return answer
    told = f"the Promotion of Freight {answer.freight} was refused: {said}"
    return OriginAnswer(answer.origin, "Refused", told, answer.freight, answer.at)


def superfluous(promotion: Promotion, stage: Stage, promotions: Iterable[Promotion]) -> str:
    """Why one that auto-promotion has made, and that waits, has nothing to do; "" where it has, and of all others.

    A request that the cluster carries out late, after another process has made the Promotion, brings such a one.
    """
    if not is_automatic(promotion) or promotion.execution.phase not in (PromotionPhase.NEW, PromotionPhase.PENDING):
        return ""
    found = ordered(promotions)
    place = next((place for place, each in enumerate(found) if each.name == promotion.name), len(found))
    against = obstacle(stage, promotion.freight, [*found[:place], *(each for each in found if each.has_ended)])
    return f"auto-promotion has made it in vain: {against[1]}" if against else ""
