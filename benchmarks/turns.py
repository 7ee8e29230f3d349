"""``python -m benchmarks.turns FILE ARGUMENTS``: ``twistd`` with those arguments, whose reactor's turns are measured.

A turn is what the reactor does from one wait for events to the next. At a SIGUSR1 the figures since the last one are
written to FILE: see ``Turns``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.main import installReactor
from twisted.scripts.twistd import run

_WAIT_SECONDS, _PATIENCE_SECONDS = 0.01, 60.0


@dataclass(slots=True)
class Turns:
    """How many turns there were, and the longest in seconds.

    ``thread`` is processor time of the reactor's thread, ``process`` that of all threads meanwhile (the interpreter
    runs one of them at a time), ``wall`` has what else the machine did in it. ``number`` counts the signals.
    """

    number: int = 0
    count: int = 0
    thread: float = 0.0
    process: float = 0.0
    wall: float = 0.0


class MeteredPoll:
    """An epoll object that measures what comes between two waits."""

    def __init__(self, poll: Any, path: Path) -> None:
        self._poll = poll
        self._path = path
        self._began = _now()
        self.turns = Turns()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._poll, name)

    def poll(self, *given: Any) -> Any:
        """Ends a turn, waits, and begins the next one."""
        turns, ended = self.turns, _now()
        turns.count += 1
        turns.thread = max(turns.thread, ended[0] - self._began[0])
        turns.process = max(turns.process, ended[1] - self._began[1])
        turns.wall = max(turns.wall, ended[2] - self._began[2])
        try:
            return self._poll.poll(*given)
        finally:
            self._began = _now()

    def tell(self, *_: Any) -> None:
        """Writes the figures, and begins anew."""
        told, self.turns = self.turns, Turns(self.turns.number + 1)
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(told) | {"number": told.number + 1}))
        temporary.rename(self._path)


def _now() -> tuple[float, float, float]:
    return time.thread_time(), time.process_time(), time.monotonic()


def since_last(pid: int, path: Path) -> Turns:
    """What a metered program did since this was asked the last time. Errors: TimeoutError."""
    before = _read(path).number
    os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := _read(path)).number == before:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} tells nothing of its turns")
        time.sleep(_WAIT_SECONDS)
    return found


def _read(path: Path) -> Turns:
    return Turns(**json.loads(path.read_text())) if path.exists() else Turns()


class MeteredReactor(EPollReactor):
    """Twisted's own on Linux; ``path`` is where its figures go."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._poller = MeteredPoll(self._poller, path)
        signal.signal(signal.SIGUSR1, self._poller.tell)


def main() -> None:
    """Runs twistd."""
    installReactor(MeteredReactor(Path(sys.argv[1])))
    sys.argv[:2] = ["twistd"]
    run()


if __name__ == "__main__":
    main()
