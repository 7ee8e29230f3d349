"""The curves of how cost grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.clusters import Making, real, simulated
from benchmarks.growth import of_environments, table


def test_a_figure_stands_beside_its_ratio_to_the_size_before() -> None:
    """The first size has none, and neither has what was nothing before."""
    found = table(
        "watchers", [(1, {"change, ms": 2.0, "list, ms": 0.0}), (1000, {"change, ms": 250.0, "list, ms": 5.0})]
    )
    assert found.splitlines()[0] == "| watchers | change, ms | list, ms |"
    assert found.splitlines()[2:] == ["| 1 | 2.0 | 0.0 |", "| 1,000 | 250 (x125.0) | 5.0 |"]


@pytest.mark.parametrize("making", [simulated, pytest.param(real, marks=pytest.mark.controlplane)])
def test_one_size_is_measured(making: Making, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """On a cluster, a program and clients of its own, every event comes, and ``/livez`` is answered meanwhile."""
    if making is real:
        request.getfixturevalue("control_plane_binaries")  # skips where they cannot be built
    found = of_environments(3, tmp_path, making)
    assert found["change, ms"] > 0
    assert found["/livez worst, ms"] >= found["/livez p50, ms"] > 0
