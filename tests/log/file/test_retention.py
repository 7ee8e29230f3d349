"""Where a start begins, and what may be deleted."""

from __future__ import annotations

import pytest

from promoter_view.log.file.retention import FolderHoldings, Segment, removal, snapshot_is_due, start_order
from promoter_view.log.settings import LogSettings


def held(*sizes, snapshots=(), first=1):
    """Segments of these sizes; the n-th (from 0) follows offset 10*n, after n records, begun at n seconds."""
    segments = [Segment(at + 1, at * 10, at, at * 1000, size) for at, size in enumerate(sizes)][first - 1 :]
    return FolderHoldings(segments, dict.fromkeys(snapshots, 5))


@pytest.mark.parametrize(
    ("holdings", "history", "order"),
    [
        pytest.param(held(100), 10, (0,), id="the beginning, whatever it costs"),
        pytest.param(held(100, 50, 50, 50, snapshots=(10, 20, 30)), 120, (20, 10, 0, 30), id="the oldest that fits"),
        pytest.param(held(100, 50, 50, 50, snapshots=(10, 20, 30)), 999, (0, 10, 20, 30), id="the beginning fits"),
        pytest.param(held(100, 50, 2, snapshots=(10, 20)), 10, (10, 0, 20), id="hardly anything follows the newest"),
        pytest.param(held(100, 50, 8, snapshots=(10, 20)), 10, (20, 10, 0), id="enough follows the newest"),
        pytest.param(held(100, 50, 50, snapshots=(10,)), 10, (10, 0), id="nothing fits: the newest"),
        pytest.param(held(100, 50, 50, snapshots=(20,), first=2), 10, (20,), id="the beginning is gone"),
        pytest.param(held(100, 50, first=2), 10, (), id="no start point"),
    ],
)
def test_the_order_of_start_points(holdings, history, order):
    """The best start point first, then the older ones, then the newer ones."""
    assert tuple(start_order(holdings, history)) == order


@pytest.mark.parametrize(
    ("holdings", "bounds", "due"),
    [
        pytest.param(held(1), {}, True, id="there is none yet"),
        pytest.param(held(100, 2, snapshots=(10,)), {}, False, id="2 bytes behind one of 5"),
        pytest.param(held(100, 2, 1, snapshots=(10,)), {}, True, id="3 bytes behind one of 5"),
        pytest.param(held(100, 9, 2, snapshots=(10, 20)), {}, False, id="the newest counts"),
        pytest.param(held(9, 1, 1, snapshots=(10,)), {"retention_age_seconds": 8}, False, id="begun 8 s ago"),
        pytest.param(held(9, 1, 1, snapshots=(10,)), {"retention_age_seconds": 7}, True, id="ended more than 7 s ago"),
        pytest.param(held(9, 1, 1, snapshots=(10,)), {"retention_events": 2}, False, id="2 events, as asked for"),
        pytest.param(held(9, 1, 1, snapshots=(10,)), {"retention_events": 1}, True, id="2 events and not 1"),
        pytest.param(held(9, 1, 1, snapshots=(10,)), {"retention_bytes": 1}, False, id="bytes do not ask"),
    ],
)
def test_when_a_snapshot_is_due(holdings, bounds, due):
    """Once half as much as the newest one lies behind it, and where a segment behind it is past retention."""
    records = len(holdings.segments)
    assert snapshot_is_due(holdings, LogSettings(**bounds), now_ms=10_000, records=records) is due


def test_a_segment_from_the_future():
    """One that was begun while the clock was ahead does not keep those before it: later ones tell when they ended."""
    begun = [0, 1000, 99_000, 3000, 9000]
    segments = [Segment(at + 1, at * 10, at, created, 1) for at, created in enumerate(begun)]
    found = FolderHoldings(segments, dict.fromkeys((10, 20, 30, 40), 5))
    assert gone(found, 40, retention_age_seconds=5)[1] == [0, 10, 20]


def gone(holdings, trusted, **settings):
    chosen = LogSettings(**{"history_bytes": 100, **settings})
    found = removal(holdings, trusted, chosen, now_ms=10_000, records=len(holdings.segments))
    return list(found.snapshots), [segment.base for segment in found.segments]


FIVE = held(50, 50, 50, 50, 50, snapshots=(10, 20, 30, 40))


@pytest.mark.parametrize(
    ("trusted", "bounds", "expected"),
    [
        pytest.param(40, {}, ([], []), id="nothing, where no bound asks for it"),
        pytest.param(None, {"retention_events": 0}, ([], []), id="nothing without a trusted snapshot"),
        pytest.param(20, {"retention_events": 0}, ([10], [0, 10]), id="never the trusted one or what follows"),
        pytest.param(40, {"retention_events": 3}, ([10], [0, 10]), id="by events"),
        pytest.param(40, {"retention_bytes": 170}, ([10], [0, 10]), id="by bytes, snapshots included"),
        pytest.param(40, {"retention_age_seconds": 7}, ([10], [0, 10]), id="by age of a segment's end"),
        pytest.param(40, {"retention_bytes": 0}, ([10, 20, 30], [0, 10, 20, 30]), id="all but what must stay"),
    ],
)
def test_what_retention_deletes(trusted, bounds, expected):
    """The oldest segments go while a bound asks for it; a snapshot goes with its segment, not before."""
    assert gone(FIVE, trusted, **bounds) == expected
