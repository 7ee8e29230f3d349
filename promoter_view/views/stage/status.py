"""The field ``status`` of StageDetails: its health in one word, since when, what comes next, and conditions. Pure.

The word comes from the field ``health``; where there is no health to tell of, it says why.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from promoter_view.decoded import mapping, mappings, moment, rfc3339, text, texts
from promoter_view.records import Tally, Word
from promoter_view.stages.assessment import SUCCEEDED, is_control_flow
from promoter_view.stages.health import Health
from promoter_view.stages.steps import foreign_steps, told_foreign
from promoter_view.views.contents import Contents
from promoter_view.views.definition import Assessed, StatusField
from promoter_view.views.stage.next_freight import NEXT_SCHEMA, choose_next, read_auto_promotion, tell_next
from promoter_view.views.status import conditions as showing
from promoter_view.views.status.conditions import NOT_VISIBLE, StatusCondition, verdict
from promoter_view.views.status.messages import clipped
from promoter_view.views.status.words import WHOLE

_CHECKED, _FREIGHT = "Application", "Freight"
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9]{0,60}")
_FLOWS = "Freight flows through it: it has no promotion steps"
_EMPTY = "nothing was promoted to it yet"
_STATES = tuple(Health)


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What a Stage says of itself. Times are seconds since 1970, None where it does not tell.

    ``foreign_steps``: the kinds of its steps that are not run here.
    """

    flows: bool
    promoting: str
    last: str
    phase: str
    kargo_health: str
    foreign_steps: Sequence[str]
    created: int | None
    ended: int | None
    healthy_since: int | None


@dataclass(frozen=True, slots=True)
class AssessedStage:
    """See definition.Assessed. ``reason`` is one word; ``by_checks``: Applications have decided.

    ``coming``: what could be promoted next, of each Warehouse.
    """

    facts: StageFacts
    state: Health
    reason: str
    message: str
    by_checks: bool
    coming: tuple[Mapping[str, str], ...] = ()

    @property
    def words(self) -> Mapping[str, str]:
        """See Assessed."""
        return {WHOLE: str(self.state), **{each.key: each.status for each in self._conditions(frozenset())}}

    @property
    def began(self) -> Mapping[str, int]:
        """See Assessed: the word's, as far as the Stage itself tells, and the conditions' times with it."""
        at = self._began
        return {} if at is None else dict.fromkeys(self.words, at)

    def tally(
        self,
        before: Mapping[str, Tally],
        words: Mapping[str, Word],  # noqa: ARG002
        at: int,  # noqa: ARG002
    ) -> Generator[None, None, Mapping[str, Tally]]:
        """See Assessed. Nothing of a Stage is counted."""
        yield from ()
        return before

    def render(
        self, words: Mapping[str, Word], hidden: frozenset[str] = frozenset()
    ) -> Generator[None, None, Sequence[bytes]]:
        """See Assessed: one piece."""
        whole, facts = words[WHOLE], self.facts
        told = {
            "state": whole.value,
            "since": rfc3339(whole.since),
            "message": self._message(hidden),
            "promoting": bool(facts.promoting),
            "kargoHealth": facts.kargo_health,
            "next": () if _FREIGHT in hidden else self.coming,
        }
        shown = {name: value for name, value in told.items() if value}
        yield
        return [orjson.dumps({**shown, "conditions": showing.told(self._conditions(hidden), words)})]

    @property
    def _began(self) -> int | None:
        facts = self.facts
        if self.state is Health.HEALTHY:
            return facts.healthy_since or facts.ended
        if facts.promoting or self.by_checks:
            return None
        return facts.ended if facts.last and not facts.flows else facts.created

    def _message(self, hidden: frozenset[str]) -> str:
        return NOT_VISIBLE if self.message and self.by_checks and _CHECKED in hidden else clipped(self.message)

    def _conditions(self, hidden: frozenset[str]) -> tuple[StatusCondition, ...]:
        state, message = self.state, self._message(hidden)
        unsaid = state in (Health.UNKNOWN, Health.NOT_APPLICABLE)
        moves = state is Health.PROGRESSING or bool(self.facts.promoting)
        foreign = self.facts.foreign_steps
        steps = StatusCondition("StepsSupported", "False", "StepsNotSupported", clipped(told_foreign(foreign)))
        return (
            StatusCondition("Healthy", "Unknown" if unsaid else verdict(state is Health.HEALTHY), self.reason, message),
            StatusCondition("Progressing", verdict(moves), self.reason, message if moves else ""),
            StatusCondition(
                "NeedsAttention", verdict(state is Health.UNHEALTHY), self.reason, "" if moves or unsaid else message
            ),
            *((steps,) if foreign else ()),
        )


