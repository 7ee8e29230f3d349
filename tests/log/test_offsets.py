"""The hybrid clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.log.errors import LogUnusable
from promoter_view.log.offsets import LIMIT, OffsetClock, is_spent, mark_offset, refusal, require_clock, units
from promoter_view.views.versions import LAST_PLACE, join
from promoter_view.views.versions import LIMIT as VERSIONS_LIMIT

TIMES = st.lists(st.floats(0, 1e11), max_size=50)
DAY = 86_400.0


def at(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]


NOW = at(2027, 1, 1)


@given(st.integers(0, 2**45), st.integers(0, 2**45), TIMES)
def test_offsets_grow_however_the_clock_goes(last, least, times):
    """Each offset is above the one before, at or above the least, and at or above a clock that is believed."""
    clock = OffsetClock(last, least)
    before = last
    for now in times:
        believed = refusal(clock.last, now) is None
        offset = clock.next(now)
        assert offset > before
        assert offset >= max(least, units(now) if believed else 0)
        before = offset


@given(st.integers(0, units(NOW)), TIMES)
def test_no_clock_makes_a_resource_version_too_large(last, times):
    """Whatever the clock says, the resourceVersion of an offset fits into 63 bits."""
    clock = OffsetClock(last, 0)
    for now in times:
        assert join(clock.next(now), 3, LAST_PLACE) < VERSIONS_LIMIT
    assert join(LIMIT - 1, 3, LAST_PLACE) < VERSIONS_LIMIT <= join(LIMIT, 0, 0)


def test_a_mark_is_ahead_of_all_that_may_have_been_handed_out():
    """It is past the last offset, past what a torn tail tells of, and ten seconds ahead of the clock."""
    assert mark_offset(0, 100.0) == 1_100_000
    assert mark_offset(2_000_000, 100.0) == 2_000_001
    assert mark_offset(0, 100.0, 3_000_000) == 3_000_001


def test_what_is_spent_is_not_gone_on_with():
    """A damaged log of a clock at 2099 is set aside: the new one begins with the clock, far below the old one's end."""
    spent = units(at(2099, 1, 1))
    assert is_spent(spent)
    assert not is_spent(units(at(2070, 1, 1)))
    assert mark_offset(0, NOW, spent) == units(NOW + 10)


@pytest.mark.parametrize(
    ("last", "now", "words"),
    [
        (0, NOW, None),
        (0, 0.0, None),
        (units(NOW), NOW - 3600, None),
        (units(NOW), NOW + DAY, None),
        (units(NOW), at(2031, 12, 1), None),
        (units(NOW), at(2032, 2, 1), "says 2032-02-01, more than 5 years after the newest record"),
        (units(NOW), at(2099, 1, 1), "says 2099-01-01, beyond 2071"),
        (0, at(2099, 1, 1), "says 2099-01-01, beyond 2071"),
        (0, 1e15, "a time beyond the year 9999"),
        (units(60.0), NOW, None),
    ],
)
def test_which_clocks_are_believed(last, now, words):
    """Not one decades ahead, nor one years ahead of the log, unless that was begun before its host's clock was set."""
    why = refusal(last, now)
    if words is None:
        assert why is None
        require_clock(last, now)
    else:
        assert words in why
        with pytest.raises(LogUnusable, match="set"):
            require_clock(last, now)


def test_a_clock_that_is_not_believed_moves_nothing():
    """Offsets go on by one while the clock is at 2099, and with the clock when it is right again."""
    clock = OffsetClock(units(NOW), 0)
    assert clock.next(at(2099, 1, 1)) == units(NOW) + 1
    assert clock.next(at(2099, 1, 1) + 5) == units(NOW) + 2
    assert clock.next(NOW + 60) == units(NOW + 60)
