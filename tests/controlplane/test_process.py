"""The harness's processes: none outlives the tests, however those end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
#: A child that TERM does not end, as an apiserver without its etcd is not.
_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
)
_TESTS = """
import sys, time
from pathlib import Path
from tests.support.plane.process import Process
process = Process([sys.executable, "-c", sys.argv[1]], Path(sys.argv[2]))
print(process._child.pid, flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_ends_with_the_group_of_the_tests(tmp_path: Path, number: signal.Signals) -> None:
    """Tests that are ended with all their group leave no child behind, not even one that TERM does not end."""
    log = tmp_path / "child.log"
    command = [sys.executable, "-c", _TESTS, _STUBBORN, str(log)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, start_new_session=True) as tests:
        assert tests.stdout is not None
        child = int(tests.stdout.readline())
        wait_until(lambda: log.read_text() == "up\n")
        os.killpg(tests.pid, number)
    wait_until(lambda: not is_there(child))


def wait_until(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_there(pid: int) -> bool:
    """Whether it runs; one that is dead and not waited for by the system's first process does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True).stdout
    return bool(state.strip()) and not state.startswith(b"Z")
