"""The processes of a run, when they do not do their part."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.processes import BrokenRunError, Child


def test_a_process_that_ends_is_quoted(tmp_path: Path) -> None:
    """Whoever waits for its line is told at once what it complained about."""
    with (
        Child([sys.executable, "-c", "import sys; sys.exit('no cluster here')"], tmp_path, "cluster") as child,
        pytest.raises(BrokenRunError, match=r"(?s)cluster.*no cluster here"),
    ):
        child.line(30.0)


def test_a_process_is_over_when_its_block_is_left(tmp_path: Path) -> None:
    """Also one that would wait for ever."""
    with Child([sys.executable, "-c", "print('up', flush=True); input()"], tmp_path, "waiting") as child:
        assert child.line(30.0) == "up"
        assert child.running
    assert not child.running
