"""The hybrid clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.log.offsets import OffsetClock, mark_offset, units

TIMES = st.lists(st.floats(0, 3e9), max_size=50)


@given(st.integers(0, 2**45), st.integers(0, 2**45), TIMES)
def test_offsets_grow_however_the_clock_goes(last, least, times):
    """Each offset is above the one before, at or above the least, and at or above the clock."""
    clock = OffsetClock(last, least)
    before = last
    for now in times:
        offset = clock.next(now)
        assert offset > before
        assert offset >= max(least, units(now))
        before = offset


def test_a_mark_is_ahead_of_all_that_may_have_been_handed_out():
    """It is past the last offset, past what a torn tail tells of, and ten seconds ahead of the clock."""
    assert mark_offset(0, 100.0) == 1_100_000
    assert mark_offset(2_000_000, 100.0) == 2_000_001
    assert mark_offset(0, 100.0, 3_000_000) == 3_000_001
