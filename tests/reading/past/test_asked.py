"""Which moment is asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from promoter_view.reading.past.asked import AskedMoment, moment_of, parse_at
from promoter_view.records import Position, Record
from promoter_view.web.errors import BadRequest

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30T09:30:00+01:00", AskedMoment("2026-11-30T09:30:00+01:00", time_ms=1_796_027_400_000)),
        ("2026-11-30T08:30Z", AskedMoment("2026-11-30T08:30Z", time_ms=1_796_027_400_000)),
        ("-90m", AskedMoment("-90m", time_ms=1_796_027_400_000)),
        ("-7d", AskedMoment("-7d", time_ms=1_795_428_000_000)),
        ("4708000000000000000", moment_of(4708000000000000000)),
    ],
)
def test_moments(text: str, moment: AskedMoment) -> None:
    """A time with its zone, how long ago, or a resourceVersion."""
    assert parse_at(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "0", "9999999999999999999", "yesterday", "2026-11-30", "2h", "-2", "x" * 1000])
def test_what_is_no_moment(text: str) -> None:
    """The parameter is named, with what is expected; long texts are cut."""
    with pytest.raises(BadRequest, match=r"^from: .*; expected a time such as .*, or a resourceVersion$") as refused:
        parse_at(text, NOW, "from")
    assert len(str(refused.value)) < 400


def test_the_future() -> None:
    """What has not come yet has no state. A clock that is a little ahead may ask for its present."""
    assert parse_at("2026-11-30T10:05:00Z", NOW).time_ms == 1_796_033_100_000
    with pytest.raises(BadRequest, match=r"^to: '2026-11-30T10:05:01Z' is in the future; expected a time such as "):
        parse_at("2026-11-30T10:05:01Z", NOW, "to")


def test_what_a_moment_holds() -> None:
    """By time the latest time until there counts, by resourceVersion the offset alone."""
    record = Record(1000, 5, Position("path", "1"))
    assert AskedMoment("then", time_ms=7).holds(record.offset, 7)
    assert not AskedMoment("then", time_ms=7).holds(record.offset, 8)
    assert moment_of(1000 * 262_144).holds(record.offset, 99)
    assert not moment_of(999 * 262_144).holds(record.offset, 0)
