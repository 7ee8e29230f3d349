"""The field ``status`` of PromotionStrategyDetails: how a strategy stands, since when, and why. Pure.

Each environment is a piece of its own, and kept by what it says: of a thousand a change of one makes one anew.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from promoter_view.decoded import mapping, mappings, rfc3339, text
from promoter_view.records import Tally, Word
from promoter_view.views.contents import Contents
from promoter_view.views.definition import Assessed, StatusField
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES
from promoter_view.views.promotion_strategy.state.environment import EnvironmentFacts
from promoter_view.views.promotion_strategy.state.kinds import STEMS, ReasonKind
from promoter_view.views.promotion_strategy.state.reasons import Reason
from promoter_view.views.promotion_strategy.state.standing import (
    DryCommit,
    MergeRequest,
    by_branch,
    read_merge_request,
    read_standing,
)
from promoter_view.views.promotion_strategy.state.status_schema import STATUS_SCHEMA
from promoter_view.views.promotion_strategy.state.summary import (
    Summary,
    read_rules,
    rule_steps,
    short_names,
    summarize_strategy,
)
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.promotion_strategy.tally.fold import tally_steps
from promoter_view.views.promotion_strategy.tally.observing import observe, observing_steps
from promoter_view.views.status import conditions as showing
from promoter_view.views.status.conditions import NOT_VISIBLE, StatusCondition, verdict
from promoter_view.views.status.pieces import pieces_of
from promoter_view.views.status.words import ENVIRONMENT, WHOLE

_POLICY, _HISTORY = "ChangeTransferPolicy", "ChangeTransferPolicyHistory"
#: Environments whose JSON is kept: those of the largest strategies, or of a thousand usual ones.
_KEPT = 4096
_Hidden = frozenset[str]
_NOBODY: _Hidden = frozenset()


@dataclass(frozen=True, slots=True)
class AssessedEnvironment:
    """What is said of an environment beside since when. ``merged``: what its history says brought what is live."""

    facts: EnvironmentFacts
    name: str
    level: int
    depends_on: tuple[str, ...]
    merged: MergeRequest | None


@dataclass(frozen=True, slots=True)
class AssessedStrategy:
    """See definition.Assessed. ``environments`` come in promotion order; ``contents`` is what is counted."""

    summary: Summary
    environments: tuple[AssessedEnvironment, ...]
    contents: Contents = field(compare=False, repr=False)

    @property
    def words(self) -> Mapping[str, str]:
        """See Assessed."""
        environments = {ENVIRONMENT + it.facts.branch: it.facts.state.value for it in self.environments}
        conditions = {each.key: each.status for each in _conditions(self.summary.state, "")}
        return {WHOLE: self.summary.state.value, **conditions, **environments}

    @property
    def began(self) -> Mapping[str, int]:
        """See Assessed: for the whole, the time of the environment that it comes from, else the latest."""
        told = {ENVIRONMENT + it.facts.branch: it.facts.began for it in self.environments}
        times = {of: time for of, time in told.items() if time is not None}
        foremost = self.summary.foremost
        whole = max(times.values(), default=None) if foremost is None else foremost.began
        if whole is not None:
            times |= {each.key: whole for each in _conditions(self.summary.state, "")} | {WHOLE: whole}
        return times

    def tally(
        self,
        before: Mapping[str, Tally],
        words: Mapping[str, Word],  # noqa: ARG002
        at: int,  # noqa: ARG002
    ) -> Generator[None, None, Mapping[str, Tally]]:
        """See Assessed: a member that was not read yet, or an environment that changed, a step."""
        yield from observing_steps(self.contents)
        return (yield from tally_steps(before, observe(self.contents)))

    def render(
        self, words: Mapping[str, Word], hidden: frozenset[str] = _NOBODY
    ) -> Generator[None, None, Sequence[bytes]]:
        """See Assessed: a piece an environment, and a step."""
        summary, whole = self.summary, words[WHOLE]
        message = self._message(hidden)
        told = {
            "state": whole.value,
            "since": rfc3339(whole.since),
            "message": message,
            "newest": {} if _POLICY in hidden else _newest(summary.newest),
        }
        opening: dict[str, Any] = {name: value for name, value in told.items() if value}
        opening |= {"promoted": summary.promoted_count, "total": len(self.environments)}
        if summary.order.oddities:
            opening["orderProblems"] = summary.order.oddities
        relevant = hidden & _RELEVANT
        environments: list[bytes] = []
        for it in self.environments:
            environments.append(_piece(it, words[ENVIRONMENT + it.facts.branch], relevant))
            yield
        conditions = showing.told(_conditions(summary.state, message), words)
        return pieces_of(opening, environments, {"conditions": conditions})

    def _message(self, hidden: _Hidden) -> str:
        foremost, message = self.summary.foremost, self.summary.message
        return NOT_VISIBLE if foremost is not None and message and _is_hidden(foremost, hidden) else message


def assess_strategy(contents: Contents) -> Generator[None, None, Assessed]:
    """What is said of a strategy, of its details: a member that was not read yet, or an environment, a step."""
    yield from rule_steps(contents)
    rules = read_rules(contents)
    standings = rules.kinds.reading(read_standing)
    yield from contents.steps(POLICIES, standings)
    summary = yield from summarize_strategy(contents, rules, by_branch(contents.each(POLICIES, standings)))
    yield from contents.steps(HISTORIES, read_last_merge)
    names, merged = short_names(summary.order.branches), dict(contents.each(HISTORIES, read_last_merge))
    return AssessedStrategy(
        summary,
        tuple(
            AssessedEnvironment(facts, names[facts.branch], at.level, at.depends_on, merged.get(facts.branch))
            for facts, at in zip(summary.environments, summary.order.vertices, strict=True)
        ),
        contents,
    )


def read_last_merge(history: Mapping[str, Any]) -> tuple[str, MergeRequest | None]:
    """The branch of a ChangeTransferPolicyHistory, and the pull request of its newest entry."""
    newest = next(mappings(history, "status", "history"), {})
    found = mapping(newest, "pullRequest")
    return text(history, "spec", "activeBranch"), read_merge_request(found) if found else None


def _conditions(state: StateWord, message: str) -> tuple[StatusCondition, ...]:
    is_done, needs_a_person = state is StateWord.UP_TO_DATE, state.needs_a_person
    moves = not is_done and not needs_a_person and state is not StateWord.UNKNOWN
    return (
        StatusCondition("Promoted", verdict(is_done), state.value, message),
        StatusCondition("Progressing", verdict(moves), state.value, message if moves else ""),
        StatusCondition("NeedsAttention", verdict(needs_a_person), state.value, message if needs_a_person else ""),
    )


@lru_cache(maxsize=_KEPT)
def _piece(it: AssessedEnvironment, word: Word, hidden: _Hidden) -> bytes:
    """The JSON of an environment."""
    facts = it.facts
    message = NOT_VISIBLE if facts.message and _is_hidden(facts, hidden) else facts.message
    told = {
        "branch": facts.branch,
        "name": it.name,
        "level": it.level,
        "dependsOn": it.depends_on,
        "state": word.value,
        "since": rfc3339(word.since),
        "message": message,
        **({} if _POLICY in hidden or not facts.standing.exists else _known(it, hidden)),
        "waitingFor": list(_reasons(facts.reasons, hidden)),
    }
    always = ("branch", "name", "level", "dependsOn", "waitingFor")
    return orjson.dumps({name: value for name, value in told.items() if value or name in always})


def _known(it: AssessedEnvironment, hidden: _Hidden) -> Mapping[str, Any]:
    """What the environment's ChangeTransferPolicy tells."""
    standing = it.facts.standing
    checks = standing.proposed if standing.is_open else standing.active
    counts = {"passed": checks.passed, "pending": len(checks.pending), "failed": len(checks.failed)}
    merged = standing.request if standing.request.state == "merged" else None if _HISTORY in hidden else it.merged
    since = "" if standing.deployed.time is None else rfc3339(standing.deployed.time)
    live = {**_commit(standing.live, standing.deployed.sha), "since": since, "pullRequest": _request(merged)}
    found = {
        "live": {name: value for name, value in live.items() if value} if standing.live.sha else {},
        "next": _next(it) if standing.is_open else {},
    }
    return {**{name: value for name, value in found.items() if value}, "checks": counts}


