"""The benchmark of moments of the past."""

from __future__ import annotations

from pathlib import Path

from benchmarks.past import Plan, measure

_PLAN = Plan(strategies=8, days=0.2, rate=0.05, moments=1, making_seconds=120)


def test_moments_of_a_log_that_was_made_are_read(tmp_path: Path) -> None:
    """The program goes on from it, lists nothing, and tells each moment; what is kept is served again."""
    found = {row.work: row.ours for row in measure(_PLAN, tmp_path, tmp_path)}
    assert 0 < found["the log reaches back"] <= 0.2
    assert found["relists after that"] == 0
    assert found["a list, between two snapshots: first byte, worst"] > 0
    assert found["a list, in the oldest seventh: longest turn"] > 0
    assert found["memory, at most"] >= found["memory, idle"]
    again = {row.work: row.ours for row in measure(_PLAN, tmp_path, tmp_path)}
    assert again["relists after that"] == 0
