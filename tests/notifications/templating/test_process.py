"""The process that renders templates: what takes too long ends it, and the next message has another one."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.trial.unittest import TestCase

from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import FormatError
from promoter_view.notifications.templating.process import TemplateProcess
from promoter_view.notifications.templating.values import template_values
from tests.support.journal.journals import entry

FOREVER = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def asked(body: str) -> dict[str, Any]:
    """A request."""
    values = template_values([entry(1)], Links(), {})
    return {"body": body, "content_type": "application/json", "headers": {"X": "y"}, "values": values}


class TestTemplateProcess(TestCase):
    """With a process for each test."""

    timeout = 120

    def setUp(self) -> None:
        self.process = TemplateProcess(reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.process.close()))

    async def render(self, body: str) -> str:
        return str((await self.process.render(asked(body)))["body"])

    async def refused(self, body: str) -> str:
        try:
            await self.render(body)
        except FormatError as error:
            return str(error)
        return "it was rendered"

    def worker(self) -> Any:
        worker = self.process._worker
        assert worker is not None
        return worker

    async def test_one_after_another(self) -> None:
        """Many at once are answered, each with its own, by one process."""
        bodies = [f"[{number}, {{{{ entry.name }}}}]" for number in range(20)]
        found = await gatherResults([Deferred.fromCoroutine(self.render(body)) for body in bodies])
        self.assertEqual(found, [f'[{number}, "search"]' for number in range(20)])

    async def test_too_long(self) -> None:
        """A template that takes too long is refused, and the next one is rendered."""
        self.assertEqual(await self.refused(FOREVER), "the template takes more than 100 ms")
        self.assertEqual(await self.render("[1]"), "[1]")

    async def test_too_much(self) -> None:
        """One that wants too much memory is refused, and takes nothing from the program."""
        found = await self.refused("{{ ('a' ~ entry.name) * 1000000000 }}")
        self.assertIn(found, ("template: it needs too much memory", "the template takes more than 100 ms"))
        self.assertEqual(await self.render("[1]"), "[1]")

    async def test_fails(self) -> None:
        """One that fails says why; the process goes on."""
        self.assertEqual(await self.refused("{{ x }}"), "template: UndefinedError: 'x' is undefined")
        worker = self.worker()
        self.assertEqual(await self.render("[1]"), "[1]")
        self.assertIs(worker, self.worker())

    async def test_ended_by_somebody(self) -> None:
        """A process that somebody ended between two messages is started anew."""
        await self.render("[1]")
        os.kill(self.worker().transport.pid, signal.SIGKILL)
        self.assertEqual(await self.render("[2]"), "[2]")

    async def test_nothing_of_ours(self) -> None:
        """It has none of the program's environment."""
        await self.render("[1]")
        environ = Path(f"/proc/{self.worker().transport.pid}/environ")
        self.assertNotIn(b"PATH=", environ.read_bytes())

    async def test_cancelled(self) -> None:
        """Nobody waits for it any more: it ends, and the next message has another one."""
        waiting = Deferred.fromCoroutine(self.render(FOREVER))
        waiting.cancel()
        with self.assertRaises(CancelledError):
            await waiting
        self.assertEqual(await self.render("[1]"), "[1]")
