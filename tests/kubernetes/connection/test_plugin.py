"""Credential plugins: what they print, and what they do wrong."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from promoter_view.kubernetes.connection import plugin as module
from promoter_view.kubernetes.connection.cluster import ExecConfig, Inline, UserConfig
from promoter_view.kubernetes.connection.credentials import Credentials
from promoter_view.kubernetes.connection.plugin import PluginCredential, read_credential, run_plugin
from promoter_view.kubernetes.outcomes import Outcome, Unreachable
from tests.support.clocks import Wall

VERSION = "client.authentication.k8s.io/v1"
CONFIG = ExecConfig(VERSION, "plugin")


def printed(**status: Any) -> bytes:
    return orjson.dumps({"apiVersion": VERSION, "kind": "ExecCredential", "status": status})


def test_credential() -> None:
    """Token, certificate and expiry are read."""
    output = printed(token="t", expirationTimestamp="2026-01-01T00:00:00Z")
    assert read_credential(CONFIG, output) == PluginCredential("t", None, 1767225600.0)
    found = read_credential(CONFIG, printed(clientCertificateData="c", clientKeyData="k"))
    assert found.certificate is not None
    assert (found.certificate.certificate, found.certificate.key, found.expires_at) == (b"c", b"k", None)


BAD = [
    b"",
    b"token",
    b"[]",
    b"{}",
    printed(),
    printed(token=7),
    printed(clientCertificateData="c"),
    printed(token="t", expirationTimestamp="tomorrow"),
    printed(token="t", expirationTimestamp="2026-01-01T00:00:00"),
    printed(token="t").replace(b"/v1", b"/v1beta1"),
]


@pytest.mark.parametrize("output", BAD)
def test_bad_output(output: bytes) -> None:
    """What is no credential is refused in words that name the plugin, and never show what it printed as a token."""
    with pytest.raises(Unreachable, match="credential plugin plugin") as caught:
        read_credential(CONFIG, output)
    assert caught.value.outcome is Outcome.CREDENTIALS


class RunTests(TestCase):
    """Real processes."""

    def run_script(self, script: str, **options: Any) -> Deferred[PluginCredential]:
        config = ExecConfig(VERSION, sys.executable, ("-c", script), **options)
        return Deferred.fromCoroutine(run_plugin(config, reactor=reactor, environ=os.environ))

    async def test_environment(self) -> None:
        """The plugin gets its own environment and KUBERNETES_EXEC_INFO, and has nobody to ask on standard input."""
        script = """
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
token = [info["spec"]["interactive"], info["spec"]["cluster"]["server"], os.environ["X"], sys.stdin.read()]
status = {"token": json.dumps(token)}
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}))
"""
        found = await self.run_script(script, environ={"X": "y"}, cluster={"server": "s"})
        self.assertEqual(orjson.loads(found.token), [False, "s", "y", ""])

    async def test_failure(self) -> None:
        """A plugin that fails is quoted with the end of what it said."""
        with pytest.raises(Unreachable, match="status 3: log in first"):
            await self.run_script("import sys; sys.exit(print('log in first', file=sys.stderr) or 3)")

    async def test_too_much(self) -> None:
        """A plugin that prints without end is ended."""
        with pytest.raises(Unreachable, match="printed more than"):
            await self.run_script("while True: print('x' * 10000)")

    async def test_too_long(self) -> None:
        """A plugin that does not answer is ended."""
        self.patch(module, "_TIMEOUT_SECONDS", 0.05)
        with pytest.raises(Unreachable, match="gave no answer"):
            await self.run_script("import time; time.sleep(600)")

    async def test_cancelled(self) -> None:
        """Whoever waits for a plugin may give up; the process is ended."""
        running = self.run_script("import time; time.sleep(600)")
        running.cancel()
        with pytest.raises((CancelledError, Unreachable)):
            await running

    async def test_missing(self) -> None:
        """A plugin that is not there is named, with the hint that the kubeconfig gives."""
        config = ExecConfig(VERSION, "/no/such/plugin", hint="Install it.")
        with pytest.raises(Unreachable, match=r"/no/such/plugin is not there or not executable\. Install it\."):
            await run_plugin(config, reactor=reactor, environ={})

    async def test_not_a_program(self) -> None:
        """A file that the system cannot run is a failure of the credentials, as any other of a plugin's."""
        path = Path("plugin")
        path.write_bytes(b"\x7f no program")
        path.chmod(0o755)
        with pytest.raises(Unreachable, match="credential plugin"):
            await run_plugin(ExecConfig(VERSION, str(path.absolute())), reactor=reactor, environ={})