def _next(it: AssessedEnvironment) -> Mapping[str, Any]:
    standing = it.facts.standing
    request = _request(standing.request) if standing.request.state == "open" else {}
    told = {
        **_commit(standing.proposed_commit, standing.prepared.sha),
        "pullRequest": {**request, "state": standing.request.state} if request else {},
    }
    return {name: value for name, value in told.items() if value}


def _commit(commit: DryCommit, hydrated: str) -> Mapping[str, Any]:
    return {
        "sha": commit.sha,
        "hydratedSha": hydrated,
        "source": commit.sources,
        "subject": commit.subject,
        "author": commit.author,
        "url": commit.url,
    }


def _newest(commit: DryCommit) -> Mapping[str, Any]:
    if not commit.sha:
        return {}
    time = rfc3339(commit.time.timestamp()) if commit.time.year > 1 else ""
    told = {**_commit(commit, ""), "commitTime": time}
    return {name: value for name, value in told.items() if value}


def _request(request: MergeRequest | None) -> Mapping[str, str]:
    if request is None or not request.number:
        return {}
    return {"id": request.number, **({"url": request.url} if request.url else {})}


def _reasons(reasons: Sequence[Reason], hidden: _Hidden) -> Iterator[Mapping[str, str]]:
    for each in reasons:
        if _stems_from(each, hidden):
            yield {"kind": each.kind, "message": NOT_VISIBLE}
            continue
        until = "" if each.until is None else rfc3339(each.until)
        told = {
            "kind": each.kind,
            "key": each.key,
            "message": each.message,
            "environment": each.environment,
            "until": until,
            "url": each.url,
        }
        yield {name: value for name, value in told.items() if value}


_RELEVANT = frozenset((_POLICY, _HISTORY, *STEMS.values()))


def _is_hidden(facts: EnvironmentFacts, hidden: _Hidden) -> bool:
    """Whether its message stems from members of those kinds."""
    if facts.awaits:
        return _stem({ReasonKind.ORDER, *facts.causes}, hidden)
    return bool(facts.reasons) and _stems_from(facts.reasons[0], hidden)


def _stems_from(reason: Reason, hidden: _Hidden) -> bool:
    return _stem((reason.kind,) if reason.cause is None else (reason.kind, reason.cause), hidden)


def _stem(kinds: Iterable[ReasonKind], hidden: _Hidden) -> bool:
    """Whether what is said of reasons of those kinds stems from members of the hidden ones."""
    return bool(hidden) and (_POLICY in hidden or any(STEMS.get(kind) in hidden for kind in kinds))


#: The field.
STRATEGY_STATUS = StatusField(assess_strategy, STATUS_SCHEMA, tuple(state.value for state in StateWord))

if TYPE_CHECKING:
    _assessed: type[Assessed] = AssessedStrategy
