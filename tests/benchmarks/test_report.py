"""The table, and the numbers in it."""

from __future__ import annotations

import json

import pytest

from benchmarks.figures import percentile, rate
from benchmarks.report import Row, document, table


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)], ids=["least", "median", "p99", "most"]
)
def test_percentile(share: float, expected: int) -> None:
    """The nearest rank of a hundred values in any order."""
    assert percentile([*range(100, 0, -1)], share) == expected


def test_nothing_was_measured() -> None:
    """Neither none of the values nor no time at all is a division by zero."""
    assert (percentile([], 0.5), rate(3, 0)) == (0.0, 0.0)


def test_table_and_document_say_the_same() -> None:
    """A row shows its ratio in both, and leaves it out where there is nothing to compare with."""
    rows = [Row("list", "MB/s", 600.0, 300.0, "264"), Row("memory", "MB", 81.25)]
    lines = table(rows).splitlines()
    assert lines[2] == "| list   | 600 MB/s | 300 MB/s | 2.00  | 264    |"
    assert lines[3] == "| memory | 81.2 MB  |          |       |        |"
    assert [row["ratio"] for row in json.loads(document("here", rows))["rows"]] == [2.0, None]
