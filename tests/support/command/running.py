"""The commands as processes, as people run them."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

#: Longer than anything that is waited for takes on a busy machine.
PATIENCE_SECONDS = 60.0


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line, of whichever stream it is."""
        return (self.err + self.out).strip().splitlines()[-1] if self.err + self.out else ""


def script(name: str) -> str:
    """The console script beside this Python."""
    return str(Path(sys.executable).with_name(name))


def promotion(kubeconfig: Path, *words: str, environ: Mapping[str, str] | None = None) -> Done:
    """``kubectl-promotion`` to its end."""
    return Running(kubeconfig, *words, environ=environ).end()


class Running:
    """``kubectl-promotion`` while it runs; ``said`` waits for words in what it writes."""

    def __init__(self, kubeconfig: Path, *words: str, environ: Mapping[str, str] | None = None) -> None:
        command = [script("kubectl-promotion"), *words, "--kubeconfig", str(kubeconfig)]
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._texts: dict[str, list[str]] = {"out": [], "err": []}
        self._threads = [self._read("out"), self._read("err")]

    def _read(self, name: str) -> threading.Thread:
        stream = self._process.stdout if name == "out" else self._process.stderr
        assert stream is not None

        def read() -> None:
            for line in stream:
                self._texts[name].append(line)
                self._lines.put(line)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def said(self, words: str) -> None:
        """Waits for a line with these words."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                self._process.kill()
                raise AssertionError(f"it did not say {words!r}: {self._texts}") from None
            if words in line:
                return

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def end(self) -> Done:
        """Waits for its end."""
        try:
            status = self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"it did not end: {self._texts}") from None
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
        return Done(status, "".join(self._texts["out"]), "".join(self._texts["err"]))
