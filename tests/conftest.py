"""What holds for every test: a folder of its own; on CI nothing is skipped; a control plane for who asks for one."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.plane.fixtures import control_plane, control_plane_binaries, own_control_plane, stages_plane

__all__ = ["control_plane", "control_plane_binaries", "own_control_plane", "pytest_sessionfinish", "stages_plane"]

#: Tests of these take real servers and processes, and so minutes. The others are done in a moment.
_LONG = ("replicas", "controlplane", "e2e", "browser", "contract", "image", "benchmarks", "chart")

# How long an example takes, to make or to run, says how busy the machine is, and nothing of the code.
settings.register_profile("no-deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no-deadline")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test leaves in its working directory (trial's ``mktemp``, a program's log) is nobody else's."""
    monkeypatch.chdir(tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, those with a soak before all: one that is begun last would keep a single worker busy."""
    soaking = {item.path for item in items if item.get_closest_marker("soak")}

    def rank(item: pytest.Item) -> int:
        folder = item.path.parent.name if item.path.parent.name in _LONG else item.path.parents[1].name
        return (_LONG.index(folder) + 1 if folder in _LONG else len(_LONG) + 1) * (item.path not in soaking)

    items.sort(key=rank)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that skipped anything where PROMOTER_VIEW_NOTHING_SKIPPED is set."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("PROMOTER_VIEW_NOTHING_SKIPPED") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("skipped tests, and PROMOTER_VIEW_NOTHING_SKIPPED is set", red=True)
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED
