"""What holds for every test: a folder of its own; on CI nothing is skipped; a control plane for who asks for one."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.controlplane.fixtures import control_plane, control_plane_binaries, own_control_plane, stages_plane

__all__ = ["control_plane", "control_plane_binaries", "own_control_plane", "pytest_sessionfinish", "stages_plane"]

# How long an example takes, to make or to run, says how busy the machine is, and nothing of the code.
settings.register_profile("no-deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no-deadline")


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
