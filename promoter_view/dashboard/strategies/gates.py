"""What holds an environment by the clock: timed gates and their time left, scheduled gates and their windows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from promoter_view.dashboard.strategies.checks import Phase, phase_of
from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.durations import parse_duration
from promoter_view.views.promotion_strategy.estimates.likely import later


@dataclass(frozen=True, slots=True)
class Timer:
    """A TimedCommitStatus on one environment. ``until`` is when its time has passed, None where that is not known.

    ``required`` is a duration in the cluster's own words.
    """

    key: str
    branch: str
    phase: Phase
    required: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """Which windows of a schedule hold, and when that changes: names of them, "" for none."""

    allow: str
    exclude: str
    transition: datetime | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A ScheduledCommitStatus on one environment: what holds now, and what is next."""

    key: str
    branch: str
    phase: Phase
    timezone: str
    now: Window
    next: Window


def read_timers(gate: Mapping[str, Any]) -> tuple[Timer, ...]:
    """What a TimedCommitStatus says, an environment each."""
    key = text(gate, "spec", "key") or "timer"
    return tuple(_timer(key, found) for found in mappings(gate, "status", "environments"))


def read_schedules(gate: Mapping[str, Any]) -> tuple[Schedule, ...]:
    """What a ScheduledCommitStatus says, an environment each."""
    spec = mapping(gate, "spec")
    return tuple(
        Schedule(
            text(spec, "key") or "schedule",
            text(found, "branch"),
            phase_of(text(found, "phase")),
            text(spec, "timezone") or "UTC",
            _window(mapping(found, "active")),
            _window(mapping(found, "next")),
        )
        for found in mappings(gate, "status", "environments")
    )


def _timer(key: str, found: Mapping[str, Any]) -> Timer:
    required = text(found, "requiredDuration")
    seconds, began = parse_duration(required), parse_time(text(found, "commitTime"))
    return Timer(
        key,
        text(found, "branch"),
        phase_of(text(found, "phase")),
        required[:40],
        later(began, timedelta(seconds=seconds)) if began is not None and seconds is not None else None,
    )


def _window(found: Mapping[str, Any]) -> Window:
    return Window(text(found, "allow"), text(found, "exclude"), parse_time(text(found, "transition")))
