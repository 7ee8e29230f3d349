"""helm for every test of the chart, built once."""

from pathlib import Path

import pytest

from tests.support.chart.rendering import Helm, HelmNotBuiltError, helm_path


@pytest.fixture(scope="session")
def helm_binary() -> Path:
    """helm; skips, and says why, where it cannot be built."""
    try:
        return helm_path()
    except HelmNotBuiltError as error:
        pytest.skip(f"no helm: {error}")


@pytest.fixture
def helm(helm_binary: Path, tmp_path: Path) -> Helm:
    """helm with a folder of its own."""
    return Helm(helm_binary, tmp_path)
