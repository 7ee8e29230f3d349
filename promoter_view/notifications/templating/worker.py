"""The process that runs templates: ``python -m promoter_view.notifications.templating.worker``.

A request is a frame on standard input (four bytes of length, then JSON), its answer one on standard output. A request
that takes too long ends the process by SIGPROF, whatever it is at: nothing here catches that.
"""

from __future__ import annotations

import json
import resource
import signal
import struct
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from promoter_view.notifications.templating.rendering import RenderError, render

#: Of the processor.
RENDERING_SECONDS = 0.1
_COMPILING_SECONDS = 1.0
_MEMORY = 256 * 1024 * 1024
_LENGTH = struct.Struct(">I")


def main() -> None:
    """Answers until standard input ends."""
    _limit()
    while True:
        head = sys.stdin.buffer.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return
        _write(sys.stdout.buffer, _answer(json.loads(sys.stdin.buffer.read(*_LENGTH.unpack(head)))))


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    signal.setitimer(signal.ITIMER_PROF, _COMPILING_SECONDS)
    try:
        return render(asked, _render_in_time)
    except RenderError as error:
        return {"error": str(error)}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _render_in_time() -> None:
    signal.setitimer(signal.ITIMER_PROF, RENDERING_SECONDS)


def _write(stream: BinaryIO, answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def _limit() -> None:
    """What it may take of the host: little memory, no files. A host that knows no such limit is left as it is."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
