"""Dates and time zones of expressions, as Go's time package has them. Pure: now() is told what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from promoter_view.promotions.expressions.library.calendar import date_of, days_of, is_date
from promoter_view.promotions.expressions.library.durations import (
    SECOND,
    Duration,
    read_span,
    rounded,
    span,
    span_of,
    truncated,
)
from promoter_view.promotions.expressions.library.layouts import Civil, formatted, offset_shown, parsed
from promoter_view.promotions.expressions.values import (
    ExpressionError,
    Function,
    Native,
    int_of,
    is_number,
    kind_of,
    text_of,
)

_DAY = 86_400
_RFC3339 = "2006-01-02T15:04:05Z07:00"
_LAYOUTS = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    _RFC3339,
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)
_FIRST_YEAR, _LAST_YEAR = 1, 9998
_ZERO = days_of(1, 1, 1) * _DAY * SECOND
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Zone(Native):
    """A time zone: of the tz database, or ``offset`` seconds east of UTC."""

    kind: ClassVar[str] = "a time zone"
    type_name: ClassVar[str] = "time.Location"
    methods: ClassVar[Mapping[str, Function]] = {"String": Function(str, 0, 0)}

    name: str = "UTC"
    offset: int = 0
    rules: ZoneInfo | None = None

    @property
    def document(self) -> dict[str, Any]:
        """See Native: Go shows nothing of it."""
        return {}

    def __str__(self) -> str:
        return self.name

    def at(self, seconds: int) -> tuple[int, str]:
        """The offset, and what it is called, so many seconds after 1970; before year 1 as in it, after 9998 as then."""
        if self.rules is None:
            return self.offset, self.name
        first, last = days_of(_FIRST_YEAR + 1, 1, 1) * _DAY, days_of(_LAST_YEAR, 1, 1) * _DAY
        moment = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(seconds=min(max(seconds, first), last))
        local = moment.astimezone(self.rules)
        return int((local.utcoffset() or timedelta()).total_seconds()), local.tzname() or ""

    def seconds_of(self, local: int) -> int:
        """The seconds after 1970 at which clocks there show ``local`` of them."""
        guess = local - self.at(local)[0]
        return local - self.at(guess)[0]


UTC_ZONE = Zone()


@dataclass(frozen=True, slots=True)
class Moment(Native):
    """A date with its time, in nanoseconds after 1970. The same moment in another zone is equal."""

    kind: ClassVar[str] = "a date"
    type_name: ClassVar[str] = "time.Time"
    methods: ClassVar[Mapping[str, Function]] = {}

    nanoseconds: int
    zone: Zone = field(default=UTC_ZONE, compare=False)

    @property
    def document(self) -> str:
        """See Native: in RFC 3339."""
        return self.shown(_RFC3339.replace("05Z", "05.999999999Z"))

    def __str__(self) -> str:
        return self.shown("2006-01-02 15:04:05.999999999 -0700 MST")

    def shown(self, layout: str) -> str:
        """By that layout."""
        return formatted(layout, self.civil())

    def civil(self) -> Civil:
        """As calendars and clocks of its zone show it."""
        seconds, nanosecond = divmod(self.nanoseconds, SECOND)
        offset, name = self.zone.at(seconds)
        days, rest = divmod(seconds + offset, _DAY)
        year, month, day = date_of(days)
        hour, minute, second = rest // 3600, rest // 60 % 60, rest % 60
        of_year = days - days_of(year, 1, 1) + 1
        return Civil(year, month, day, hour, minute, second, nanosecond, (days + 4) % 7, of_year, name, offset)


def moment_of(value: Any) -> Moment:
    """That date. Errors: whatever else it is."""
    if not isinstance(value, Moment):
        raise ExpressionError(f"a date is needed, not {kind_of(value)}")
    return value


@lru_cache(64)
def zone_named(name: str) -> Zone:
    """A zone of the tz database. Errors: there is none of that name."""
    if name in ("", "UTC"):
        return UTC_ZONE
    try:
        return Zone(name, rules=ZoneInfo(name))
    except (KeyError, ValueError, OSError) as error:
        raise ExpressionError(f"no time zone is called {name[:_SHOWN]!r}") from error


def moved(moment: Moment, zone: Any) -> Moment:
    """That moment as clocks of that zone show it. Errors: it is no zone."""
    if not isinstance(zone, Zone):
        raise ExpressionError(f"a time zone is needed, as timezone(...) gives one, not {kind_of(zone)}")
    return Moment(moment.nanoseconds, zone)


def _date(*arguments: Any) -> Moment:
    """``date([zone,] text[, layout[, zone's name]])``."""
    zone = arguments[0] if isinstance(arguments[0], Zone) else UTC_ZONE
    text, *rest = arguments[1:] if isinstance(arguments[0], Zone) else arguments
    if len(rest) > 1:
        zone = zone_named(text_of(rest[1]))
    layouts = [text_of(rest[0])] if rest else _LAYOUTS
    found = (_read(layout, text_of(text), zone) for layout in layouts)
    moment = next((each for each in found if each is not None), None)
    if moment is None:
        raise ExpressionError(f"{text[:_SHOWN]!r} is no date like {', '.join(layouts)[:200]}")
    return moment


def _read(layout: str, text: str, zone: Zone) -> Moment | None:
    read = parsed(layout, text)
    if read is None:
        return None
    year, month, day = (int(read.get(part, default)) for part, default in (("year", 0), ("month", 1), ("day", 1)))
    hour, minute, second = (int(read.get(part, 0)) for part in ("hour", "minute", "second"))
    if not is_date(year, month, day) or hour > 23 or minute > 59 or second > 59:
        return None
    local = days_of(year, month, day) * _DAY + hour * 3600 + minute * 60 + second
    if "offset" in read:
        offset = int(read["offset"])
        zone = Zone(offset_shown(offset), offset) if offset else UTC_ZONE
    elif read.get("zone", "UTC") != "UTC":
        zone = Zone(str(read["zone"]))
    return Moment(zone.seconds_of(local) * SECOND + int(read.get("nanosecond", 0)), zone)


def calculated_moment(symbol: str, left: Any, right: Any) -> Any:
    """The value of ``left symbol right`` where one of them is a date or a duration."""
    if type(left) is type(right) and symbol in _ORDER and isinstance(left, Moment | Duration):
        return _ORDER[symbol](left.nanoseconds, right.nanoseconds)
    way = _CALCULATED.get((symbol, _sort_of(left), _sort_of(right)))
    if way is None:
        raise ExpressionError(f"{symbol} is not for {kind_of(left)} and {kind_of(right)}")
    return way(left, right)


def _sort_of(value: Any) -> str:
    return "number" if is_number(value) else kind_of(value)


def _later(moment: Moment, nanoseconds: int) -> Moment:
    return Moment(moment.nanoseconds + nanoseconds, moment.zone)


def _times(duration: Duration, number: int | float) -> Duration:
    return span(int(duration.nanoseconds * number)) if abs(number) < 1e19 else span(2**64)


_ORDER: Mapping[str, Callable[[int, int], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_CALCULATED: Mapping[tuple[str, str, str], Callable[[Any, Any], Any]] = {
    ("-", "a date", "a date"): lambda left, right: span(left.nanoseconds - right.nanoseconds),
    ("-", "a date", "a duration"): lambda left, right: _later(left, -right.nanoseconds),
    ("+", "a date", "a duration"): lambda left, right: _later(left, right.nanoseconds),
    ("+", "a duration", "a date"): lambda left, right: _later(right, left.nanoseconds),
    ("+", "a duration", "a duration"): lambda left, right: span(left.nanoseconds + right.nanoseconds),
    ("-", "a duration", "a duration"): lambda left, right: span(left.nanoseconds - right.nanoseconds),
    ("*", "a duration", "number"): _times,
    ("*", "number", "a duration"): lambda left, right: _times(right, left),
}


def _add_date(moment: Moment, years: Any, months: Any, days: Any) -> Moment:
    found = moment.civil()
    added = [int_of(each) for each in (years, months, days)]
    if any(abs(each) > 100_000 for each in added):
        raise ExpressionError("years, months and days are 100000 at most")
    local = days_of(found.year + added[0], found.month + added[1], found.day + added[2]) * _DAY
    seconds = local + found.hour * 3600 + found.minute * 60 + found.second
    return Moment(moment.zone.seconds_of(seconds) * SECOND + found.nanosecond, moment.zone)


def _since_year_one(moment: Moment, way: Callable[[int, Any], int], step: Any) -> Moment:
    """Go counts multiples from the year 1 on."""
    return Moment(way(moment.nanoseconds - _ZERO, step) + _ZERO, moment.zone)


def _compared(moment: Moment, other: Any) -> int:
    one, two = moment.nanoseconds, moment_of(other).nanoseconds
    return (one > two) - (one < two)


def _civil(name: str) -> Function:
    return Function(lambda moment: getattr(moment.civil(), name), 0, 0)


def _unix(size: int) -> Function:
    return Function(lambda moment: moment.nanoseconds // size, 0, 0)


Moment.methods = {
    "Year": _civil("year"),
    "Month": _civil("month"),
    "Day": _civil("day"),
    "Hour": _civil("hour"),
    "Minute": _civil("minute"),
    "Second": _civil("second"),
    "Nanosecond": _civil("nanosecond"),
    "Weekday": _civil("weekday"),
    "YearDay": _civil("year_day"),
    "Unix": _unix(SECOND),
    "UnixMilli": _unix(10**6),
    "UnixMicro": _unix(10**3),
    "UnixNano": _unix(1),
    "Format": Function(lambda moment, layout: moment.shown(text_of(layout)), cost=10),
    "String": Function(str, 0, 0),
    "In": Function(moved),
    "UTC": Function(lambda moment: Moment(moment.nanoseconds), 0, 0),
    "Location": Function(lambda moment: moment.zone, 0, 0),
    "Add": Function(lambda moment, by: _later(moment, span_of(by).nanoseconds)),
    "AddDate": Function(_add_date, 3, 3),
    "Sub": Function(lambda moment, other: span(moment.nanoseconds - moment_of(other).nanoseconds)),
    "Truncate": Function(lambda moment, step: _since_year_one(moment, truncated, step)),
    "Round": Function(lambda moment, step: _since_year_one(moment, rounded, step)),
    "Before": Function(lambda moment, other: _compared(moment, other) < 0),
    "After": Function(lambda moment, other: _compared(moment, other) > 0),
    "Equal": Function(lambda moment, other: _compared(moment, other) == 0),
    "Compare": Function(_compared),
    "IsZero": Function(lambda moment: moment.nanoseconds == _ZERO, 0, 0),
}

MOMENTS: Mapping[str, Function] = {
    "date": Function(_date, 1, 4, cost=20),
    "duration": Function(read_span, cost=3),
    "timezone": Function(lambda name: zone_named(text_of(name)), cost=20),
}
