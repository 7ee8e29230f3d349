"""Words for times and sizes, and pages in pieces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter_view.dashboard.rendering import (
    address,
    as_of,
    clock,
    for_how_long,
    from_then,
    isolated,
    number,
    relative,
    size,
    span,
    until_then,
    visible,
    when,
)
from tests.support.dashboard.times import NOW, RELATIVE


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


@pytest.mark.parametrize("year", [1, 999, 9999])
def test_any_year_is_said(year: int) -> None:
    """Years before 1000 and far ahead are dates that can be said anew."""
    html = str(when(datetime(year, 6, 1, 12, tzinfo=UTC)))
    assert html == f'<time datetime="{year:04}-06-01T12:00:00Z">1 Jun {year}, 12:00 UTC</time>'
    assert as_of(html.encode(), NOW) == f'<time datetime="{year:04}-06-01T12:00:00Z">1 Jun {year}</time>'.encode()


def test_what_nobody_sees_is_written() -> None:
    """Controls and overrides of direction are seen; tabs, line ends, joiners and other scripts stay."""
    assert visible("a\x1b[31m\u202eb\u2066c\x00") == "a\\x1b[31m\\u202eb\\u2066c\\x00"
    assert visible("\U000e0041") == "\\U000e0041"
    for plain in ("a\tb\nc", "\u0645\u0631\u062d\u0628\u0627", "\U0001f469\u200d\U0001f52c", "", 7, None):
        assert visible(plain) == plain
    assert str(isolated("<\u202e>")) == "<bdi>&lt;\\u202e&gt;</bdi>"


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


def test_a_time_may_be_said_as_a_length_or_as_a_time_of_the_day() -> None:
    """Nothing lasts less than 0, for clocks differ; on another day the day is said too."""
    earlier = NOW - timedelta(minutes=18)
    assert b">for 18m</time>" in as_of(for_how_long(earlier).encode(), NOW)
    assert b">for 0s</time>" in as_of(for_how_long(NOW + timedelta(minutes=1)).encode(), NOW)
    assert f">{earlier:%H:%M} UTC</time>".encode() in as_of(clock(earlier).encode(), NOW)
    assert b", 08:42 UTC</time>" in as_of(clock(earlier - timedelta(days=1)).encode(), NOW)


@pytest.mark.parametrize(("minutes", "early", "late"), [(-1, True, False), (0, False, True), (1, False, True)])
def test_what_is_there_from_or_until_a_moment_is_shown_by_then(minutes: int, early: bool, late: bool) -> None:
    """A page says what has passed by now; a browser goes on by the same attributes."""
    html = f"<b {until_then(NOW, 'x')}>before</b><b {from_then(NOW)}>after</b>"
    before, after = as_of(html.encode(), NOW + timedelta(minutes=minutes)).decode().split("</b>")[:2]
    assert ("hidden" not in before, "hidden" not in after) == (early, late)
    assert 'class="timed x" data-until="2026-11-21T09:00:00Z"' in before
