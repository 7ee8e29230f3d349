"""The benchmark of Stages runs to its end. No figure is judged here but what must not happen at all."""

from __future__ import annotations

from pathlib import Path

from benchmarks.stages import measure


def test_reconciliations_change_no_bundle(tmp_path: Path) -> None:
    """Applications are reconciled, nothing comes of it, and each real change is seen meanwhile."""
    rows = {row.work: row.ours for row in measure(12, 0.5, 2.0, 6, tmp_path)}
    assert rows["reconciliations in which nothing changes"] > 0
    assert rows["bundle changes from them"] == 0
    assert rows["health, from the PATCH to the watcher: p50"] > 0
