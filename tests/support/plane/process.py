"""A child process that never outlives the tests: not their failure, not even their being killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: Waits until its standard input ends. Dismissed by a line; otherwise its parent died, and the child is killed.
_GUARDIAN = "import os, sys; sys.stdin.readline() or os.kill(int(sys.argv[1]), 9)"


class Process:
    """One child, its output in a file, and a guardian that kills it should the tests be killed."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        guardian = [sys.executable, "-S", "-c", _GUARDIAN, str(self._child.pid)]
        # In a session of its own: what ends the tests as a group (timeout, Ctrl-C) must not end it with them.
        self._guardian = subprocess.Popen(guardian, stdin=subprocess.PIPE, start_new_session=True)

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._child.pid

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._child.poll()

    @property
    def running(self) -> bool:
        """Whether the child has not ended yet."""
        return self._child.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Sends the child a signal, if it still runs."""
        if self.running:
            self._child.send_signal(number)

    def stop(self, timeout_seconds: float = 20.0) -> None:
        """Ends the child: TERM, and KILL where that takes too long."""
        self.send(signal.SIGTERM)
        try:
            self._child.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self._dismiss_guardian()

    def kill(self) -> None:
        """Ends the child as a crash does."""
        self.send(signal.SIGKILL)
        self._child.wait()
        self._dismiss_guardian()

    def tail(self, lines: int = 20) -> str:
        """The end of what it wrote, for messages."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _dismiss_guardian(self) -> None:
        if self._guardian.poll() is None:
            self._guardian.communicate(b"dismissed\n")
