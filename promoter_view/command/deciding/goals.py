"""What has become of a commit in an environment, in one word, as a printed table of cases has it. Pure.

| # | word | when (the first that holds) |
| --- | --- | --- |
| 1 | Failed | the commit is live, and a check of what is live failed |
| 2 | Live | the commit is live, or it is the newest one and changes nothing here |
| 3 | Held | the strategy knows the commit, and a RestoreActiveCommit holds the environment |
| 4 | Delivered | the commit was live, and another one is now |
| 5 | Failed | the commit is proposed, and a check of it failed |
| 6 | Failed, Held | the commit is proposed, and what it waits for in the end is an environment that failed or is held |
| 7 | Coming | the commit is proposed |
| 8 | Superseded | it was proposed before and another one is now; or a later commit is proposed or live |
| 9 | Coming | the strategy knows the commit |
| 10 | Unknown | nothing of it is known |
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from promoter_view.command.deciding.reasons import first_cause
from promoter_view.command.reading.status import SETTLED, STUCK, StrategyStatus, ToldEnvironment
from promoter_view.command.reading.trail import Trail, find, matching
from promoter_view.dashboard.strategies.checks import Phase
from promoter_view.views.promotion_strategy.state.words import StateWord


class Became(enum.StrEnum):
    """What has become of it."""

    LIVE = "Live"
    DELIVERED = "Delivered"
    FAILED = "Failed"
    HELD = "Held"
    SUPERSEDED = "Superseded"
    COMING = "Coming"
    UNKNOWN = "Unknown"

    @property
    def is_there(self) -> bool:
        """It got there."""
        return self in (Became.LIVE, Became.DELIVERED)

    @property
    def is_stuck(self) -> bool:
        """Somebody has to do something."""
        return self in (Became.FAILED, Became.HELD)


@dataclass(frozen=True, slots=True)
class Known:
    """A strategy as it is now, with the trails of its environments by branch."""

    status: StrategyStatus
    trails: Mapping[str, Trail]

    @property
    def title(self) -> str:
        """Namespace and name."""
        return self.status.title


@dataclass(frozen=True, slots=True)
class Judgement:
    """What has become of a commit in an environment, and why in words."""

    progress: Became
    words: str = ""


def judge(known: Known, environment: ToldEnvironment, wanted: str, *, was_next: bool = False) -> Judgement:
    """``wanted``: the beginning of a sha. ``was_next``: the commit was proposed here when one looked before."""
    trail = known.trails.get(environment.branch)
    if _is_live(known, environment, wanted):
        failed = trail is not None and trail.active.checks.worst is Phase.FAILURE
        return Judgement(Became.FAILED, environment.message) if failed else Judgement(Became.LIVE)
    if environment.state is StateWord.HELD and knows(known, wanted):
        return Judgement(Became.HELD, environment.message)
    if trail is not None and trail.had(wanted) is not None:
        now = environment.live.short if environment.live is not None else "another commit"
        return Judgement(Became.DELIVERED, f"{now} is live now")
    if environment.next is not None and environment.next.matches(wanted):
        return _proposed(known, environment)
    return _elsewhere(known, environment, wanted, was_next)


def _is_live(known: Known, environment: ToldEnvironment, wanted: str) -> bool:
    if environment.live is not None and environment.live.matches(wanted):
        return True
    newest = known.status.newest
    return newest is not None and newest.matches(wanted) and environment.state in SETTLED


def _proposed(known: Known, environment: ToldEnvironment) -> Judgement:
    if environment.state is StateWord.FAILED:
        return Judgement(Became.FAILED, environment.message)
    cause = first_cause(known.status, environment)
    if cause is not environment and cause.state in STUCK:
        stuck = Became.HELD if cause.state is StateWord.HELD else Became.FAILED
        return Judgement(stuck, environment.message or f"{cause.name}: {cause.message}")
    return Judgement(Became.COMING, environment.message)


def _elsewhere(known: Known, environment: ToldEnvironment, wanted: str, was_next: bool) -> Judgement:
    found = find(known.trails.values(), wanted)
    if was_next and environment.next is not None:
        return _superseded(environment)
    if found is not None and _is_later(known.trails.get(environment.branch), wanted, found.time):
        return _superseded(environment)
    coming = Judgement(Became.COMING, f"not proposed to {environment.name} yet")
    return coming if knows(known, wanted) else Judgement(Became.UNKNOWN)


def knows(known: Known, wanted: str) -> bool:
    """Whether the strategy names the commit anywhere."""
    named = [known.status.newest]
    for each in known.status.environments:
        named += [each.live, each.next]
    is_told = any(each is not None and each.matches(wanted) for each in named)
    return is_told or find(known.trails.values(), wanted) is not None


def _superseded(environment: ToldEnvironment) -> Judgement:
    side = "proposed" if environment.next is not None else "live"
    other = environment.next or environment.live
    return Judgement(Became.SUPERSEDED, f"{other.short if other is not None else 'another commit'} is {side} there")


def _is_later(trail: Trail | None, wanted: str, time: datetime | None) -> bool:
    """Whether a later commit than that is proposed or live."""
    if trail is None or time is None:
        return False
    sides = (side for side in (trail.proposed, trail.active) if matching(side, wanted) is None)
    return any(side.dry is not None and side.dry.time is not None and side.dry.time > time for side in sides)
