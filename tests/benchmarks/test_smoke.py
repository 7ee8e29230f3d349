"""The benchmarks run to their end and find all that they count. No figure is judged here: machines differ."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import measure
from benchmarks.report import Row
from benchmarks.works import WORKS
from benchmarks.world import Plan

_TINY = Plan(
    strategies=6,
    watchers=(1, 3),
    seconds=0.5,
    lists=2,
    concurrent=3,
    gets=20,
    idle_watchers=3,
    pages=4,
    appends=512,
    limit_seconds=30.0,
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """All works, once."""
    names = [work.__name__ for work in WORKS]
    return {row.work: row for row in measure(_TINY, tmp_path_factory.mktemp("bench"), names)}


def test_every_event_comes_to_every_watcher(rows: dict[str, Row]) -> None:
    """Under load, behind readers that stop, and on a resume after a kill, all events are counted."""
    counted = [row for row in rows.values() if "events" in row.work]
    assert [row.ours for row in counted] == [100.0] * len(counted)
    assert len(counted) == 5


def test_a_restart_lists_nothing_again(rows: dict[str, Row]) -> None:
    """The program goes on where its log ends."""
    assert rows["relists after that"].ours == 0


def test_rates_are_compared_with_the_bare_server(rows: dict[str, Row]) -> None:
    """Each row about throughput has a baseline of the same run, and so a ratio."""
    rates = [row for row in rows.values() if row.unit in ("MB/s", "/s")]
    assert len(rates) == 8
    assert all(row.ratio is not None and row.ratio > 0 for row in rates)
