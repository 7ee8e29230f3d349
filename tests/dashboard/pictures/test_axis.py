"""Time axes: round ends, a few ticks, and a place for every moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.dashboard.pictures.axis import axis_of

NOON = datetime(2026, 11, 20, 12, 34, tzinfo=UTC)

#: Length of what is shown; the axis' ends, its ticks.
TABLE = [
    (timedelta(), "2026-11-20 12:34", "2026-11-20 12:35", []),
    (timedelta(hours=2), "2026-11-20 12:30", "2026-11-20 15:00", ["13:00", "13:30", "14:00", "14:30"]),
    (timedelta(hours=20), "2026-11-20 12:00", "2026-11-21 12:00", ["18:00", "21 Nov", "06:00"]),
    (timedelta(days=9), "2026-11-19 00:00", "2026-12-01 00:00", ["21 Nov", "23 Nov", "25 Nov", "27 Nov", "29 Nov"]),
    (timedelta(days=900), "2025-12-18 00:00", "2029-12-17 00:00", ["Dec 2026", "Dec 2027", "Dec 2028"]),
]


@pytest.mark.parametrize(("length", "start", "end", "ticks"), TABLE)
def test_an_axis_has_round_ends_and_ticks(length: timedelta, start: str, end: str, ticks: list[str]) -> None:
    axis = axis_of([NOON + length, NOON])
    assert axis is not None
    assert (f"{axis.start:%Y-%m-%d %H:%M}", f"{axis.end:%Y-%m-%d %H:%M}") == (start, end)
    assert [tick.words for tick in axis.ticks] == ticks


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1, max_size=4))
def test_every_moment_has_a_place_in_order(moments: list[datetime]) -> None:
    axis = axis_of(moments)
    assert axis is not None
    assert axis.start < axis.end
    places = [axis.at(moment) for moment in sorted(moments)]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
    assert len(axis.ticks) < 9


def test_it_stays_the_same_until_its_end_is_reached() -> None:
    """So that what was drawn on it can be kept while new things happen."""
    assert axis_of([NOON, NOON + timedelta(hours=2)]) == axis_of([NOON, NOON + timedelta(hours=2, minutes=20)])
    assert axis_of([]) is None
