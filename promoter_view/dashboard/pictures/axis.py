"""A time axis: from when to when a picture reaches, and where on it a moment is. Pure.

It ends at a round moment, so that it stays the same while new things happen, and what was drawn on it can be kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_YEAR = 365 * _DAY
#: Lengths between ticks, the shortest first.
_STEPS = (
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14, 28, 91)),
    *(count * _YEAR for count in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
_MOST_TICKS = 6
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Beyond these nothing is drawn: steps from a moment between them stay within the years that there are.
_FIRST, _LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(8000, 1, 1, tzinfo=UTC)


class Tick(NamedTuple):
    """Where a round moment stands, in per cent, and what is written there."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From ``start`` to ``end``, which is later; ``step`` is the length between its ticks."""

    start: datetime
    end: datetime
    step: timedelta

    def at(self, moment: datetime) -> float:
        """Where that moment is, in per cent of the axis' length: 0 to 100, two decimals."""
        share = (min(max(moment, self.start), self.end) - self.start) / (self.end - self.start)
        return round(100 * share, 2)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The round moments on it, but its two ends."""
        return tuple(self._ticks())

    def _ticks(self) -> Iterator[Tick]:
        moment = self.start + self.step
        while moment < self.end:
            yield Tick(self.at(moment), self._said(moment))
            moment += self.step

    def _said(self, moment: datetime) -> str:
        if self.step >= _YEAR:
            return f"{moment:%b} {moment.year}"
        if self.step >= _DAY:
            return f"{moment.day} {moment:%b}"
        # A day begins with its date.
        return f"{moment.day} {moment:%b}" if not (moment.hour or moment.minute) else f"{moment:%H:%M}"


def axis_of(moments: Collection[datetime]) -> Axis | None:
    """The axis on which these are; None where there is none."""
    if not moments:
        return None
    first, last = (min(max(moment.astimezone(UTC), _FIRST), _LAST) for moment in (min(moments), max(moments)))
    step = next((step for step in _STEPS if last - first <= _MOST_TICKS * step), _STEPS[-1])
    start, end = _BEGINNING + (first - _BEGINNING) // step * step, _BEGINNING - (_BEGINNING - last) // step * step
    return Axis(start, end if end > last else end + step, step)
