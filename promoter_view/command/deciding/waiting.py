"""How a wait goes on and ends: from what is known of the strategies to an exit status and a last line. Pure.

Told all that is known after each change, and of time only that it is over. What it waits for are its goals: each
environment that was asked for, of each strategy that was asked for, or that knows the commit.

| of all goals | exit status |
| --- | --- |
| each is live or was | 0 |
| one failed or is held, and none is coming; or with --fail-fast at once | 1 |
| one is coming when the time is over | 2 |
| one was superseded, none failed or is coming | 3 |
| there is no such strategy or environment; nothing knows the commit, also a while later | 4 |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from promoter_view.command.deciding.goals import Became, Judgement, Known, judge
from promoter_view.command.declaring import did_you_mean
from promoter_view.command.exits import Exit
from promoter_view.command.reading.status import SHORT, ToldEnvironment
from promoter_view.durations import brief_duration


@dataclass(frozen=True, slots=True)
class WaitFor:
    """What is waited for. ``name`` "": in every strategy that knows the commit; ``commit`` "": the newest one;
    ``environment`` "": all of them. ``place`` says where strategies are looked for.
    """

    name: str = ""
    commit: str = ""
    environment: str = ""
    fail_fast: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class WaitVerdict:
    """``ending`` None: it goes on, and ``line`` tells how it stands. ``is_unknown``: nothing knows the commit yet."""

    ending: Exit | None
    line: str
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """One environment of one strategy, and what has become of the commit there."""

    title: str
    environment: ToldEnvironment
    judged: Judgement

    @property
    def place(self) -> str:
        """Where, in words."""
        return f"{self.environment.name} of {self.title}"

    @property
    def told(self) -> str:
        """How it stands, for a line of progress."""
        if self.judged.progress is not Became.COMING:
            return f"{self.environment.name} {self.judged.progress.lower()}"
        words = self.judged.words
        return f"{self.environment.name} {self.environment.state}" + (f" ({words})" if words else "")


@dataclass(slots=True)
class WaitMachine:
    """One wait. ``look`` after each change, ``time_out`` when the time is over."""

    asked: WaitFor
    _commit: str = ""
    _was_next: set[tuple[str, str]] = field(default_factory=set)
    _last: WaitVerdict = field(default_factory=lambda: WaitVerdict(None, "", is_unknown=True))
    _found_before: frozenset[str] = frozenset()

    def look(self, found: Mapping[str, Known]) -> WaitVerdict:
        """What follows from all strategies that are there, by namespace and name."""
        self._last = self._look(found)
        self._found_before = frozenset(found)
        return self._last

    def time_out(self, seconds: float) -> WaitVerdict:
        """The time is over."""
        return WaitVerdict(Exit.TIMED_OUT, f"timed out after {brief_duration(seconds)}: {self._last.line}")

    def give_up(self) -> WaitVerdict:
        """Nothing has known the commit for long enough."""
        return WaitVerdict(Exit.UNKNOWN, self._last.line)

    def _look(self, found: Mapping[str, Known]) -> WaitVerdict:
        asked = self.asked
        if asked.name and not found:
            gone = ": it was deleted" if self._found_before else ""
            return WaitVerdict(Exit.UNKNOWN, f"there is no promotion strategy {asked.name!r} {asked.place}{gone}")
        missing = self._missing_environment(found.values())
        if missing:
            return WaitVerdict(Exit.UNKNOWN, missing)
        wanted = asked.commit or self._newest(found.values())
        if not wanted:
            return WaitVerdict(None, f"{asked.name} has no commit yet", is_unknown=False)
        goals = [goal for known in found.values() for goal in self._goals(known, wanted)]
        return _verdict(goals, wanted, asked)

    def _missing_environment(self, found: Iterable[Known]) -> str:
        """Why the environment that was asked for is none; "" where it is one, or may be yet."""
        wanted, strategies = self.asked.environment, list(found)
        if not wanted or not strategies or any(each.status.environment(wanted) for each in strategies):
            return ""
        names = sorted({each.name for known in strategies for each in known.status.environments})
        if not names:
            return ""
        whose = strategies[0].status.title if self.asked.name else "no strategy there"
        has = "has no environment" if self.asked.name else "has an environment"
        return f"{whose} {has} {wanted!r}, known are {', '.join(names)}{did_you_mean(wanted, names)}"

    def _newest(self, found: Iterable[Known]) -> str:
        """The newest commit of the time when one first looked: what comes later is not waited for."""
        if not self._commit:
            self._commit = next((each.status.newest.sha for each in found if each.status.newest is not None), "")
        return self._commit

    def _goals(self, known: Known, wanted: str) -> list[Goal]:
        """Of a strategy that nothing of the commit is known to there are none, unless it was asked for by name."""
        title, goals = known.status.title, []
        for environment in known.status.environments:
            if self.asked.environment and not environment.is_called(self.asked.environment):
                continue
            key = (title, environment.branch)
            goals.append(Goal(title, environment, judge(known, environment, wanted, was_next=key in self._was_next)))
            if environment.next is not None and environment.next.matches(wanted):
                self._was_next.add(key)
        is_known = any(goal.judged.progress is not Became.UNKNOWN for goal in goals)
        return goals if is_known else []


def _verdict(goals: Sequence[Goal], wanted: str, asked: WaitFor) -> WaitVerdict:
    """See the table above."""
    short = wanted[: max(SHORT, len(asked.commit))]
    if not goals:
        where = asked.name or f"any strategy {asked.place}".rstrip()
        return WaitVerdict(None, f"commit {short} is not known to {where}", is_unknown=True)
    stuck = [goal for goal in goals if goal.judged.progress.is_stuck]
    coming = [goal for goal in goals if goal.judged.progress in (Became.COMING, Became.UNKNOWN)]
    if stuck and (asked.fail_fast or not coming):
        return WaitVerdict(Exit.FAILED, _stuck(short, stuck[0]))
    if coming:
        return WaitVerdict(None, _progress(short, goals))
    superseded = next((goal for goal in goals if goal.judged.progress is Became.SUPERSEDED), None)
    if superseded is not None:
        return WaitVerdict(Exit.SUPERSEDED, f"{short} was superseded in {superseded.place}: {superseded.judged.words}")
    return WaitVerdict(Exit.WELL, _there(short, goals))


def _stuck(short: str, goal: Goal) -> str:
    words = f": {goal.judged.words}" if goal.judged.words else ""
    if goal.judged.progress is Became.HELD:
        return f"{short} is held back from {goal.place}{words}"
    return f"{short} failed in {goal.place}{words}"


def _there(short: str, goals: Sequence[Goal]) -> str:
    if len(goals) == 1:
        goal = goals[0]
        if goal.judged.progress is Became.DELIVERED:
            return f"{short} was live in {goal.place}; {goal.judged.words}"
        return f"{short} is live in {goal.place}"
    titles = sorted({goal.title for goal in goals})
    where = titles[0] if len(titles) == 1 else f"{len(titles)} strategies"
    delivered = sum(goal.judged.progress is Became.DELIVERED for goal in goals)
    later = f"; in {delivered} of them a later commit is now" if delivered else ""
    return f"{short} is live in all {len(goals)} environments of {where}{later}"


def _progress(short: str, goals: Sequence[Goal]) -> str:
    there = sum(goal.judged.progress.is_there for goal in goals)
    waiting = [goal for goal in goals if not goal.judged.progress.is_there]
    told = "; ".join(_told(goal, goals) for goal in waiting[:_MOST_TOLD])
    more = f"; {len(waiting) - _MOST_TOLD} more" if len(waiting) > _MOST_TOLD else ""
    counted = f"{there} of {len(goals)} live, " if len(goals) > 1 else ""
    return f"{short}: {counted}{told}{more}"


_MOST_TOLD = 3


def _told(goal: Goal, goals: Sequence[Goal]) -> str:
    """With the strategy's name where there are several."""
    several = any(each.title != goal.title for each in goals)
    return f"{goal.title} {goal.told}" if several else goal.told
