"""What has become of Freight in a Stage, and how a wait for it goes on and ends. Pure.

| # | word | when (the first that holds) |
| --- | --- | --- |
| 1 | Coming | a Promotion of it to the Stage is under way |
| 2 | Failed | the Stage has it, and is Unhealthy |
| 3 | Live | the Stage has it, and is Healthy |
| 4 | Coming | the Stage has it, and is not settled yet |
| 5 | Delivered | the Stage had it, and has other Freight now |
| 6 | Failed | the last Promotion was of it, and did not succeed |
| 7 | Coming | it is newer than what the Stage has |
| 8 | Superseded | it was that when one looked before, and is not any more |
| 9 | Unknown | nothing of it is known |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promoter_view.command.deciding.goals import Became, Judgement
from promoter_view.command.deciding.waiting import WaitVerdict
from promoter_view.command.exits import Exit
from promoter_view.command.reading.stage import ToldFreight, ToldStage
from promoter_view.durations import brief_duration
from promoter_view.stages.health import Health
from promoter_view.views.stage.reading import ComingFreight

_SUCCEEDED = "Succeeded"
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class WaitForFreight:
    """What is waited for. ``stage`` "": every Stage that knows the Freight; ``freight`` "": what comes next, else what
    the Stage has. ``place`` says where Stages are looked for.
    """

    stage: str = ""
    freight: str = ""
    fail_fast: bool = False
    place: str = ""


def judge_freight(stage: ToldStage, wanted: str, *, was_coming: bool = False) -> Judgement:
    """See the table above. ``wanted``: an alias, or the beginning of a name."""
    current, last = stage.current, stage.last
    if current is not None and current.freight.matches(wanted):
        return Judgement(Became.COMING, f"Promotion {current.name} is {current.phase}")
    if any(each.matches(wanted) for each in stage.freight):
        return _in_use(stage)
    if any(each.matches(wanted) for each in stage.past):
        return Judgement(Became.DELIVERED, f"{_has(stage)} is there now")
    if last is not None and last.phase != _SUCCEEDED and last.freight.matches(wanted):
        return Judgement(Became.FAILED, f"Promotion {last.name} {last.phase}" + (last.message and f": {last.message}"))
    coming = coming_freight(stage, wanted)
    if coming is not None:
        return Judgement(Became.COMING, coming.message)
    return Judgement(Became.SUPERSEDED, f"{_has(stage)} is there") if was_coming else Judgement(Became.UNKNOWN)


def coming_freight(stage: ToldStage, wanted: str) -> ComingFreight | None:
    """The newer Freight that is meant; None: none."""
    named = (each for each in stage.coming if ToldFreight(each.name, each.called).matches(wanted))
    return next(named, None)


def _in_use(stage: ToldStage) -> Judgement:
    if stage.state == Health.UNHEALTHY:
        return Judgement(Became.FAILED, stage.message)
    if stage.state == Health.HEALTHY:
        return Judgement(Became.LIVE)
    return Judgement(Became.COMING, stage.message)


def _has(stage: ToldStage) -> str:
    return ", ".join(each.called for each in stage.freight) or "other Freight"


@dataclass(slots=True)
class FreightWaitMachine:
    """One wait. ``look`` after each change, ``time_out`` when the time is over."""

    asked: WaitForFreight
    _freight: str = ""
    _was_coming: set[str] = field(default_factory=set)
    _last: WaitVerdict = field(default_factory=lambda: WaitVerdict(None, "", is_unknown=True))
    _was_found: bool = False

    def look(self, found: Mapping[str, ToldStage]) -> WaitVerdict:
        """What follows from all Stages that are there, by namespace and name."""
        self._last = self._look(found)
        self._was_found |= bool(found)
        return self._last

    def time_out(self, seconds: float) -> WaitVerdict:
        """The time is over."""
        return WaitVerdict(Exit.TIMED_OUT, f"timed out after {brief_duration(seconds)}: {self._last.line}")

    def give_up(self) -> WaitVerdict:
        """Nothing has known the Freight for long enough."""
        return WaitVerdict(Exit.UNKNOWN, self._last.line)

    def _look(self, found: Mapping[str, ToldStage]) -> WaitVerdict:
        asked = self.asked
        if asked.stage and not found:
            gone = ": it was deleted" if self._was_found else ""
            return WaitVerdict(Exit.UNKNOWN, f"there is no Stage {asked.stage!r} {asked.place}{gone}")
        wanted = asked.freight or self._next(list(found.values()))
        if not wanted:
            return WaitVerdict(None, f"{asked.stage} has no Freight, and none is known to come", is_unknown=False)
        goals = [(stage, self._judged(stage, wanted)) for stage in found.values()]
        goals = [(stage, judged) for stage, judged in goals if judged.progress is not Became.UNKNOWN]
        return _verdict(goals, _called(found, wanted), asked)

    def _judged(self, stage: ToldStage, wanted: str) -> Judgement:
        judged = judge_freight(stage, wanted, was_coming=stage.title in self._was_coming)
        if coming_freight(stage, wanted) is not None:
            self._was_coming.add(stage.title)
        return judged

    def _next(self, found: Sequence[ToldStage]) -> str:
        """What came next when one first looked: what comes later is not waited for."""
        if not self._freight:
            coming = [each.name for stage in found for each in stage.next]
            self._freight = next(iter(coming or [each.name for stage in found for each in stage.freight]), "")
        return self._freight


def _called(found: Mapping[str, ToldStage], wanted: str) -> str:
    """As people call it, where a Stage knows it."""
    for stage in found.values():
        for each in (*stage.freight, *(ToldFreight(it.name, it.called) for it in stage.coming), *stage.past):
            if each.matches(wanted):
                return each.called
    return wanted


def _verdict(goals: Sequence[tuple[ToldStage, Judgement]], called: str, asked: WaitForFreight) -> WaitVerdict:
    """As of commits: see waiting.py."""
    if not goals:
        where = f"Stage {asked.stage}" if asked.stage else f"any Stage {asked.place}".rstrip()
        return WaitVerdict(None, f"Freight {called} is not known to {where}", is_unknown=True)
    stuck = [(stage, it) for stage, it in goals if it.progress.is_stuck]
    coming = [(stage, it) for stage, it in goals if it.progress is Became.COMING]
    if stuck and (asked.fail_fast or not coming):
        stage, it = stuck[0]
        return WaitVerdict(Exit.FAILED, f"{called} failed in {stage.title}" + (it.words and f": {it.words}"))
    if coming:
        return WaitVerdict(None, f"{called}: {_progress(goals)}")
    late = next(((stage, it) for stage, it in goals if it.progress is Became.SUPERSEDED), None)
    if late is not None:
        return WaitVerdict(Exit.SUPERSEDED, f"{called} was superseded in {late[0].title}: {late[1].words}")
    return WaitVerdict(Exit.WELL, _there(called, goals))


def _progress(goals: Sequence[tuple[ToldStage, Judgement]]) -> str:
    waiting = [(stage, it) for stage, it in goals if not it.progress.is_there]
    told = "; ".join(f"{stage.name} {it.words or it.progress.lower()}" for stage, it in waiting[:_MOST_TOLD])
    more = f"; {len(waiting) - _MOST_TOLD} more" if len(waiting) > _MOST_TOLD else ""
    counted = f"{len(goals) - len(waiting)} of {len(goals)} Stages, " if len(goals) > 1 else ""
    return f"{counted}{told}{more}"


def _there(called: str, goals: Sequence[tuple[ToldStage, Judgement]]) -> str:
    if len(goals) > 1:
        return f"{called} is in use in all {len(goals)} Stages"
    (stage, it) = goals[0]
    if it.progress is Became.DELIVERED:
        return f"{called} was in use in {stage.title}; {it.words}"
    return f"{called} is in use in {stage.title}, which is Healthy"
