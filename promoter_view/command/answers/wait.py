"""``kubectl promotion wait``: until a commit is live, by a watch that is resumed; nothing is polled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater

from promoter_view.command.answers.reading import read_known
from promoter_view.command.asking.connection import STRATEGIES, ApiConnection, connected
from promoter_view.command.asking.following import Followed, FollowedViews
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.goals import Known, knows
from promoter_view.command.deciding.waiting import WaitFor, WaitMachine, WaitVerdict
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.telling.documents import DOCUMENTS, document
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import clipped, plain
from promoter_view.durations import brief_duration

#: How long changes are gathered before all strategies are looked at again.
_GATHERED_SECONDS = 0.05


def run(
    reach: CommandReach,
    name: str | None,
    commit: str | None,
    environment: str | None,
    timeout: float,
    appears_within: float,
    fail_fast: bool,
    output: str,
) -> None:
    """Ends the command with the status that tells how it went; its last line says so too."""
    if not name and not commit:
        raise click.UsageError("a strategy's NAME or --commit is needed", click.get_current_context())
    asked = WaitFor(name or "", commit or "", environment or "", fail_fast)
    ending, line = run_in_loop(lambda reactor: _Wait(reach, asked, timeout, appears_within, reactor).run())
    _end(ending, line, asked, output)


def _end(ending: Exit, line: str, asked: WaitFor, output: str) -> None:
    if output in DOCUMENTS:
        told = {"status": int(ending), "outcome": ending.name.lower(), "message": line}
        Output().lines([document({**told, "name": asked.name, "commit": asked.commit}, output)])
    elif ending is Exit.WELL:
        Output().lines([plain(line)])
    if ending is not Exit.WELL:
        if ending is Exit.UNKNOWN or output not in DOCUMENTS:
            raise CommandError(ending, plain(line))
        click.get_current_context().exit(ending)


class _Wait:
    """One wait, joined of a watch, two timers and the machine that decides."""

    def __init__(
        self, reach: CommandReach, asked: WaitFor, timeout: float, appears_within: float, reactor: Any
    ) -> None:
        self._reach = reach
        self._asked = asked
        self._timeout = timeout
        self._appears_within = appears_within
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
        machine = WaitMachine(
            WaitFor(self._asked.name, self._asked.commit, self._asked.environment, self._asked.fail_fast, place)
        )
        following = FollowedViews(connection, (STRATEGIES,), self._read, name=self._asked.name, patient=True)
        async with following:
            while True:
                verdict = self._verdict(machine, following)
                if verdict.ending is not None:
                    return verdict.ending, await self._told(verdict, connection, following)
                self._progress.show(verdict.line, following.followed.problem)
                await self._changed(following.followed)

    def _read(self, found: Mapping[str, Any]) -> Known:
        """Of many strategies that do not know the commit no past is kept."""
        known = read_known(found)
        is_wanted = self._asked.name or knows(known, self._asked.commit)
        return known if is_wanted else Known(known.status, {})

    def _verdict(self, machine: WaitMachine, following: FollowedViews[Known]) -> WaitVerdict:
        if not following.is_complete:
            problem = following.followed.problem
            over = f"timed out after {brief_duration(self._timeout)}: {problem or 'the server has not answered'}"
            return WaitVerdict(Exit.TIMED_OUT, over) if self._is_over else WaitVerdict(None, problem)
        found = {known.status.title: known for known in following.followed.found.values()}
        verdict = machine.look(found)
        if verdict.ending is None and verdict.is_unknown and self._is_hopeless:
            return machine.give_up()
        return machine.time_out(self._timeout) if verdict.ending is None and self._is_over else verdict

    async def _told(self, verdict: WaitVerdict, connection: ApiConnection, following: FollowedViews[Known]) -> str:
        """With the nearest name, where there is no such strategy."""
        if verdict.ending is Exit.UNKNOWN and self._asked.name and not following.followed.found:
            self._progress.clear()
            return (await connection.unknown(self._asked.name)).line
        return verdict.line

    async def _changed(self, followed: Followed[Known]) -> None:
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
