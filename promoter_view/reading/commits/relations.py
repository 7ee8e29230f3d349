"""What a commit is to an environment: live, next, delivered, overtaken or none of these. Pure.

A dry commit is what moves from environment to environment; whatever else is asked for (a hydrated commit, a source)
stands for the dry commits that it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from promoter_view.decoded import parse_time
from promoter_view.reading.commits.carried import BranchCommits, Carried, CommitRole, NamedCommit
from promoter_view.reading.commits.question import CommitQuestion

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
#: What an environment is of which no policy tells.
UNTOLD = BranchCommits()


class CommitRelation(StrEnum):
    """The first that holds."""

    LIVE = "live"
    NEXT = "next"
    DELIVERED = "delivered"
    OVERTAKEN = "overtaken"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Related:
    """``since``: when it went live, where it is or was and that is told; ``by``: the later dry commit that is live or
    proposed instead, of one that is delivered or overtaken. ``alone``: it is live, and no other is on its way.
    """

    relation: CommitRelation
    since: str = ""
    by: str = ""
    alone: bool = False


NOT_RELATED = Related(CommitRelation.NONE)


@dataclass(frozen=True, slots=True)
class Meant:
    """What of a strategy is asked for: the commits, the dry shas that they stand for, and when the newest was made."""

    commits: tuple[NamedCommit, ...]
    shas: frozenset[str]
    time: datetime


class Matching:
    """Gathers what is meant: each commit once, as it is first told of."""

    def __init__(self, question: CommitQuestion) -> None:
        self._question = question
        self._commits: dict[str, NamedCommit] = {}
        self._shas: set[str] = set()
        self._time = _NEVER

    def take(self, carried: Carried) -> None:
        """What of that is asked for; of what is not, nothing."""
        self._shas.update(filter(self._question.names, carried.also))
        named = list(carried.meant(self._question))
        if not named:
            return
        for commit in named:
            self._commits.setdefault(commit.sha, commit)
        if carried.sha:
            self._shas.add(carried.sha)
            self._time = max(self._time, parse_time(carried.time) or _NEVER)

    @property
    def meant(self) -> Meant:
        """All of it."""
        return Meant(tuple(self._commits.values()), frozenset(self._shas), self._time)


def relate(meant: Meant, now: BranchCommits, past: Sequence[tuple[Carried, str]], proposed: bool) -> Related:
    """What those commits are to an environment. ``proposed``: it is remembered that one of them was, here."""
    live, upcoming = now.live, now.proposed
    if _has(live, meant) or not meant.shas.isdisjoint(upcoming.also):
        alone = upcoming.sha in ("", live.sha) or bool(upcoming.also)
        return Related(CommitRelation.LIVE, _went_live(live, past), alone=alone)
    if upcoming.sha in meant.shas and upcoming.sha != live.sha:
        return Related(CommitRelation.NEXT)
    for place, (carried, since) in enumerate(past):
        if _has(carried, meant):
            return Related(CommitRelation.DELIVERED, since, _later(live, past, place))
    newer = max((upcoming, live), key=_time)
    if (proposed and newer.sha) or (meant.time > _NEVER and _time(newer) > meant.time):
        return Related(CommitRelation.OVERTAKEN, by=newer.sha)
    return NOT_RELATED


def _has(carried: Carried, meant: Meant) -> bool:
    return carried.sha in meant.shas or not meant.shas.isdisjoint(carried.also)


def _went_live(live: Carried, past: Sequence[tuple[Carried, str]]) -> str:
    """The newest of what was is what is, unless that is not told of yet."""
    if past and past[0][0].sha == live.sha:
        return past[0][1]
    return next((commit.time for commit in live.others if commit.role is CommitRole.HYDRATED), "")


def _later(live: Carried, past: Sequence[tuple[Carried, str]], place: int) -> str:
    """What came behind it."""
    return past[place - 1][0].sha if place else live.sha


def _time(carried: Carried) -> datetime:
    return parse_time(carried.time) or _NEVER
