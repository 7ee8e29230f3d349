"""The processes of a run: simulator, program, baseline and measuring client, each ended when its block is left."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import promoter_view
from benchmarks.wire import unverified

_ROOT = Path(promoter_view.__file__).parents[1]
_POLL_SECONDS = 0.02
#: Making a cluster of 10,000 strategies alone takes more than a minute.
_START_SECONDS = 300.0


class BrokenRunError(Exception):
    """A process ended or did not do its part in time."""


class Child:
    """One process; what it complains about goes to a file, and so does all else unless it ``talks``.

    A context manager that ends it.
    """

    def __init__(self, command: Sequence[str], folder: Path, name: str, *, talks: bool = True) -> None:
        self._log = folder / f"{name}.log"
        environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": ""}
        with self._log.open("ab") as log:
            output = subprocess.PIPE if talks else log
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """``kill -9``, the same as a crash."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def say(self, line: str) -> None:
        """Writes a line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def line(self, timeout_seconds: float) -> str:
        """The next line of its standard output. Errors: BrokenRunError."""
        output = self._process.stdout
        assert output is not None
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            found = output.readline() if selector.select(timeout_seconds) else b""
        if not found:
            raise BrokenRunError(f"{self._log.stem}: nothing came in {timeout_seconds:.0f} s: {self.complaint()}")
        return found.decode().strip()

    def complaint(self) -> str:
        """The end of what it wrote to standard error."""
        return self._log.read_text(errors="replace")[-2000:]


def simulator(strategies: int, folder: Path, *options: str) -> tuple[Child, str]:
    """A simulated cluster with a fleet of so many strategies, and its address."""
    command = [
        sys.executable,
        "-m",
        "promoter_view.simulator",
        "--promoter",
        "0.36",
        "--strategies",
        str(strategies),
        *options,
    ]
    child = Child(command, folder, "simulator")
    return child, child.line(_START_SECONDS)


def kubeconfig(url: str, folder: Path) -> Path:
    """A kubeconfig for a cluster without authentication."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(document))
    return path


class Program:
    """``twistd promoter-view`` on a cluster, with a log and a certificate in ``folder``; may be killed and started.

    ``options`` are more of its options. ``turns``: where a program whose reactor is metered tells of its turns.
    """

    def __init__(
        self,
        kubeconfig_path: Path,
        folder: Path,
        *,
        event_log: str = "",
        options: Mapping[str, object] | None = None,
        turns: Path | None = None,
    ) -> None:
        self._kubeconfig = kubeconfig_path
        self._folder = folder
        self._event_log = event_log or f"file:{folder / 'log'}"
        self._options = options or {}
        self._turns = turns
        self._child: Child | None = None
        self.port = 0
        self.dashboard_port = free_port()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self._child is not None
        return self._child.pid

    @property
    def certificate(self) -> tuple[Path, Path]:
        """The certificate that it serves with, and the key."""
        folder = self._folder / "certificates"
        return folder / "apiserver.crt", folder / "apiserver.key"

    def start(self) -> None:
        """Starts it; returns once it listens. Errors: BrokenRunError."""
        port_file = self._folder / "port"
        port_file.unlink(missing_ok=True)
        self._child = Child(self._command(port_file), self._folder, "promoter-view", talks=False)
        self._wait(lambda: port_file.exists() and bool(port_file.read_text().strip()))
        self.port = int(port_file.read_text())

    def wait_ready(self) -> None:
        """Returns once it has all of the cluster's state. Errors: BrokenRunError."""
        self._wait(lambda: self.status("/readyz") == 200)

    def kill(self) -> None:
        """``kill -9``."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def status(self, path: str) -> int:
        """The HTTP status of that path, 0 where there is no answer."""
        try:
            return fetch(self.port, path)[0]
        except (OSError, HTTPException):
            return 0

    def metrics(self) -> dict[str, float]:
        """Every sample by its series."""
        lines = fetch(self.port, "/metrics")[1].decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {series: float(value) for series, _, value in samples}

    def _command(self, port_file: Path) -> list[str]:
        twistd = [str(Path(sys.executable).with_name("twistd"))]
        if self._turns is not None:
            twistd = [sys.executable, "-m", "benchmarks.turns", str(self._turns)]
        options: dict[str, object] = {
            "kubeconfig": self._kubeconfig,
            "bind-address": "127.0.0.1",
            "secure-port": self.port,
            "port-file": port_file,
            "event-log": self._event_log,
            "cert-dir": self._folder / "certificates",
            "dashboard-port": self.dashboard_port,
            "log-level": "warn",
            **self._options,
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return [*twistd, "-n", "--pidfile=", "promoter-view", "--insecure-no-auth", *words]

    def _wait(self, condition: Any) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not condition():
            child = self._child
            if child is None or not child.running or time.monotonic() > deadline:
                raise BrokenRunError(f"promoter-view is not up: {child.complaint() if child else 'not started'}")
            time.sleep(_POLL_SECONDS)


def free_port() -> int:
    """One that nobody listens on now: the dashboard's, for which 0 means none."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def etcd(binary: Path, folder: Path) -> tuple[Child, str]:
    """An etcd of one member, and its address."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    options = {
        "data-dir": folder / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
    }
    return Child([str(binary), *(f"--{name}={value}" for name, value in options.items())], folder, "etcd"), client


def baseline(certificate: tuple[Path, Path], object_bytes: int, objects: int, folder: Path) -> tuple[Child, int]:
    """The bare server, and its port."""
    words = [*map(str, certificate), str(object_bytes), str(objects)]
    child = Child([sys.executable, "-m", "benchmarks.baseline", *words], folder, "baseline")
    return child, int(child.line(_START_SECONDS))


def client(mode: str, folder: Path, **given: Any) -> Child:
    """A measuring client (benchmarks.client)."""
    return Child([sys.executable, "-m", "benchmarks.client", mode, json.dumps(given)], folder, f"client-{mode}")


def fetch(port: int, path: str) -> tuple[int, bytes]:
    """One GET: status and body. Errors: OSError, HTTPException."""
    connection = HTTPSConnection("127.0.0.1", port, timeout=_START_SECONDS, context=unverified())
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
