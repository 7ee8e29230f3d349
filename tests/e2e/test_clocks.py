"""A clock that goes decades ahead, under the program on a log in a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from promoter_view.views.versions import OFFSET_UNIT
from tests.support.program.client import Client
from tests.support.program.host_clock import HostClock
from tests.support.program.program import Program

_YEARS = 73 * 365 * 86_400
_PATIENCE_SECONDS = 60.0


def head(program: Program) -> int:
    """The resourceVersion of a list."""
    return Client(program.endpoint).list().resource_version


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_clock_at_2099(tmp_path: Path) -> None:
    """While it is there offsets go on by one a record, and it is said so; then they go on with the clock.

    A start with such a clock is refused in one line, and the log is as good as before.
    """
    clock = HostClock(tmp_path)
    options = ["--demo", "--event-log", f"file:{tmp_path / 'log'}"]
    with Program(tmp_path / "program", options, environment=clock.environment) as program:
        program.start()
        program.wait_ready()
        before = head(program)
        clock.set(_YEARS)
        wait_for(lambda: program.metric("promoter_view_clock_refused") == 1)
        refused = head(program)
        wait_for(lambda: head(program) > refused)
        assert before < head(program) < before + _PATIENCE_SECONDS * 10_000 * OFFSET_UNIT < 1 << 63
        assert "set the clock; until then offsets increase by one" in program.log
        clock.set(0)
        wait_for(lambda: program.metric("promoter_view_clock_refused") == 0)
        assert program.metric("promoter_view_clock_steps_total") == 2
        last = head(program)
        assert program.terminate() == 0
        clock.set(_YEARS)
        program.start()
        assert program.ended() == 1
        assert "cannot start: --event-log: the clock of this host says 2099-" in program.log.splitlines()[-1]
        program.kill()
        clock.set(0)
        program.start()
        program.wait_ready()
        assert head(program) > last
