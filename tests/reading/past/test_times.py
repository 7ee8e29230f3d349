"""When records count as written: by the clock, never far beyond what their offsets tell. Pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.log.offsets import MAX_AHEAD_SECONDS, OffsetClock, milliseconds_of
from promoter_view.reading.past.times import Validity, latest_ms, written_ms
from promoter_view.records import CursorMoved, CursorPlace, DerivedBundles, Position, Record, Unknown

NOW = 1_800_000_000
_CLOCKS = st.lists(
    st.one_of(
        st.integers(NOW - 10_000, NOW + 10_000),
        st.integers(NOW + 2 * MAX_AHEAD_SECONDS, NOW + 20 * MAX_AHEAD_SECONDS),
    ),
    max_size=30,
)
_UNSHOWN = st.sampled_from([CursorMoved("s", CursorPlace(1, 0)), DerivedBundles(0, 1, 2, b""), Unknown()])


@given(_CLOCKS)
def test_no_record_is_later_than_its_offset_tells(clocks):
    """Whoever begins behind an offset misses no later time, whatever the clock said; one that is believed counts."""
    offsets = OffsetClock(NOW * 10_000, 0)
    for now in clocks:
        offset = offsets.next(now)
        written = written_ms(offset, now * 1000)
        assert written <= milliseconds_of(offset)
        assert written == min(now * 1000, milliseconds_of(offset))


def test_what_is_written_at_once_has_one_time():
    """Offsets of a group end at the clock: its first ones are some milliseconds before it."""
    assert written_ms(NOW * 10_000 - 999, NOW * 1000) == NOW * 1000


@given(st.lists(st.tuples(st.integers(0, 50), st.one_of(st.none(), _UNSHOWN)), max_size=30))
def test_what_no_view_shows_has_no_time(written):
    """With cursors and rows among the records, and without them, the latest time is the same."""
    with_all = without = 0
    for number, (time_ms, unshown) in enumerate(written):
        record = Record(NOW + number, time_ms, unshown or Position("path", "1"))
        with_all = latest_ms(with_all, record)
        without = without if unshown else max(without, time_ms)
    assert with_all == without


def test_an_open_end_holds_until_something_comes():
    """What follows a moment may be given a time before it: a clock is set back."""
    assert Validity(5, 9).holds(8, newest=7)
    assert not Validity(5, 9).holds(9, newest=7)
    assert not Validity(5, 9).holds(4, newest=7)
    assert Validity(5, 9, newest=7).holds(8, newest=7)
    assert not Validity(5, 9, newest=7).holds(8, newest=8)
