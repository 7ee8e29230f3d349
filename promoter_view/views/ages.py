"""Times as objects carry them, and ages as kubectl shows them. Pure.

The rules are those of k8s.io/apimachinery: duration.HumanDuration and meta/table.ConvertToHumanReadableDateType.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from promoter_view.decoded import GO_ZERO, parse_time

UNKNOWN = "<unknown>"
INVALID = "<invalid>"

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)
#: Go's zero time, which stands for "not set".


@dataclass(frozen=True, slots=True)
class Since:
    """A moment that is shown as the time gone by since then: the only part of a row that is not settled for good."""

    moment: datetime


def shown(cell: Any, now: datetime) -> Any:
    """A cell as it reads at that time: ``5m`` or ``3d4h`` for a moment, any other as it is. ``now`` has a time zone."""
    return human_duration(now - cell.moment) if isinstance(cell, Since) else cell


def age(stamp: str) -> Since | str:
    """How long ago that was; ``<unknown>`` when not set, ``<invalid>`` when not a time."""
    if stamp in ("", GO_ZERO):
        return UNKNOWN
    moment = parse_time(stamp)
    return INVALID if moment is None else Since(moment)


def human_duration(elapsed: timedelta) -> str:
    """A duration in two or three figures. One not yet begun is 0s up to 2 s (clocks differ), then ``<invalid>``."""
    if elapsed < timedelta():
        return "0s" if elapsed > timedelta(seconds=-2) else INVALID
    if elapsed < 2 * _MINUTE:
        return f"{elapsed // timedelta(seconds=1)}s"
    if elapsed < 3 * _HOUR:
        return _two(elapsed, (_MINUTE, "m"), (timedelta(seconds=1), "s"), until=10)
    if elapsed < 2 * _DAY:
        return _two(elapsed, (_HOUR, "h"), (_MINUTE, "m"), until=8)
    if elapsed < 2 * _YEAR:
        return _two(elapsed, (_DAY, "d"), (_HOUR, "h"), until=8)
    return _two(elapsed, (_YEAR, "y"), (_DAY, "d"), until=8)


def _two(elapsed: timedelta, large: tuple[timedelta, str], small: tuple[timedelta, str], *, until: int) -> str:
    """In a large unit, and below ``until`` of those the rest in a small one, unless that is 0."""
    whole, rest = divmod(elapsed, large[0])
    if whole >= until or rest < small[0]:
        return f"{whole}{large[1]}"
    return f"{whole}{large[1]}{rest // small[0]}{small[1]}"
