"""What a log's folder takes on the disk, and where replays of it may start. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.figures import MEGABYTE
from benchmarks.processes import BrokenRunError
from benchmarks.report import Row
from promoter_view.log.file.retention import FolderHoldings, start_points

_FEWEST = 2
_DAY_MS = 86_400_000


def log_rows(holdings: FolderHoldings) -> Iterator[Row]:
    """A day is one of those behind the state at which the log began, which takes its first segments."""
    began = points_behind_the_first_state(holdings)[0]
    segments = [segment for segment in holdings.segments if segment.base >= began]
    snapshots = [size for base, size in holdings.snapshots.items() if base > began]
    days = max(segments[-1].created_ms - segments[0].created_ms, 1) / _DAY_MS
    yield Row("the log reaches back", "days", days)
    yield Row("changes a day", "", (segments[-1].ordinal - segments[0].ordinal) / days)
    yield Row("records a day on the disk", "MB", sum(each.size for each in segments) / days / MEGABYTE)
    yield Row("snapshots a day on the disk", "MB", sum(snapshots) / days / MEGABYTE)
    yield Row("a snapshot", "MB", max(holdings.snapshots.values(), default=0) / MEGABYTE)


def points_behind_the_first_state(holdings: FolderHoldings) -> Sequence[int]:
    """Where replays may start, but for the first snapshot, which may be of a half of it. Errors: BrokenRunError."""
    points = [point for point in start_points(holdings) if point][1:]
    if len(points) < _FEWEST:
        raise BrokenRunError("the log has too few snapshots: more days, or more changes a second")
    return points
