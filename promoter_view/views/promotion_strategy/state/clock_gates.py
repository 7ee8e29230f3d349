"""When the clocks of a strategy let its environments go: timers and windows. Pure, and raises nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.durations import parse_duration
from promoter_view.views.contents import Contents, Read
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind, read_key

_TIMERS, _WINDOWS = "timedCommitStatuses", "scheduledCommitStatuses"
#: The beginning of the year 10000, in seconds since 1970.
_END = 253_402_300_800


#: The kind of a clock, and the key of its checks.
ClockKey = tuple[ReasonKind, str]


class ClockUntil(NamedTuple):
    """When a clock lets an environment go, in seconds since 1970. ``kind``: which clock it is."""

    kind: ReasonKind
    branch: str
    key: str
    until: int


def clock_untils(contents: Contents) -> Mapping[str, Mapping[ClockKey, int]]:
    """For each branch by the clock's kind and key when that lets it go; what is not held, or is not told of, is left
    out. By kind, for who may not see the clocks of one is not to be told of them under the name of another's.
    """
    found: defaultdict[str, dict[ClockKey, int]] = defaultdict(dict)
    for field, read in _clocks():
        for each in contents.each(field, read):
            for kind, branch, key, until in each:
                found[branch].setdefault((kind, key), until)
    return found


def clock_steps(contents: Contents) -> Iterator[None]:
    """Reads what ``clock_untils`` wants, a member a step."""
    for field, read in _clocks():
        yield from contents.steps(field, read)


def _clocks() -> Sequence[tuple[str, Read[Sequence[ClockUntil]]]]:
    return (_TIMERS, read_timer), (_WINDOWS, read_window)


def read_timer(gate: Mapping[str, Any]) -> Sequence[ClockUntil]:
    """What a TimedCommitStatus tells: when a commit is old enough, of each environment that waits for that."""
    _, key = read_key(gate)
    found = []
    for each in _pending(gate):
        began, required = parse_time(text(each, "commitTime")), parse_duration(text(each, "requiredDuration"))
        if began is not None and required is not None and began.timestamp() + required < _END:
            found.append(ClockUntil(ReasonKind.TIMER, text(each, "branch"), key, int(began.timestamp() + required)))
    return found


def read_window(gate: Mapping[str, Any]) -> Sequence[ClockUntil]:
    """What a ScheduledCommitStatus tells: when a window opens, of each environment for which none is open.

    While a window keeps it closed that is its end, else the beginning of the next.
    """
    _, key = read_key(gate)
    found = []
    for each in _pending(gate):
        active, following = mapping(each, "active"), mapping(each, "next")
        opens = _transition(active) if text(active, "exclude") else _transition(following)
        if opens is not None:
            found.append(ClockUntil(ReasonKind.WINDOW, text(each, "branch"), key, int(opens.timestamp())))
    return found


def _pending(gate: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [each for each in mappings(gate, "status", "environments") if text(each, "phase") == "pending"]


def _transition(window: Mapping[str, Any]) -> datetime | None:
    return parse_time(text(window, "transition"))
