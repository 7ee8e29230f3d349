"""Opening a log folder: what is there, where a replay starts, what is cut off. Synchronous; in the log's thread.

All that will be replayed is checked before any of it is: a follower never sees a part of a damaged log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from promoter_view.log.errors import LogDamaged, LogError, LogUnusable
from promoter_view.log.file import segment
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder import LogFolder
from promoter_view.log.file.frames import FILE_HEADER_BYTES, FileHeader, FileKind
from promoter_view.log.file.retention import FolderHoldings, Segment, start_order
from promoter_view.log.file.segment import Extent
from promoter_view.log.file.writer import SegmentWriter
from promoter_view.log.offsets import is_spent
from promoter_view.log.settings import LogSettings
from promoter_view.records import Snapshot


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder that is whole and ready to be written to.

    ``snapshot`` is where the replay starts, None for the beginning of the log; ``replay`` what follows it; ``lost`` an
    offset beyond which none was handed out, as far as one can tell; ``warnings`` what an operator should read.
    """

    holdings: FolderHoldings
    snapshot: Snapshot | None
    replay: Sequence[tuple[Segment, Extent]]
    writer: SegmentWriter
    lost: int = 0
    warnings: Sequence[str] = ()

    @property
    def last(self) -> int:
        """The last offset in the log."""
        return self.replay[-1][1].last

    @property
    def records(self) -> int:
        """How many records the log has held in all its life."""
        newest, extent = self.replay[-1]
        return newest.ordinal + extent.records


def open_folder(folder: LogFolder, settings: LogSettings, *, disk: Disk, now: float) -> Opened:
    """Locks and checks the folder; begins a log in an empty one. ``now``: seconds since 1970.

    Errors: LogDamaged (not with ``settings.repair``), LogLocked, LogUnusable, Unsafe; the folder is then unlocked.
    """
    folder.open()
    try:
        return _open_or_repair(folder, settings, disk, now)
    except LogError:
        folder.close()
        raise
    except OSError as error:
        folder.close()
        raise LogUnusable(f"{folder.path} cannot be used as an event log: {error.strerror or error}") from error


def _open_or_repair(folder: LogFolder, settings: LogSettings, disk: Disk, now: float) -> Opened:
    try:
        holdings = folder.holdings()
        return _resume(folder, holdings, settings, disk) if holdings.segments else _begin(folder, disk, now)
    except LogDamaged as damage:
        if not settings.repair:
            raise
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        aside, highest = folder.set_aside(stamp)
        warning = f"the damaged log was renamed to {aside}, and a new one was started ({damage})"
        return replace(_begin(folder, disk, now), lost=highest, warnings=(warning,))


def _begin(folder: LogFolder, disk: Disk, now: float) -> Opened:
    created_ms = int(now * 1000)
    descriptor = folder.create_segment(FileHeader(FileKind.SEGMENT, 1, 0, 0, created_ms))
    first = Segment(1, 0, 0, created_ms, FILE_HEADER_BYTES)
    writer = SegmentWriter(str(folder.segment_path(0)), descriptor, FILE_HEADER_BYTES, disk=disk)
    return Opened(FolderHoldings((first,)), None, ((first, Extent(FILE_HEADER_BYTES, 0, 0)),), writer)


def _resume(folder: LogFolder, holdings: FolderHoldings, settings: LogSettings, disk: Disk) -> Opened:
    start, snapshot, unreadable = _choose(folder, holdings, settings)
    replay = _check(folder, [found for found in holdings.segments if found.base >= start])
    newest, extent = replay[-1]
    path = folder.segment_path(newest.base)
    if is_spent(extent.last):
        reason = f"no offset can follow {extent.last}: a host's clock was decades ahead when it was written"
        raise segment.damaged(str(path), extent.end, reason)
    warnings = list(unreadable.values())
    writer = SegmentWriter(str(path), folder.open_segment(newest.base), extent.end, disk=disk)
    if newest.size > extent.end:
        writer.cut()
        cut = newest.size - extent.end
        warnings.append(f"{path}, byte {extent.end}: cut off {cut} bytes of a frame that was never acknowledged")
    segments = (*holdings.segments[:-1], replace(newest, size=extent.end))
    snapshots = {base: size for base, size in holdings.snapshots.items() if base not in unreadable}
    return Opened(FolderHoldings(segments, snapshots), snapshot, replay, writer, extent.lost, warnings)


def _choose(
    folder: LogFolder, holdings: FolderHoldings, settings: LogSettings
) -> tuple[int, Snapshot | None, dict[int, str]]:
    """The best start point that can be read, its snapshot, and a warning for each that could not be."""
    unreadable: dict[int, str] = {}
    for base in start_order(holdings, settings.history_bytes):
        if base not in holdings.snapshots:
            return base, None, unreadable
        try:
            return base, folder.read_snapshot(base), unreadable
        except LogDamaged as error:
            unreadable[base] = f"skipped a snapshot that cannot be read: {error}"
    raise LogDamaged(
        f"{folder.path}: the log does not reach back to its beginning and no snapshot of it can be read"
        f"{''.join(f' ({warning})' for warning in unreadable.values())}; {segment.RESTORE}"
    )


def _check(folder: LogFolder, segments: Sequence[Segment]) -> Sequence[tuple[Segment, Extent]]:
    checked: list[tuple[Segment, Extent]] = []
    for found in segments:
        path = str(folder.segment_path(found.base))
        if checked and (checked[-1][1].last, _ordinal_after(checked[-1])) != (found.base, found.ordinal):
            raise segment.damaged(path, 0, f"the segment before it ends at {checked[-1][1].last}: a part is missing")
        data = folder.read_segment(found.base)
        checked.append((found, segment.scan(path, data, found.base, is_last=found is segments[-1])))
    return checked


def _ordinal_after(checked: tuple[Segment, Extent]) -> int:
    return checked[0].ordinal + checked[1].records
