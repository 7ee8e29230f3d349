"""Dates by a layout, as Go has it: the layout is the date Mon Jan 2 15:04:05 MST 2006 as one wants others. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from promoter_view.promotions.expressions.values import ExpressionError

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|0[1-6](?!\d{3})|002|__2|_2(?!006)|15|PM|pm|"
    r"[Z-]07(?::00:00|0000|:00|00)?|[.,](?:0+|9+)(?!\d)|[1-5]"
)
_MOST_CHARACTERS = 100
_FRACTION = r"(?:[.,](\d{1,30}))?"


@dataclass(frozen=True, slots=True)
class Civil:
    """A moment as a calendar and a clock show it. ``weekday`` counts from Sunday, 0; ``year_day`` from 1."""

    year: int = 0
    month: int = 1
    day: int = 1
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    weekday: int = 0
    year_day: int = 1
    zone: str = "UTC"
    offset: int = 0


def formatted(layout: str, found: Civil) -> str:
    """That moment by that layout. Errors: the layout is too long."""
    _check(layout)
    return _CHUNK.sub(lambda match: _shown(match[0], found), layout)


def _shown(chunk: str, found: Civil) -> str:
    if chunk in _SHOWN:
        return _SHOWN[chunk](found)
    if chunk[0] in "Z-":
        return "Z" if chunk[0] == "Z" and not found.offset else offset_shown(found.offset, chunk[1:])
    digits = f"{found.nanosecond:09d}"[: len(chunk) - 1].ljust(len(chunk) - 1, "0")
    if chunk[1] == "9":
        digits = digits.rstrip("0")
    return chunk[0] + digits if digits else ""


def offset_shown(offset: int, like: str = "0700") -> str:
    """Seconds east of UTC, like 07, 0700, 07:00 or 07:00:00."""
    minutes, seconds = divmod(abs(offset), 60)
    parts = [f"{minutes // 60:02d}", f"{minutes % 60:02d}", f"{seconds:02d}"][: len(like.replace(":", "")) // 2]
    return ("-" if offset < 0 else "+") + (":" if ":" in like else "").join(parts)


_SHOWN: Mapping[str, Callable[[Civil], str]] = {
    "January": lambda found: MONTHS[found.month - 1],
    "Jan": lambda found: MONTHS[found.month - 1][:3],
    "Monday": lambda found: WEEKDAYS[found.weekday],
    "Mon": lambda found: WEEKDAYS[found.weekday][:3],
    "MST": lambda found: found.zone,
    "2006": lambda found: f"{found.year:04d}",
    "06": lambda found: f"{found.year % 100:02d}",
    "01": lambda found: f"{found.month:02d}",
    "1": lambda found: str(found.month),
    "02": lambda found: f"{found.day:02d}",
    "_2": lambda found: f"{found.day:2d}",
    "2": lambda found: str(found.day),
    "002": lambda found: f"{found.year_day:03d}",
    "__2": lambda found: f"{found.year_day:3d}",
    "15": lambda found: f"{found.hour:02d}",
    "03": lambda found: f"{found.hour % 12 or 12:02d}",
    "3": lambda found: str(found.hour % 12 or 12),
    "04": lambda found: f"{found.minute:02d}",
    "4": lambda found: str(found.minute),
    "05": lambda found: f"{found.second:02d}",
    "5": lambda found: str(found.second),
    "PM": lambda found: "PM" if found.hour >= 12 else "AM",
    "pm": lambda found: "pm" if found.hour >= 12 else "am",
}


def parsed(layout: str, text: str) -> Mapping[str, int | str] | None:
    """What a text says by a layout: the fields of Civil that it names, ``offset`` where it has one; None: it does not.

    Days of the year and of the week are read and not kept. Errors: the layout is too long.
    """
    _check(layout)
    pattern, fields = _reading(layout)
    match = pattern.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if match is None:
        return None
    read: dict[str, int | str] = {}
    half = ""
    for field, value in zip(fields, match.groups(), strict=True):
        if field == "half":
            half = value.upper()
        elif value is not None and field:
            read[field] = _READ[field](value) if field in _READ else int(value)
    return _by_the_day(read, half)


def _by_the_day(read: dict[str, int | str], half: str) -> dict[str, int | str]:
    hour = int(read.get("hour", 0))
    if half:
        read["hour"] = hour % 12 + (12 if half == "PM" else 0)
    return read


def _check(layout: str) -> None:
    if len(layout) > _MOST_CHARACTERS:
        raise ExpressionError(f"a layout is {_MOST_CHARACTERS} characters at most")


@lru_cache(64)
def _reading(layout: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """How a text is read by a layout: a pattern, and the field that each of its groups is."""
    chunks = [match[0] for match in _CHUNK.finditer(layout)]
    return re.compile(_pattern(layout), re.IGNORECASE | re.ASCII), tuple(_fields(chunks))


def _pattern(layout: str) -> str:
    pattern, position = "", 0
    for match in _CHUNK.finditer(layout):
        pattern += re.escape(layout[position : match.start()]) + _chunk_pattern(match[0])
        position = match.end()
        if match[0] in ("05", "5") and not re.match(r"[.,](0+|9+)(?!\d)", layout[position:]):
            pattern += _FRACTION
    return pattern + re.escape(layout[position:])


def _chunk_pattern(chunk: str) -> str:
    if chunk in _PATTERNS:
        return _PATTERNS[chunk]
    if chunk[0] in "Z-":
        digits = r"[+-]\d\d" + "".join(f"{':' if ':' in chunk else ''}\\d\\d" for _ in chunk[3:].replace(":", "")[::2])
        return f"({'Z|' if chunk[0] == 'Z' else ''}{digits})"
    return rf"[.,](\d{{{len(chunk) - 1}}})" if chunk[1] == "0" else _FRACTION


def _fields(chunks: list[str]) -> Iterator[str]:
    for place, chunk in enumerate(chunks):
        yield _FIELDS.get(chunk, "offset" if chunk[0] in "Z-" else "nanosecond")
        following = chunks[place + 1] if place + 1 < len(chunks) else " "
        if chunk in ("05", "5") and following[0] not in ".,":
            yield "nanosecond"


def _offset(text: str) -> int:
    if text.upper() == "Z":
        return 0
    digits = text[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
    return -seconds if text[0] == "-" else seconds


def _month(text: str) -> int:
    names = [name[:3].lower() for name in MONTHS]
    return int(text) if text.strip().isdigit() else names.index(text[:3].lower()) + 1


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else int(text) + (1900 if int(text) >= 69 else 2000)


_READ: Mapping[str, Callable[[str], int | str]] = {
    "offset": _offset,
    "month": _month,
    "year": _year,
    "nanosecond": lambda text: int(text[:9].ljust(9, "0")),
    "zone": str,
}
_FIELDS = {
    "January": "month", "Jan": "month", "01": "month", "1": "month", "Monday": "", "Mon": "", "002": "", "__2": "",
    "MST": "zone", "2006": "year", "06": "year", "02": "day", "_2": "day", "2": "day", "15": "hour", "03": "hour",
    "3": "hour", "04": "minute", "4": "minute", "05": "second", "5": "second", "PM": "half", "pm": "half",
}  # fmt: skip
_PATTERNS = {
    "January": f"({'|'.join(MONTHS)})", "Jan": f"({'|'.join(name[:3] for name in MONTHS)})",
    "Monday": f"({'|'.join(WEEKDAYS)})", "Mon": f"({'|'.join(name[:3] for name in WEEKDAYS)})",
    "MST": r"([A-Z]{3,5}|[+-]\d\d)", "2006": r"(\d{4})", "06": r"(\d\d)", "002": r"(\d{3})", "__2": r"([ \d]{2}\d)",
    "01": r"(\d\d)", "1": r"(\d\d?)", "02": r"(\d\d)", "_2": r" ?(\d\d?)", "2": r" ?(\d\d?)", "15": r"(\d\d?)",
    "03": r"(\d\d)", "3": r"(\d\d?)", "04": r"(\d\d)", "4": r"(\d\d?)", "05": r"(\d\d)", "5": r"(\d\d?)",
    "PM": "(AM|PM)", "pm": "(am|pm)",
}  # fmt: skip
