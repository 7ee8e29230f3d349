"""Words for times and sizes, and pages in pieces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter_view.dashboard.rendering import address, as_of, number, relative, size, span, when

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

#: Seconds ago, and the words; tests/browser puts clock.js to the same table.
RELATIVE = [
    (0, "just now"),
    (-3, "now"),
    (5, "5s ago"),
    (59, "59s ago"),
    (60, "1m ago"),
    (3599, "59m ago"),
    (3600, "1h ago"),
    (7500, "2h 5m ago"),
    (3 * 3600 + 600, "3h ago"),
    (47 * 3600, "47h ago"),
    (3 * 86400, "3d ago"),
    (20 * 86400, "1 Nov 2026"),
    (-300, "in 5m"),
]


@pytest.mark.parametrize(("seconds", "words"), RELATIVE)
def test_times_are_said_as_people_do(seconds: int, words: str) -> None:
    """The largest unit, two between one and three hours, a date beyond two weeks."""
    assert relative(NOW - timedelta(seconds=seconds), NOW) == words


def test_a_moment_is_a_time_element_that_can_be_said_anew() -> None:
    """What is cached says the date; what is sent says how long ago that is."""
    html = str(when(datetime(2026, 11, 21, 8, 42, tzinfo=UTC)))
    assert html == '<time datetime="2026-11-21T08:42:00Z">21 Nov 2026, 08:42 UTC</time>'
    assert as_of(html.encode(), NOW) == b'<time datetime="2026-11-21T08:42:00Z">18m ago</time>'
    assert when(None) == ""


def test_figures_are_said_with_their_units() -> None:
    """Lengths, numbers and sizes; a dash where there is none."""
    assert [span(timedelta(seconds=each)) for each in (0, 61, 90000, 200000)] == ["0s", "1m", "25h", "2d"]
    assert span(None) == number(None) == "\N{EN DASH}"
    assert (number(1234.56), number(7, 0)) == ("1,234.6", "7")
    assert [size(each) for each in (0, 1023, 1536, 48_211_000)] == ["0 B", "1,023 B", "1.5 KiB", "46 MiB"]


def test_addresses_hold_what_says_something() -> None:
    """Empty parameters are left out, the others escaped."""
    assert address("/activity", namespace="a b", name="") == "/activity?namespace=a+b"
    assert address("/activity") == "/activity"