class CredentialsTests(SynchronousTestCase):
    """Credentials that are asked for by many, expire, are refused, or cannot be had."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.wall = Wall(self.clock)
        self.runs: list[Deferred[PluginCredential]] = []
        self.credentials = Credentials(
            UserConfig(plugin=CONFIG), clock=self.clock, wall=self.wall, run_plugin=self.run_plugin
        )

    def run_plugin(self) -> Deferred[PluginCredential]:
        self.runs.append(Deferred())
        return self.runs[-1]

    def get(self) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.credentials.get())

    def test_one_run_for_all(self) -> None:
        """Those who wait at the same time share one run, also when the first of them gives up."""
        first, second, third = self.get(), self.get(), self.get()
        first.addErrback(lambda _: None)
        self.assertEqual(len(self.runs), 1)
        first.cancel()
        self.assertEqual(len(self.runs), 2)
        self.runs[1].callback(PluginCredential("t"))
        for got in (second, third, self.get()):
            self.assertEqual(self.successResultOf(got).authorization, b"Bearer t")
        self.assertEqual(len(self.runs), 2)

    def test_expiry(self) -> None:
        """A credential is renewed a little before it expires, and not earlier."""
        got = self.get()
        self.runs[0].callback(PluginCredential("one", None, 100.0))
        self.successResultOf(got)
        self.clock.advance(69)
        self.successResultOf(self.get())
        self.clock.advance(2)
        self.assertNoResult(self.get())
        self.assertEqual(len(self.runs), 2)

    def test_refused(self) -> None:
        """One that was refused is not used again, and many refusals of it lead to one new run."""
        got = self.get()
        self.runs[0].callback(PluginCredential("one"))
        refused = self.successResultOf(got)
        self.credentials.discard(refused)
        renewed = self.get()
        self.runs[1].callback(PluginCredential("two"))
        self.credentials.discard(refused)
        self.assertEqual(self.successResultOf(renewed).authorization, b"Bearer two")
        self.assertEqual(self.successResultOf(self.get()).authorization, b"Bearer two")

    def test_failure_is_shared_for_a_while(self) -> None:
        """A plugin that failed is not run at once for each of those who wait."""
        waiting = [self.get(), self.get()]
        self.runs[0].errback(Unreachable(Outcome.CREDENTIALS, "no"))
        for got in waiting:
            self.failureResultOf(got, Unreachable)
        self.assertEqual(len(self.runs), 1)
        self.clock.advance(5)
        self.get()
        self.assertEqual(len(self.runs), 2)

    def test_a_plugin_that_keeps_its_token_until_it_expires(self) -> None:
        """In the token's last seconds it is asked again every five, and not for each request; then each time."""
        token = PluginCredential("t", expires_at=self.wall() + 12)
        runs = []
        for _ in range(13):
            for _ in range(10):
                got = self.get()
                if self.runs and not self.runs[-1].called:
                    self.runs[-1].callback(token)
                self.successResultOf(got)
            runs.append(len(self.runs))
            self.clock.advance(1)
        self.assertEqual(runs, [1] * 5 + [2] * 5 + [3] * 2 + [13])

    def test_without_plugin(self) -> None:
        """Token, name and password, or neither."""
        for user, expected in (
            (UserConfig(token=Inline(b" t\n")), b"Bearer t"),
            (UserConfig(username="a", password="b"), b"Basic YTpi"),
            (UserConfig(), b""),
        ):
            credentials = Credentials(user, clock=self.clock, wall=self.wall, run_plugin=None)
            got = self.successResultOf(Deferred.fromCoroutine(credentials.get()))
            self.assertEqual(got.authorization, expected)
