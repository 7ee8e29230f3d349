"""Which commit was live when, in each environment: a lane each, with a bar a commit. Pure.

A bar that reaches the end of the axis is live still. What is live is marked newest, older, or failed; what was restored
or is held is marked too. The history of the same page says all of it in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from promoter_view.dashboard.pictures.axis import Axis, axis_of
from promoter_view.dashboard.rendering import stamp
from promoter_view.dashboard.strategies.checks import Phase
from promoter_view.dashboard.strategies.environments import Station

#: Lanes that are drawn, and bars of a lane.
MOST_LANES, MOST_BARS = 500, 20
#: Per cent of the axis below which there is no room for a sha.
_ROOM, _ROOM_OF_MARK = 7.0, 1.5
_NARROWEST = 0.3
_MOST_SUBJECT = 80


class Bar(NamedTuple):
    """A commit while it was live; places in per cent. ``look`` is the class of its colour.

    ``sha`` is "" where there is no room for it; ``marks`` are classes: failed, restored, held.
    """

    x: float
    width: float
    look: str
    sha: str
    marks: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """An environment's bars, the oldest first, and what they say in one sentence."""

    name: str
    branch: str
    words: str
    bars: tuple[Bar, ...]


class _Stay(NamedTuple):
    """A commit's stay. ``ended`` None: it is live."""

    sha: str
    subject: str
    began: datetime
    ended: datetime | None
    failed: bool
    restored: bool


def timeline_axis(stations: Sequence[Station]) -> Axis | None:
    """The axis for the timeline of these; None where nothing is told of when anything went live."""
    return axis_of([moment for station in stations[:MOST_LANES] for moment in _reach(station)])


def lane_of(station: Station, axis: Axis, *, held: bool) -> Lane:
    """The lane of an environment on that axis; ``held``: a RestoreActiveCommit keeps other commits out."""
    stays = tuple(_stays(station))
    bars = tuple(_bar(station, stay, axis, held=held) for stay in reversed(stays))
    return Lane(station.name, station.branch, _said(stays), bars)


def _reach(station: Station) -> Iterator[datetime]:
    """When the first and the last of what is shown went live."""
    for moment in (station.live_since, *(past.live_since for past in station.history[:MOST_BARS][-1:])):
        if moment is not None:
            yield moment


def _stays(station: Station) -> Iterator[_Stay]:
    """What was and is live here, the newest first."""
    live, since = station.active.dry, station.live_since
    ended = since
    if live is not None and since is not None:
        failed = station.active.checks.worst is Phase.FAILURE
        yield _Stay(live.sha, live.subject, since, None, failed, bool(station.restored_from))
    told = station.history[1:] if station.arrival is not None else station.history
    for past in islice(told, MOST_BARS - 1):
        began, dry = past.live_since, past.active.dry
        if dry is None or began is None:
            continue
        if ended is not None:
            failed = past.active.checks.worst is Phase.FAILURE
            yield _Stay(dry.sha, dry.subject, min(began, ended), ended, failed, bool(past.restored_from))
        ended = began if ended is None else min(began, ended)


def _bar(station: Station, stay: _Stay, axis: Axis, *, held: bool) -> Bar:
    x = axis.at(stay.began)
    width = round((100.0 if stay.ended is None else axis.at(stay.ended)) - x, 2)
    is_live = stay.ended is None
    look = "newest" if is_live and station.newest else "live" if is_live else _look(stay.sha)
    found = {"failed": stay.failed, "restored": stay.restored, "held": is_live and held}
    marks = tuple(mark for mark, is_there in found.items() if is_there)
    sha = stay.sha[:7] if width >= _ROOM + _ROOM_OF_MARK * len(marks) else ""
    return Bar(x, max(width, _NARROWEST), look, sha, marks, _title(stay, marks))


def _look(sha: str) -> str:
    """One of two, the same for a commit in all environments."""
    return "odd" if crc32(sha.encode("utf-8", "replace")) % 2 else "even"


def _title(stay: _Stay, marks: Sequence[str]) -> str:
    until = f"until {stamp(stay.ended)}" if stay.ended is not None else "live"
    said = "".join(f", {mark}" for mark in marks)
    return f"{stay.sha[:7]} {stay.subject[:_MOST_SUBJECT]}: from {stamp(stay.began)}, {until}{said}"


def _said(stays: Sequence[_Stay]) -> str:
    """``8 commits, 1 failed, 1 restored; 8fe9c7f is live from 20 Nov 2026, 12:00 UTC``."""
    if not stays:
        return "it is not known when commits went live"
    counts = {
        "failed": sum(stay.failed for stay in stays),
        "restored": sum(stay.restored for stay in stays),
    }
    newest = stays[0]
    said = "".join(f", {count} {what}" for what, count in counts.items() if count)
    live = f"; {newest.sha[:7]} is live from {stamp(newest.began)}" if newest.ended is None else ""
    return f"{len(stays)} commit{'s' if len(stays) != 1 else ''}{said}{live}"