def assess_stage(contents: Contents) -> Generator[None, None, Assessed]:
    """What is said of a Stage, of its details: what comes next is a step, and the rest one."""
    yield
    policy = contents.root(read_auto_promotion)
    coming = tuple(tell_next(each, policy) for each in contents.one("availability", choose_next))
    yield
    return replace(_assessed_stage(contents), coming=coming)


def _assessed_stage(contents: Contents) -> AssessedStage:
    facts = contents.root(read_stage)
    if facts.flows:
        return AssessedStage(facts, Health.NOT_APPLICABLE, "ControlFlow", _FLOWS, by_checks=False)
    state, message = contents.one("health", read_health)
    if state is None:
        return AssessedStage(facts, Health.UNKNOWN, "NoFreight", _EMPTY, by_checks=False)
    if facts.promoting:
        return AssessedStage(facts, state, "ActivePromotion", message, by_checks=False)
    if facts.last and facts.phase != SUCCEEDED:
        reason = f"LastPromotion{facts.phase}"
        return AssessedStage(facts, state, reason, message, by_checks=False)
    return AssessedStage(facts, state, str(state), message, by_checks=True)


def read_stage(stage: Mapping[str, Any]) -> StageFacts:
    """What a Stage says of itself."""
    status = mapping(stage, "status")
    last = mapping(status, "lastPromotion")
    phase = text(last, "status", "phase")
    current = mapping(status, "currentPromotion")
    healthy = [each for each in mappings(status, "conditions") if text(each, "type") == "Healthy"]
    return StageFacts(
        flows=is_control_flow(stage),
        promoting=text(current, "name") or "?" if current else "",
        last=text(last, "name") or "?" if last else "",
        phase=phase if _REASON.fullmatch(phase) else "Unknown",
        kargo_health=text(status, "health", "status"),
        foreign_steps=foreign_steps(stage),
        created=_seconds(stage, "metadata", "creationTimestamp"),
        ended=_seconds(last, "finishedAt") or _seconds(last, "status", "finishedAt"),
        healthy_since=next(
            (_seconds(it, "lastTransitionTime") for it in healthy if text(it, "status") == "True"), None
        ),
    )


def read_health(health: Mapping[str, Any]) -> tuple[Health | None, str]:
    """The state, None where there is none, and why it is not Healthy."""
    status = text(health, "status")
    issues = texts(health, "issues")
    return (Health(status) if status in _STATES else None), issues[0] if issues else ""


def _seconds(value: Any, *path: str) -> int | None:
    at = moment(value, *path)
    return None if at is None else int(at.timestamp())


_SCHEMA = {
    "description": "The summary of the Stage. It is computed at each change of what it depends on. The field since "
    "survives restarts.",
    "type": "object",
    "required": ["state", "since", "conditions"],
    "properties": {
        "state": showing.described(
            "Healthy, Progressing, Unhealthy, Unknown, or NotApplicable if Freight only flows through the Stage. "
            "It is the same for everybody, whichever members one may see; use the field selector status.state to "
            "select by it."
        ),
        "since": showing.moment("Since when it is in this state: the time when the change was recorded."),
        "message": showing.described("The reason. Left out if there is nothing to say."),
        "promoting": {"description": "A Promotion is running. Left out otherwise.", "type": "boolean"},
        "kargoHealth": showing.described(
            "The health in the Stage's own status, written by the controller of its shard. Kargo's own controller says "
            "Unknown if the last Promotion did not succeed, and checks again every five minutes. Left out if the "
            "Stage has none."
        ),
        "next": NEXT_SCHEMA,
        "conditions": showing.schema(
            {
                "Healthy": "True or False if the state is known.",
                "Progressing": "a Promotion is running, or an Application is progressing.",
                "NeedsAttention": "True if it is Unhealthy.",
                "StepsSupported": "False if it has steps that promoter-view cannot run; left out otherwise.",
            }
        ),
        "url": showing.described("The dashboard's page of the Stage. Left out without --dashboard-url."),
    },
}


#: The field.
STAGE_STATUS = StatusField(assess_stage, _SCHEMA, tuple(state.value for state in Health))

if TYPE_CHECKING:
    _assessed: type[Assessed] = AssessedStage
