"""The benchmark of the journal runs to its end."""

from __future__ import annotations

from pathlib import Path

from benchmarks.journal import measure


def test_rows(tmp_path: Path) -> None:
    """All of its figures are there, and about as many entries as were asked for."""
    rows = {row.work: row for row in measure(tmp_path, 2000)}
    assert 1900 < rows["entries"].ours < 2100
    assert rows["an entry on the disk"].ours > 0
    assert {"read by name: the newest 100", "read by commit", "read since 30 days ago, the oldest 500"} <= set(rows)
