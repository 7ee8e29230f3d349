"""The curves of how cost grows."""

from __future__ import annotations

from pathlib import Path

from benchmarks.growth import of_environments, table


def test_a_figure_stands_beside_its_ratio_to_the_size_before() -> None:
    """The first size has none, and neither has what was nothing before."""
    found = table(
        "watchers", [(1, {"change, ms": 2.0, "list, ms": 0.0}), (1000, {"change, ms": 250.0, "list, ms": 5.0})]
    )
    assert found.splitlines()[0] == "| watchers | change, ms | list, ms |"
    assert found.splitlines()[2:] == ["| 1 | 2.0 | 0.0 |", "| 1,000 | 250 (x125.0) | 5.0 |"]


def test_one_size_is_measured(tmp_path: Path) -> None:
    """On a cluster, a program and clients of its own, every event comes, and ``/livez`` is answered meanwhile."""
    found = of_environments(3, tmp_path)
    assert found["change, ms"] > 0
    assert found["/livez worst, ms"] >= found["/livez p50, ms"] > 0
