"""The composition root: how the program ends."""

from __future__ import annotations

from io import StringIO
from typing import Any

from twisted.internet.error import ReactorNotRunning
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.program.command_line.parsing import settings
from promoter_view.program.service import Program
from tests.support.runtimes import a_runtime


class StrictReactor(Clock):
    """A running reactor that, as the real one, is stopped once."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = False
        self.triggers: list[tuple[Any, ...]] = []

    def addSystemEventTrigger(self, phase: str, event: str, call: Any, *arguments: Any) -> None:
        """As the reactor's."""
        self.triggers.append((phase, event, call, *arguments))

    def callWhenRunning(self, call: Any) -> None:
        """It runs."""
        call()

    def stop(self) -> None:
        """As the reactor's: an error the second time."""
        if self.stopped:
            raise ReactorNotRunning
        self.stopped = True


class EndingTests(SynchronousTestCase):
    """What ends the program of itself."""

    def setUp(self) -> None:
        self.reactor = StrictReactor()
        self.statuses: list[int] = []
        chosen = {"insecure-no-auth": "true", "bind-address": "127.0.0.1", "event-log": "memory:"}
        self.program = Program(
            settings(chosen, {}),
            runtime=a_runtime(self.reactor),
            stream=StringIO(),
            exit_process=self.statuses.append,
        )

    def test_a_second_reason_to_end_changes_nothing(self) -> None:
        """A fault on the way down, too, ends with status 1, and disturbs nothing that is being ended."""
        self.program._end("the disk is broken")
        self.program._end("and the log with it")
        self.assertTrue(self.reactor.stopped)
        for _, _, call, *arguments in self.reactor.triggers:
            call(*arguments)
        self.assertEqual(set(self.statuses), {1})

    def test_a_fault_while_the_program_is_stopped(self) -> None:
        """After TERM a log that cannot be closed well makes the status 1; the reactor is on its way down already."""
        self.successResultOf(self.program.stopService())
        self.reactor.stop()
        self.program._end("the disk is broken")
        for _, _, call, *arguments in self.reactor.triggers:
            call(*arguments)
        self.assertEqual(self.statuses, [1])

    def test_term_again_and_again(self) -> None:
        """The first TERM stops the reactor, once; the second ends the delay, in which the program is not ready."""
        chosen = {"insecure-no-auth": "true", "bind-address": "127.0.0.1", "event-log": "memory:"}
        program = Program(
            settings({**chosen, "shutdown-delay-duration": "1h"}, {}),
            runtime=a_runtime(self.reactor),
            stream=StringIO(),
            exit_process=self.statuses.append,
        )
        program.terminate()
        program.terminate()
        self.assertTrue(self.reactor.stopped)
        stopping = program.stopService()
        self.assertNoResult(stopping)
        self.assertFalse(program._report.health(None).report("readyz").healthy)
        program.terminate()
        self.successResultOf(stopping)
        program.terminate()
        self.assertEqual(self.statuses, [])

    def test_a_part_that_does_not_end_keeps_the_log_open_no_longer(self) -> None:
        """Whatever goes wrong in one step of the end, the later ones are taken, the log's last."""
        ended: list[str] = []

        def broken() -> None:
            raise ValueError("broken")

        self.program._ports.close = broken  # type: ignore[method-assign,assignment]
        self.program._pipeline.event_log.stop = lambda: ended.append("log")  # type: ignore[method-assign,assignment,func-returns-value]
        self.successResultOf(self.program.stopService())
        self.assertEqual(ended, ["log"])
        self.assertEqual([str(fault.value) for fault in self.flushLoggedErrors(ValueError)], ["broken"])
