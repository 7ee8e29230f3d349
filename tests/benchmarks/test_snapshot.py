"""The benchmark of a large snapshot."""

from __future__ import annotations

from pathlib import Path

from benchmarks.clusters import simulated
from benchmarks.snapshot import measure


def test_a_snapshot_is_written_and_read(tmp_path: Path) -> None:
    """It has the size that was asked for; the start from it serves everything, and lists nothing."""
    found = {row.work: row.ours for row in measure(18, tmp_path, simulated)}
    assert found["the snapshot"] >= 16
    assert found["strategies that are served"] == 100
    assert found["relists after that"] == 0
    assert found["start from it: /livez worst"] >= found["start from it: /livez p50"] > 0
