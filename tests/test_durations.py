"""Go's durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.durations import exact_duration, format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1h30m", 5400),
        ("5m0s", 300),
        ("45s", 45),
        ("1m15s", 75),
        ("0", 0),
        ("0s", 0),
        ("1.5h", 5400),
        ("1.5s", 1.5),
        (".5m", 30),
        ("+2m", 120),
        ("250ms", 0.25),
        ("500ms", 0.5),
    ],
)
def test_durations_are_read_as_go_reads_them(written: str, seconds: float) -> None:
    """Hours, minutes, seconds and fractions of them add up."""
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "x", "5", "-1h", "1 h", "1d", "h", "1hh", "\u0663h", "9" * 80 + "h", "999999999999h", "2562048h"]
)
def test_what_is_none_is_none(written: str) -> None:
    """A CRD leaves durations unvalidated: anything else gives None, and raises nothing."""
    assert parse_duration(written) is None


def test_days() -> None:
    """Days are read where they are asked for."""
    assert parse_duration("7d12h", days=True) == 7.5 * 86400


@given(st.text())
def test_no_text_raises(written: str) -> None:
    """Whatever a status holds, reading it raises nothing."""
    parse_duration(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(300, "5m0s"), (5, "5s"), (3725, "1h2m5s"), (0, "0s"), (40, "40s"), (75.9, "1m15s"), (3600, "1h0m0s")],
)
def test_durations_are_written_as_go_writes_them(seconds: float, written: str) -> None:
    """In whole seconds."""
    assert format_duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0s"),
        (0.0000015, "2µs"),
        (0.0152, "15.2ms"),
        (0.999999, "999.999ms"),
        (1, "1s"),
        (2.990382, "2.990382s"),
        (62.5, "1m2.5s"),
        (600, "10m0s"),
        (3600.000001, "1h0m0.000001s"),
        (90061.1, "25h1m1.1s"),
    ],
)
def test_durations_are_written_exactly(seconds: float, written: str) -> None:
    """As Go writes them, to the microsecond, and read again as what they are."""
    assert exact_duration(seconds) == written
    assert parse_duration(written) == pytest.approx(seconds, abs=1e-6)
