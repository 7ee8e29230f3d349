"""The benchmark of the index of commits runs to its end."""

from __future__ import annotations

from benchmarks.commits import measure


def test_rows() -> None:
    """All of its figures are there; each commit that it looks for is found."""
    rows = {row.work: row for row in measure(20)}
    assert rows["shas and bundles in it"].ours > 0
    assert {"a look-up, p99", "a change of a check", "a change of a promotion"} <= set(rows)
