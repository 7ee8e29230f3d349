"""What holds for every test: a folder of its own to run in, and on CI nothing may be skipped."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test leaves in its working directory (trial's ``mktemp``, a program's log) is nobody else's."""
    monkeypatch.chdir(tmp_path)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that skipped anything where PROMOTER_VIEW_NOTHING_SKIPPED is set."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("PROMOTER_VIEW_NOTHING_SKIPPED") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("skipped tests, and PROMOTER_VIEW_NOTHING_SKIPPED is set", red=True)
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED
