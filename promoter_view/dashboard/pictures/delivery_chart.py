"""Deployments and their lead times by day or by week: how many, the median, the 90th percentile. Pure.

It is made of the promotions that objects keep, so that the oldest days may lack some. Nothing is extrapolated: a day
counts what is known of it, and below three lead times there is no percentile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

from promoter_view.dashboard.rendering import span
from promoter_view.dashboard.strategies.figures import Deliveries
from promoter_view.journal.figures.meters import Calendar
from promoter_view.views.promotion_strategy.estimates.hops import estimate

#: Days that are drawn as days, and weeks at most.
_MOST_DAYS, _MOST_WEEKS = 31, 53
#: Heights of the two drawings, in pixels, and the room above what is highest.
LEAD_HEIGHT, COUNT_HEIGHT = 96, 56
_ROOM = 6
_MOST_TICKS = 6
#: There is room for so many columns: of what is longer ago nothing is known.
_FEWEST_COLUMNS = 14


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or a week from its Monday on. ``lead_times`` of as many deployments as say when they were committed."""

    start: date
    deployments: int
    lead_times: int
    median: timedelta | None
    ninetieth: timedelta | None


class DrawnPeriod(NamedTuple):
    """A period as it is drawn: ``x`` and ``width`` in per cent, the rest pixels from the top; None: nothing."""

    x: float
    middle: float
    width: float
    count_y: float
    median_y: float | None
    ninetieth_y: float | None
    words: str


@dataclass(frozen=True, slots=True)
class DeliveryChart:
    """``noun`` is day or week; ``left_out`` deployments are older than what is drawn."""

    noun: str
    periods: tuple[Period, ...]
    left_out: int

    @property
    def most(self) -> int:
        """Deployments of the busiest."""
        return max(period.deployments for period in self.periods)

    @property
    def longest(self) -> timedelta | None:
        """The longest lead time that is drawn."""
        return max((time for each in self.periods for time in (each.median, each.ninetieth) if time), default=None)

    @property
    def columns(self) -> tuple[DrawnPeriod, ...]:
        """The periods as they are drawn."""
        return tuple(self._columns())

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Where which date is written, in per cent."""
        every = -(-len(self.periods) // _MOST_TICKS)
        shown = zip(self.columns, self.periods, strict=True)
        return tuple((column.middle, _day(each.start)) for column, each in islice(shown, 0, None, every))

    def _columns(self) -> Iterator[DrawnPeriod]:
        room = max(len(self.periods), _FEWEST_COLUMNS)
        width = 100 / room
        for place, each in enumerate(self.periods, room - len(self.periods)):
            x = place * width
            yield DrawnPeriod(
                round(x + width * 0.15, 2),
                round(x + width / 2, 2),
                round(width * 0.7, 2),
                round(COUNT_HEIGHT - (COUNT_HEIGHT - _ROOM) * each.deployments / self.most, 1),
                self._height(each.median),
                self._height(each.ninetieth),
                self._words(each),
            )

    def _height(self, time: timedelta | None) -> float | None:
        if time is None or not self.longest:
            return None
        return round(LEAD_HEIGHT - _ROOM - (LEAD_HEIGHT - 2 * _ROOM) * (time / self.longest), 1)

    def _words(self, period: Period) -> str:
        said = [f"{_day(period.start)}: {period.deployments} deployments"]
        if period.median is not None:
            said.append(f"lead time median {span(period.median)}")
        if period.ninetieth is not None:
            said.append(f"90 % within {span(period.ninetieth)}")
        return ", ".join(said)


def chart_steps(found: Iterable[Deliveries], now: datetime) -> Generator[bytes, None, DeliveryChart | None]:
    """Returns the chart of any number of strategies up to now; None where nothing was deployed."""
    counts: dict[date, int] = defaultdict(int)
    times: dict[date, list[timedelta]] = defaultdict(list)
    for one in found:
        for delivery in one.deployments:
            day = delivery.live.astimezone(UTC).date()
            counts[day] += 1
            if delivery.committed is not None and delivery.live >= delivery.committed:
                times[day].append(delivery.live - delivery.committed)
        yield b""
    return (yield from _chart_steps(counts, times, now))


def drawn_steps(calendar: Calendar, now: datetime) -> Generator[None, None, DeliveryChart | None]:
    """Returns the chart of what the journal tells, up to that time; None where nothing was deployed."""
    times = dict[date, Sequence[timedelta]]()
    for day, leads in calendar.leads.items():
        times[day] = [timedelta(seconds=lead) for lead in leads]
        yield
    return (yield from _chart_steps(calendar.deployments, times, now))


def _chart_steps(
    counts: Mapping[date, int], times: Mapping[date, Sequence[timedelta]], now: datetime
) -> Generator[Any, None, DeliveryChart | None]:
    today = now.astimezone(UTC).date()
    past = {day: count for day, count in counts.items() if day <= today}
    if not past:
        return None
    return (yield from _chart(past, times, today))


def _chart(
    counts: Mapping[date, int], times: Mapping[date, Sequence[timedelta]], today: date
) -> Generator[Any, None, DeliveryChart]:
    is_by_day = (today - min(counts)).days < _MOST_DAYS
    length, most = (1, _MOST_DAYS) if is_by_day else (7, _MOST_WEEKS)
    last = today if is_by_day else today - timedelta(days=today.weekday())
    first = min(counts) if is_by_day else max(_monday(min(counts)), last - timedelta(weeks=most - 1))
    starts = [first + timedelta(days=length * place) for place in range((last - first).days // length + 1)]
    periods = list[Period]()
    for start in starts:
        periods.append(_period(start, length, counts, times))
        yield b""
    shown = sum(period.deployments for period in periods)
    return DeliveryChart("day" if is_by_day else "week", tuple(periods), sum(counts.values()) - shown)


def _period(start: date, length: int, counts: Mapping[date, int], times: Mapping[date, Sequence[timedelta]]) -> Period:
    days = [start + timedelta(days=place) for place in range(length)]
    lead_times = [time for day in days for time in times.get(day, ())]
    known = estimate(lead_times)
    return Period(
        start,
        sum(counts.get(day, 0) for day in days),
        len(lead_times),
        timedelta(seconds=median(time.total_seconds() for time in lead_times)) if lead_times else None,
        known.ninetieth if known is not None else None,
    )


def _monday(day: date) -> date:
    """The Monday of its week; the first day that there is has none before it."""
    return day - timedelta(days=min(day.weekday(), day.toordinal() - 1))


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
