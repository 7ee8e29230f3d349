"""``kubectl promotion wait``: until a commit or Freight is live, by a watch that is resumed; nothing is polled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import click
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater

from promoter_view.command.answers.reading import read_known
from promoter_view.command.asking.connection import STAGES, STRATEGIES, ApiConnection, connected
from promoter_view.command.asking.following import Followed, FollowedViews
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.goals import Known, knows
from promoter_view.command.deciding.stage_waiting import FreightWaitMachine, WaitForFreight
from promoter_view.command.deciding.waiting import WaitFor, WaitMachine, WaitVerdict
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.reading.stage import ToldStage, read_stage
from promoter_view.command.telling.documents import DOCUMENTS, document
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import clipped, plain
from promoter_view.durations import brief_duration

#: How long changes are gathered before all strategies are looked at again.
_GATHERED_SECONDS = 0.05
_Known = TypeVar("_Known")
_Found_contra = TypeVar("_Found_contra", contravariant=True)


class Machine(Protocol[_Found_contra]):
    """What decides: told all that is there after each change, and of time only that it is over."""

    def look(self, found: Mapping[str, _Found_contra]) -> WaitVerdict:
        """What follows from all that is there, by namespace and name."""

    def time_out(self, seconds: float) -> WaitVerdict:
        """The time is over."""

    def give_up(self) -> WaitVerdict:
        """Nothing has known it for long enough."""


def run(
    reach: CommandReach,
    name: str | None,
    commit: str | None,
    environment: str | None,
    stage: str | None,
    freight: str | None,
    timeout: float,
    appears_within: float,
    fail_fast: bool,
    output: str,
) -> None:
    """Ends the command with the status that tells how it went; its last line says so too."""
    context = click.get_current_context()
    if (stage or freight) and (name or commit or environment):
        raise click.UsageError("--stage and --freight go with neither NAME nor --commit nor --environment", context)
    subject: WaitSubject[Any]
    if stage or freight:
        subject = _of_freight(WaitForFreight(stage or "", freight or "", fail_fast))
    elif name or commit:
        subject = _of_commit(WaitFor(name or "", commit or "", environment or "", fail_fast))
    else:
        raise click.UsageError("a strategy's NAME, --commit, --stage or --freight is needed", context)
    times = WaitTimes(timeout, appears_within)
    ending, line = run_in_loop(lambda reactor: _Wait(reach, subject, times, reactor).run())
    _end(ending, line, subject.asked, output)


class WaitTimes(NamedTuple):
    """In seconds: how long to wait, and how long what is waited for may be unknown."""

    timeout: float
    appears_within: float


class WaitSubject(NamedTuple, Generic[_Known]):
    """What is waited for: bundles of one resource, those of ``name`` or all, and the machine that decides.

    ``machine`` is given the words that say where is looked. ``asked`` is for documents.
    """

    plural: str
    name: str
    read: Callable[[Mapping[str, Any]], _Known]
    machine: Callable[[str], Machine[_Known]]
    asked: Mapping[str, str]


def _of_commit(asked: WaitFor) -> WaitSubject[Known]:
    def read(found: Mapping[str, Any]) -> Known:
        """Of many strategies that do not know the commit no past is kept."""
        known = read_known(found)
        return known if asked.name or knows(known, asked.commit) else Known(known.status, {})

    told = {"name": asked.name, "commit": asked.commit}
    return WaitSubject(STRATEGIES, asked.name, read, lambda place: WaitMachine(replace(asked, place=place)), told)


def _of_freight(asked: WaitForFreight) -> WaitSubject[ToldStage]:
    told = {"stage": asked.stage, "freight": asked.freight}
    machine: Callable[[str], Machine[ToldStage]] = lambda place: FreightWaitMachine(replace(asked, place=place))  # noqa: E731
    return WaitSubject(STAGES, asked.stage, read_stage, machine, told)


def _end(ending: Exit, line: str, asked: Mapping[str, str], output: str) -> None:
    if output in DOCUMENTS:
        told = {"status": int(ending), "outcome": ending.name.lower(), "message": line}
        Output().lines([document({**told, **asked}, output)])
    elif ending is Exit.WELL:
        Output().lines([plain(line)])
    if ending is not Exit.WELL:
        if ending is Exit.UNKNOWN or output not in DOCUMENTS:
            raise CommandError(ending, plain(line))
        click.get_current_context().exit(ending)


class _Wait:
    """One wait, joined of a watch, two timers and the machine that decides."""

    def __init__(self, reach: CommandReach, subject: WaitSubject[Any], times: WaitTimes, reactor: Any) -> None:
        self._reach = reach
        self._subject = subject
        self._timeout, self._appears_within = times
        self._reactor = reactor
        self._progress = _Progress(Output())
        self._is_over = self._is_hopeless = False
        self._waiting: Deferred[None] | None = None

    async def run(self) -> tuple[Exit, str]:
        """How it ended."""
        calls = [self._reactor.callLater(self._timeout, self._time_out)]
        calls.append(self._reactor.callLater(min(self._appears_within, self._timeout), self._give_up))
        try:
            async with connected(self._reach, self._reactor) as connection:
                return await self._wait(connection)
        finally:
            _cancel(calls)
            self._progress.clear()

    async def _wait(self, connection: ApiConnection) -> tuple[Exit, str]:
        place = f"in namespace {connection.namespace}" if connection.namespace else "in any namespace"
        subject = self._subject
        machine = subject.machine(place)
        following = FollowedViews(connection, (subject.plural,), subject.read, name=subject.name, patient=True)
        async with following:
            while True:
                verdict = self._verdict(machine, following)
                if verdict.ending is not None:
                    return verdict.ending, await self._told(verdict, connection, following)
                self._progress.show(verdict.line, following.followed.problem)
                await self._changed(following.followed)

    def _verdict(self, machine: Machine[Any], following: FollowedViews[Any]) -> WaitVerdict:
        if not following.is_complete:
            problem = following.followed.problem
            over = f"timed out after {brief_duration(self._timeout)}: {problem or 'the server has not answered'}"
            return WaitVerdict(Exit.TIMED_OUT, over) if self._is_over else WaitVerdict(None, problem)
        found = {known.title: known for known in following.followed.found.values()}
        verdict = machine.look(found)
        if verdict.ending is None and verdict.is_unknown and self._is_hopeless:
            return machine.give_up()
        return machine.time_out(self._timeout) if verdict.ending is None and self._is_over else verdict

    async def _told(self, verdict: WaitVerdict, connection: ApiConnection, following: FollowedViews[Any]) -> str:
        """With the nearest name, where there is no such object."""
        subject = self._subject
        if verdict.ending is Exit.UNKNOWN and subject.name and not following.followed.found:
            self._progress.clear()
            return (await connection.unknown(subject.name, subject.plural)).line
        return verdict.line

    async def _changed(self, followed: Followed[Any]) -> None:
        self._waiting = followed.changed()
        await self._waiting
        await deferLater(self._reactor, _GATHERED_SECONDS)

    def _time_out(self) -> None:
        self._is_over = True
        self._wake()

    def _give_up(self) -> None:
        self._is_hopeless = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(None)


def _cancel(calls: list[IDelayedCall]) -> None:
    for call in calls:
        if call.active():
            call.cancel()


class _Progress:
    """One line that moves on a terminal; else a line when it is another one."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._shown = ""

    def show(self, line: str, problem: str) -> None:
        """How it stands, and what is in the way."""
        line = plain(f"{line} (reconnecting: {problem})" if problem and problem != line else line)
        if line in ("", self._shown):
            return
        self._shown = line
        self._output.progress(clipped(line, self._output.error_width))

    def clear(self) -> None:
        """The last line has its place."""
        if self._shown:
            self._output.progress("")
            self._shown = ""
