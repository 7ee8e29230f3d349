"""Offsets as a hybrid clock: they grow with the time of day, and always by at least one. Pure."""

from __future__ import annotations

UNITS_PER_SECOND = 10_000
#: How far a mark runs ahead of the clock: more than a clock is set back by in practice, so that what a lost tail had
#: handed out stays below the mark.
LEAD_SECONDS = 10


def units(seconds: float) -> int:
    """Seconds since 1970 in units of an offset, 100 us."""
    return int(seconds * UNITS_PER_SECOND)


def mark_offset(last: int, now: float, lost: int = 0) -> int:
    """The least offset of a mark after ``last``, at ``now`` seconds; ``lost`` is the last one known to be lost."""
    return max(last + 1, lost + 1, units(now + LEAD_SECONDS))


class OffsetClock:
    """Hands out offsets. ``last`` is the last one handed out, or the last of the log that was opened."""

    __slots__ = ("_least", "last")

    def __init__(self, last: int, least: int) -> None:
        self.last = last
        self._least = least

    def next(self, now: float) -> int:
        """The next offset, at ``now`` seconds since 1970: never one twice, never below ``least``."""
        self.last = max(self.last + 1, self._least, units(now))
        return self.last
