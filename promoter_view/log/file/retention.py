"""Where a start begins, and what may go: choices over what the folder holds. Pure.

A *start point* is an offset from which a replay can begin: a snapshot with its segment behind it, or 0 where the first
segment begins the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from promoter_view.log.settings import LogSettings


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as its header tells: ``base`` is the last offset before it, ``ordinal`` the records before it."""

    sequence: int
    base: int
    ordinal: int
    created_ms: int
    size: int


@dataclass(frozen=True, slots=True)
class FolderHoldings:
    """What a folder holds: segments in order without a gap, and the size of each snapshot by its offset."""

    segments: Sequence[Segment] = ()
    snapshots: Mapping[int, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(segment.size for segment in self.segments) + sum(self.snapshots.values())


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be deleted, in this order: snapshots first, so that no snapshot is left without its segment."""

    snapshots: Sequence[int]
    segments: Sequence[Segment]


def start_order(holdings: FolderHoldings, history_bytes: int) -> Sequence[int]:
    """Start points, best first.

    The best is the oldest that leaves at most ``history_bytes`` to replay; but where that is the newest and hardly
    anything follows it, the one before, so that a client a few events behind the head can resume. Then the older ones,
    newest first: they lose nobody's position. Then the newer ones, which are as exact but remember less.
    """
    points = start_points(holdings)
    if not points:
        return ()
    best = _best(holdings, points, history_bytes)
    return (points[best], *reversed(points[:best]), *points[best + 1 :])


def snapshot_is_due(holdings: FolderHoldings, settings: LogSettings, *, now_ms: int, records: int) -> bool:
    """Whether what follows the newest snapshot is half as large as that was, or retention waits for a newer one.

    So what a start reads and what is written beside the events both stay in proportion, however large the state is;
    and where little happens, what is too old goes all the same. (Bytes do not ask: a state may be larger than they.)
    """
    if not holdings.snapshots:
        return True
    newest = max(holdings.snapshots)
    if 2 * _bytes_after(holdings, newest) >= holdings.snapshots[newest]:
        return True
    behind = FolderHoldings([segment for segment in holdings.segments if segment.base >= newest])
    return any(_outlived(behind, settings, now_ms=now_ms, records=records))


def removal(
    holdings: FolderHoldings, trusted: int | None, settings: LogSettings, *, now_ms: int, records: int
) -> Removal:
    """What retention deletes. A snapshot stays as long as its segment: a moment behind it is read from there.

    ``trusted`` is the newest snapshot that this process has itself read or written: it and what follows it stay.
    ``records`` is the number of records that the log has held in all its life.
    """
    if trusted is None:
        return Removal((), ())
    gone = _expired(holdings, trusted, settings, now_ms=now_ms, records=records)
    first = holdings.segments[len(gone)].base
    return Removal(sorted(base for base in holdings.snapshots if base < first), gone)


def _expired(
    holdings: FolderHoldings, trusted: int, settings: LogSettings, *, now_ms: int, records: int
) -> Sequence[Segment]:
    """The segments before the trusted snapshot that one of the bounds asks to go, oldest first."""
    size = holdings.size
    gone: list[Segment] = []
    outlived = _outlived(holdings, settings, now_ms=now_ms, records=records)
    for segment, is_outlived in zip(holdings.segments, outlived, strict=False):
        if segment.base >= trusted or not (is_outlived or size > settings.retention_bytes):
            break
        gone.append(segment)
        size -= segment.size + holdings.snapshots.get(segment.base, 0)
    return gone


def _outlived(holdings: FolderHoldings, settings: LogSettings, *, now_ms: int, records: int) -> Iterator[bool]:
    """For each segment but the newest whether it is too old, or too many records ago."""
    for segment, ended_ms in zip(holdings.segments, _ended_ms(holdings), strict=False):
        too_old = ended_ms < now_ms - settings.retention_age_seconds * 1000
        yield too_old or records - segment.ordinal > settings.retention_events


def _ended_ms(holdings: FolderHoldings) -> Sequence[int]:
    """When each segment but the newest ended, at the latest: when one after it was begun.

    A clock that was ahead for a while began some in the future; those after them know better.
    """
    begun = [segment.created_ms for segment in holdings.segments[1:]]
    return list(accumulate(reversed(begun), min))[::-1]


def _best(holdings: FolderHoldings, points: Sequence[int], history_bytes: int) -> int:
    newest = len(points) - 1
    best = next((at for at, point in enumerate(points) if _bytes_after(holdings, point) <= history_bytes), newest)
    if best == newest > 0 and _bytes_after(holdings, points[newest]) < history_bytes // 2:
        return newest - 1
    return best


def _bytes_after(holdings: FolderHoldings, base: int) -> int:
    return sum(segment.size for segment in holdings.segments if segment.base >= base)


def start_points(holdings: FolderHoldings) -> Sequence[int]:
    """The offsets from which a replay can begin, in order."""
    bases = [segment.base for segment in holdings.segments]
    return [base for base in bases if base == 0 or base in holdings.snapshots]
