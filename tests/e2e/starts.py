"""Many starts of the program in little time: one process has imported it, and forks for each start.

Each start is the whole of ``twistd -n promoter-view``, with a terminal of its own: who asks a question there is never
answered. It has no capability, so that a file without permissions is unreadable to root too.
"""

from __future__ import annotations

import ctypes
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

#: Longer than any start that fails takes on a busy machine.
PATIENCE_SECONDS = 60.0
_HANGS = -1


class Ended(NamedTuple):
    """How a start ended: its exit status, or None where it went on until it was killed, and the lines it wrote."""

    status: int | None
    lines: Sequence[str]

    @property
    def last(self) -> str:
        """The last line."""
        return self.lines[-1] if self.lines else ""


class Starter:
    """The process that starts the program again and again. A context manager."""

    def __enter__(self) -> Starter:
        command = [sys.executable, "-m", "tests.e2e.starts"]
        here = str(Path(__file__).parents[2])
        paths = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def start(
        self,
        folder: Path,
        options: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        enough: str = "",
        seconds: float = PATIENCE_SECONDS,
    ) -> Ended:
        """Starts it in that folder, until it ends, has written ``enough``, or the time is over."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        case = [str(folder), list(options), dict(environ or {}), enough, seconds]
        self._process.stdin.write(json.dumps(case).encode() + b"\n")
        self._process.stdin.flush()
        status, text = json.loads(self._process.stdout.readline())
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return Ended(None if status == _HANGS else status, lines)


def main() -> None:
    """Starts what is asked for on standard input, one after the other."""
    # What takes long is done once; not promoter_view.program.service, for klein installs a reactor when it is imported.
    import promoter_view.program.access
    import promoter_view.program.command_line.options
    import promoter_view.program.promotions  # noqa: F401

    assert "twisted.internet.reactor" not in sys.modules, "a reactor cannot be shared with children"
    for line in sys.stdin:
        folder, options, environ, enough, seconds = json.loads(line)
        child, terminal = pty.fork()
        if not child:
            _become(folder, options, environ)
        sys.stdout.write(json.dumps(_watch(child, terminal, enough.encode(), seconds)) + "\n")
        sys.stdout.flush()


def _become(folder: str, options: Sequence[str], environ: Mapping[str, str]) -> None:
    from twisted.scripts.twistd import run

    os.chdir(folder)
    os.environ.update(environ)
    if sys.platform == "linux":
        _without_capabilities()
    sys.argv = ["twistd", "-n", "--pidfile=", "promoter-view", *options]
    try:
        run()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


def _without_capabilities() -> None:
    """capset(2): none is effective, permitted or inheritable."""
    header = struct.pack("=Ii", 0x20080522, 0)
    ctypes.CDLL(None, use_errno=True).capset(header, bytes(24))


def _watch(child: int, terminal: int, enough: bytes, seconds: float) -> tuple[int, str]:
    written = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not (enough and enough in written):
        readable, _, _ = select.select([terminal], [], [], 0.1)
        if not readable:
            continue
        try:
            more = os.read(terminal, 65536)
        except OSError:  # Linux' way to say that nobody has the terminal open any more
            break
        if not more:
            break
        written += more
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
        return _HANGS, written.decode(errors="replace")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), written.decode(errors="replace")


if __name__ == "__main__":
    main()
