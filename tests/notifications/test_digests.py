"""When what waits may be sent, across days, zones and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.notifications.declaring import DigestSchedule, QuietHours, Receiver, Subscription
from promoter_view.notifications.digests import MOST_ENTRIES, first_message, sending_time
from tests.support.journal.journals import entry

RECEIVER = Receiver("https://example.com/")
NINE, EIGHT, TEN = time(9), time(8), time(22)
BERLIN = "Europe/Berlin"
QUARTERS = DigestSchedule(900)
NIGHT = QuietHours(TEN, EIGHT, BERLIN)
FIRST, LAST = datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2040-01-01")
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
ZONES = st.sampled_from(["UTC", BERLIN, "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"])


def at(text: str) -> datetime:
    """A moment of November 2026 and others."""
    return datetime.fromisoformat(text).astimezone(UTC)


def subscription(digest: DigestSchedule | None = None, quiet: QuietHours | None = None) -> Subscription:
    """One with these."""
    return Subscription("name", RECEIVER, digest=digest, quiet_hours=quiet)


@pytest.mark.parametrize(
    ("digest", "oldest", "due"),
    [
        (None, "2026-11-30T10:00:00Z", "2026-11-30T10:00:00Z"),
        (QUARTERS, "2026-11-30T10:00:00Z", "2026-11-30T10:15:00Z"),
        (DigestSchedule(at=(NINE,)), "2026-11-30T08:59:59Z", "2026-11-30T09:00:00Z"),
        (DigestSchedule(at=(NINE,)), "2026-11-30T09:00:00Z", "2026-12-01T09:00:00Z"),
        (DigestSchedule(at=(NINE, TEN)), "2026-11-30T09:00:00Z", "2026-11-30T22:00:00Z"),
        (DigestSchedule(at=(NINE,), time_zone=BERLIN), "2026-11-30T07:00:00Z", "2026-11-30T08:00:00Z"),
        (DigestSchedule(at=(NINE,), time_zone=BERLIN), "2026-11-30T08:00:00Z", "2026-12-01T08:00:00Z"),
        (DigestSchedule(at=(NINE,), time_zone="Pacific/Kiritimati"), "2026-11-30T18:00:00Z", "2026-11-30T19:00:00Z"),
        # Clocks go forward on 2026-03-29: nine in the morning comes an hour earlier.
        (DigestSchedule(at=(NINE,), time_zone=BERLIN), "2026-03-28T08:30:00Z", "2026-03-29T07:00:00Z"),
    ],
)
def test_digest(digest: DigestSchedule | None, oldest: str, due: str) -> None:
    """What waits is sent when the digest of its first entry ends; without a digest at once."""
    assert sending_time(subscription(digest), at(oldest), at(oldest)) == at(due)


@pytest.mark.parametrize(
    ("quiet", "now", "due"),
    [
        (NIGHT, "2026-11-30T20:59:59Z", "2026-11-30T20:59:59Z"),
        (NIGHT, "2026-11-30T21:00:00Z", "2026-12-01T07:00:00Z"),
        (NIGHT, "2026-12-01T06:59:00Z", "2026-12-01T07:00:00Z"),
        (NIGHT, "2026-12-01T07:00:00Z", "2026-12-01T07:00:00Z"),
        (QuietHours(NINE, TEN), "2026-12-01T10:00:00Z", "2026-12-01T22:00:00Z"),
        (QuietHours(NINE, TEN), "2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z"),
        # Half past two comes twice on 2026-10-25: it is quiet until the second time.
        (QuietHours(TEN, time(2, 30), BERLIN), "2026-10-25T00:45:00Z", "2026-10-25T00:45:00Z"),
        (QuietHours(TEN, time(2, 30), BERLIN), "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z"),
        # It does not come on 2026-03-29.
        (QuietHours(TEN, time(2, 30), BERLIN), "2026-03-29T00:45:00Z", "2026-03-29T01:30:00Z"),
    ],
)
def test_quiet_hours(quiet: QuietHours, now: str, due: str) -> None:
    """What comes in quiet hours is sent when they end, on the day on which they do."""
    assert sending_time(subscription(quiet=quiet), at(now), at(now)) == at(due)


def test_together() -> None:
    """A digest that ends in quiet hours is sent when these end; one that is late, at once."""
    chosen = subscription(QUARTERS, NIGHT)
    assert sending_time(chosen, at("2026-11-30T20:50:00Z"), at("2026-11-30T20:50:00Z")) == at("2026-12-01T07:00:00Z")
    assert sending_time(chosen, at("2026-11-30T10:00:00Z"), at("2026-11-30T12:00:00Z")) == at("2026-11-30T12:00:00Z")


@given(oldest=MOMENTS, at=st.sets(TIMES, min_size=1, max_size=3), zone=ZONES)
def test_a_digest_ends_within_two_days(oldest: datetime, at: set[time], zone: str) -> None:
    """Whatever clocks do, even where a whole day is left out, it ends later than its first entry, and soon."""
    due = sending_time(subscription(DigestSchedule(at=tuple(sorted(at)), time_zone=zone)), oldest, oldest)
    assert oldest < due <= oldest + timedelta(days=2, hours=2)


@given(now=MOMENTS, begin=TIMES, end=TIMES, zone=ZONES)
def test_quiet_hours_end(now: datetime, begin: time, end: time, zone: str) -> None:
    """Nothing waits for quiet hours longer than they can last, and a moment that is not in them is left as it is."""
    due = sending_time(subscription(quiet=QuietHours(begin, end, zone)), now, now)
    assert now <= due <= now + timedelta(days=1, hours=2)
    if begin != end and due == now:
        clock = now.astimezone(ZoneInfo(zone)).time()
        inside = begin <= clock < end if begin < end else clock >= begin or clock < end
        assert not inside or clock.fold == 0


def test_put_together() -> None:
    """One entry a message; in a digest as many as a message has room for, in order."""
    waiting = [entry(number) for number in range(1, MOST_ENTRIES + 5)]
    assert first_message(subscription(), waiting) == waiting[:1]
    assert first_message(subscription(QUARTERS), waiting) == waiting[:MOST_ENTRIES]
    assert first_message(subscription(QUARTERS), waiting[:3]) == waiting[:3]
