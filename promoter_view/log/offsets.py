"""Offsets as a hybrid clock: they grow with the time of day, and always by at least one. Pure.

A resourceVersion is an offset times 2 to the 18th and has to stay below 2 to the 63rd (views/versions.py): so an offset
stays below 2 to the 45th, the year 2081. A clock that is set to 2099 for a minute must not spend them: ``refusal``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from promoter_view.log.errors import LogUnusable

UNITS_PER_SECOND = 10_000
#: How far a mark runs ahead of the clock: more than a clock is set back by in practice, so that what a lost tail had
#: handed out stays below the mark.
LEAD_SECONDS = 10
#: Beyond any offset.
LIMIT = 1 << 45
_YEAR_SECONDS = 365 * 86_400
#: How far a clock may be ahead of the newest record. A log that rested for longer is not gone on with.
MAX_AHEAD_SECONDS = 5 * _YEAR_SECONDS
#: No clock is believed in the last years before the limit: a log that is there goes on in them, by one a record.
_LAST_SECONDS = LIMIT // UNITS_PER_SECOND - 10 * _YEAR_SECONDS
#: 2026-01-01. No log is older; one that seems to be was begun by a host whose clock had not been set yet.
_FIRST_SECONDS = 1_767_225_600


def units(seconds: float) -> int:
    """Seconds since 1970 in units of an offset, 100 us."""
    return int(seconds * UNITS_PER_SECOND)


def seconds_of(offset: int) -> float:
    """Seconds since 1970 at about that offset."""
    return offset / UNITS_PER_SECOND


def milliseconds_of(offset: int) -> int:
    """The same in whole milliseconds, not before the record of that offset was written."""
    return -(-offset * 1000 // UNITS_PER_SECOND)


def refusal(last: int, now: float) -> str | None:
    """Why the clock is not believed at ``now`` seconds, in one line; ``last`` is the newest offset, 0 for none."""
    if now >= _LAST_SECONDS:
        return f"the clock of this host says {_date(now)}, beyond {_date(_LAST_SECONDS)}: set the clock"
    if last and now - max(seconds_of(last), _FIRST_SECONDS) > MAX_AHEAD_SECONDS:
        years = MAX_AHEAD_SECONDS // _YEAR_SECONDS
        return (
            f"the clock of this host says {_date(now)}, more than {years} years after the newest record of the event "
            f"log ({_date(seconds_of(last))}): set the clock, or start a new event log"
        )
    return None


def require_clock(last: int, now: float) -> None:
    """Errors: LogUnusable where the clock is not believed."""
    why = refusal(last, now)
    if why is not None:
        raise LogUnusable(why)


def is_spent(last: int) -> bool:
    """Whether no offset can follow ``last`` for as long as a program runs: a clock was far ahead when it was made."""
    return last >= LIMIT - units(_YEAR_SECONDS)


def mark_offset(last: int, now: float, lost: int = 0) -> int:
    """The least offset of a mark after ``last``, at ``now`` seconds; ``lost`` is the last one known to be lost.

    One that is lost and spent does not count: nothing could follow it.
    """
    known = last if is_spent(lost) else max(last, lost)
    return max(known + 1, _believed(last, now + LEAD_SECONDS))


class OffsetClock:
    """Hands out offsets. ``last`` is the last one handed out, or the last of the log that was opened."""

    __slots__ = ("_least", "last")

    def __init__(self, last: int, least: int) -> None:
        self.last = last
        self._least = least

    def next(self, now: float) -> int:
        """The next offset, at ``now`` seconds since 1970: never one twice, never below ``least``.

        While the clock is not believed it is the one after the last: see ``refusal``.
        """
        self.last = max(self.last + 1, self._least, _believed(self.last, now))
        return self.last


def _believed(last: int, now: float) -> int:
    return 0 if refusal(last, now) else units(now)


def _date(seconds: float) -> str:
    try:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds):%Y-%m-%d}"
    except OverflowError:
        return f"a time beyond the year 9999 ({seconds:.0f} s after 1970)"
