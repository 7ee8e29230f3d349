"""Ages, by the tables of k8s.io/apimachinery's rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.decoded import parse_time
from promoter_view.views.ages import age, human_duration, shown

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY, YEAR = (timedelta(seconds=n) for n in (1, 60, 3600, 86400, 365 * 86400))
BIT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("elapsed", "words"),
    [
        (-YEAR, "<invalid>"),
        (-2 * SECOND, "<invalid>"),
        (-2 * SECOND + BIT, "0s"),
        (-SECOND, "0s"),
        (timedelta(), "0s"),
        (SECOND - BIT, "0s"),
        (SECOND, "1s"),
        (70 * SECOND, "70s"),
        (2 * MINUTE - BIT, "119s"),
        (2 * MINUTE, "2m"),
        (2 * MINUTE + SECOND, "2m1s"),
        (5 * MINUTE, "5m"),
        (10 * MINUTE - BIT, "9m59s"),
        (10 * MINUTE, "10m"),
        (10 * MINUTE + SECOND, "10m"),
        (70 * MINUTE, "70m"),
        (3 * HOUR - BIT, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + MINUTE, "3h1m"),
        (8 * HOUR - BIT, "7h59m"),
        (8 * HOUR, "8h"),
        (8 * HOUR + 59 * MINUTE, "8h"),
        (2 * DAY - BIT, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + HOUR, "2d1h"),
        (3 * DAY + 4 * HOUR, "3d4h"),
        (8 * DAY - BIT, "7d23h"),
        (8 * DAY, "8d"),
        (8 * DAY + 23 * HOUR, "8d"),
        (2 * YEAR - BIT, "729d"),
        (2 * YEAR, "2y"),
        (2 * YEAR + DAY - BIT, "2y"),
        (2 * YEAR + DAY, "2y1d"),
        (8 * YEAR - BIT, "7y364d"),
        (8 * YEAR, "8y"),
        (8 * YEAR + 364 * DAY, "8y"),
    ],
)
def test_human_duration(elapsed: timedelta, words: str) -> None:
    """A duration reads as kubectl shows it."""
    assert human_duration(elapsed) == words


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        ("2026-11-21T07:55:00Z", "5m"),
        ("2026-11-18T04:00:00Z", "3d4h"),
        ("2026-11-21T08:55:00+01:00", "5m"),
        ("2026-11-21T07:59:59.123456789Z", "0s"),
        ("2026-11-21T08:00:01Z", "0s"),
        ("2026-11-21T08:00:05Z", "<invalid>"),
        ("", "<unknown>"),
        ("0001-01-01T00:00:00Z", "<unknown>"),
        ("yesterday", "<invalid>"),
        ("2026-11-21T07:55:00", "<invalid>"),
        ("2026-02-30T00:00:00Z", "<invalid>"),
    ],
)
def test_age(stamp: str, words: str) -> None:
    """An age is counted from an RFC 3339 time; none, Go's zero time and nonsense each have their word."""
    assert shown(age(stamp), NOW) == words


@given(st.text() | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})\Z"))
def test_any_text_has_an_age(stamp: str) -> None:
    """Whatever text stands for a time, there is an age, and a moment has a time zone."""
    assert shown(age(stamp), NOW)
    moment = parse_time(stamp)
    assert moment is None or moment.tzinfo is not None
