"""Go's durations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.dashboard.strategies.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h30m", 5400), ("45s", 45), ("1m15s", 75), ("0", 0), ("0s", 0), ("1.5h", 5400), (".5m", 30), ("250ms", 0.25)],
)
def test_durations_are_read_as_go_reads_them(text: str, seconds: float) -> None:
    """Hours, minutes, seconds and fractions of them add up."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "-1h", "1 h", "1d", "h", "1hh", "9" * 80 + "h", "999999999999h"])
def test_what_is_none_is_none(text: str) -> None:
    """A CRD leaves durations unvalidated: anything else gives None, and raises nothing."""
    assert parse_duration(text) is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    """Whatever a status holds, reading it raises nothing."""
    parse_duration(text)
