"""Moments as people give them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from promoter_view.moments import parse_moment

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30T09:30:00Z", datetime(2026, 11, 30, 9, 30, tzinfo=UTC)),
        ("2026-11-30T09:30:00+01:00", datetime(2026, 11, 30, 8, 30, tzinfo=UTC)),
        ("2026-11-30T09:30:00 01:00", datetime(2026, 11, 30, 8, 30, tzinfo=UTC)),  # + in a URL that was not escaped
        ("2026-11-30T09:30 01:00", datetime(2026, 11, 30, 8, 30, tzinfo=UTC)),
        ("2026-11-30T09:30Z", datetime(2026, 11, 30, 9, 30, tzinfo=UTC)),
        ("2026-11-30t09:30:00.5z", datetime(2026, 11, 30, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-11-30t09:30z", datetime(2026, 11, 30, 9, 30, tzinfo=UTC)),
        ("-2h", datetime(2026, 11, 30, 8, 0, tzinfo=UTC)),
        ("-7d", datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        ("-1h30m", datetime(2026, 11, 30, 8, 30, tzinfo=UTC)),
        ("-100000d", datetime(1753, 2, 14, 10, 0, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    """A time with its zone, or how long ago."""
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-11-30", "2026-11-30T09:30:00", "2026-11-30 09:30", "2026-11-30T 09:30", " 09:30"),
        *("-", "-2", "2h", "--2h", "-2x", "-200000d"),
    ],
)
def test_what_is_no_moment(text: str) -> None:
    """It is named, with what is expected."""
    with pytest.raises(ValueError, match=r"invalid time .*: expected a time such as"):
        parse_moment(text, NOW)
