"""The program as a subprocess: started as an operator does, waited for, killed, started again, and ended always."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import promoter_view
from tests.support.ports import free_port
from tests.support.program.client import BROKEN, Client, Endpoint, RefusedError

_POLL_SECONDS = 0.05


class NotReadyError(AssertionError):
    """It ended, or was not ready in time; the message holds the end of its log."""


class Program:
    """``twistd -n promoter-view`` with those options, in a folder of its own. A context manager that ends it.

    Every start takes the same port, so that clients find it where it was. No system hands that port out by itself, or
    one of the watchers' own connections might take it while the program is down. ``host`` is the loopback address that
    it listens on; ``within`` is a command that it is run by.
    """

    def __init__(
        self,
        folder: Path,
        options: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        dashboard: bool = False,
        host: str = "127.0.0.1",
        within: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self._options = tuple(options)
        self._environment = dict(environment or {})
        self._host = host
        self._within = tuple(within)
        self._port = free_port()
        self._dashboard_port = free_port() if dashboard else 0
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def endpoint(self) -> Endpoint:
        """Where its API listens, once it is started."""
        return Endpoint(self._host, self._port)

    @property
    def dashboard(self) -> Endpoint:
        """Where its dashboard listens, if it was asked for one."""
        return Endpoint("127.0.0.1", self._dashboard_port, tls=False)

    @property
    def pid(self) -> int:
        """The process's number, while it runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """All that it has written so far, over all its starts."""
        return self._log_file.read_text(errors="replace") if self._log_file.exists() else ""

    def start(self, *, timeout_seconds: float = 120.0) -> None:
        """Starts it and waits until it listens. Errors: NotReadyError."""
        assert self._process is None, "it runs already"
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(port_file), cwd=self.folder, env=self._variables(), stdout=log, stderr=log
            )
        self._wait(lambda: bool(port_file.exists() and port_file.read_text().strip()), "listen", timeout_seconds)
        assert int(port_file.read_text().split()[0]) == self._port

    def wait_ready(self, *, timeout_seconds: float = 180.0) -> None:
        """Waits until ``/readyz`` says ok. Errors: NotReadyError."""
        self._wait(self._is_ready, "become ready", timeout_seconds)

    def kill(self) -> None:
        """``kill -9``; nothing if it does not run."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int | None:
        """TERM, and its exit status; None if it did not run. Errors: subprocess.TimeoutExpired."""
        return self._end(signal.SIGTERM)

    def send(self, signal_number: int) -> None:
        """A signal, to a program that runs."""
        assert self._process is not None
        self._process.send_signal(signal_number)

    def ended(self, *, timeout_seconds: float = 20.0) -> int:
        """Its exit status, once it has ended of itself or by a signal. Errors: subprocess.TimeoutExpired."""
        assert self._process is not None
        return self._process.wait(timeout_seconds)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels. Errors: what Client raises."""
        lines = Client(self.endpoint).get("/metrics").decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if line.startswith((name + "{", name + " ")))
        return sum(float(value) for _, _, value in samples)

    @property
    def _log_file(self) -> Path:
        return self.folder / "output.log"

    def _command(self, port_file: Path) -> list[str]:
        twistd = str(Path(sys.executable).with_name("twistd"))
        where = ["--bind-address", self._host, "--secure-port", str(self._port), "--port-file", str(port_file)]
        where += ["--dashboard-port", str(self._dashboard_port)]
        return [*self._within, twistd, "-n", "--pidfile=", "promoter-view", *where, *self._options]

    def _variables(self) -> dict[str, str]:
        """The plugin is found in whatever the tests import, an installed wheel or a checkout."""
        here = str(Path(promoter_view.__file__).parents[1])
        paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **self._environment}

    def _wait(self, condition: object, what: str, timeout_seconds: float) -> None:
        assert callable(condition)
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise NotReadyError(f"it did not {what}: {self.log[-4000:]}")
            time.sleep(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        try:
            return Client(self.endpoint, timeout_seconds=5.0).get("/readyz").startswith(b"ok")
        except (*BROKEN, RefusedError):
            return False

    def _end(self, signal_number: int) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(signal_number)
        try:
            return process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()
