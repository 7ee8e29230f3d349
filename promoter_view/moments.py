"""Moments as people give them: RFC 3339, or how long ago. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from promoter_view.decoded import parse_time
from promoter_view.durations import parse_duration

_MINUTES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ")
#: An offset whose + a URL had as it is: there it means a space.
_UNESCAPED = re.compile(r"(T.*) (?=\d\d:\d\d\Z)")
EXPECTED = "expected a time such as 2026-11-30T09:30:00Z, or how long ago, such as -2h or -7d"


def parse_moment(text: str, now: datetime) -> datetime:
    """``2026-11-30T09:30:00+01:00``, ``2026-11-30T09:30Z``, ``-2h``, ``-7d``. Errors: ValueError, for users to read.

    As RFC 3339 has it T and Z may be small.
    """
    if text.startswith("-"):
        seconds = parse_duration(text[1:], days=True)
        # No duration is longer than 292 years: there is no moment that early which is none.
        found = None if seconds is None else now - timedelta(seconds=seconds)
    else:
        written = _UNESCAPED.sub(r"\1+", text.upper())
        found = parse_time(f"{written[:-1]}:00Z" if _MINUTES.fullmatch(written) else written)
    if found is None:
        raise ValueError(f"invalid time {text!r}: {EXPECTED}")
    return found
