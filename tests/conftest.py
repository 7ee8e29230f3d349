"""What holds for every test: on CI nothing may be skipped; a real control plane is there for whoever asks for it."""

import os

import pytest

from tests.controlplane.fixtures import control_plane, control_plane_binaries, own_control_plane

__all__ = ["control_plane", "control_plane_binaries", "own_control_plane", "pytest_sessionfinish"]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that skipped anything where PROMOTER_VIEW_NOTHING_SKIPPED is set."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("PROMOTER_VIEW_NOTHING_SKIPPED") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("skipped tests, and PROMOTER_VIEW_NOTHING_SKIPPED is set", red=True)
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED
