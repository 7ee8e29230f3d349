"""The files of an open log over time: the segment that is written to, rolling, snapshots, retention.

Every touch of the disk is a job of the one worker; a snapshot is many small jobs, so that appends go on between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from promoter_view.clocks import WallClock
from promoter_view.log import codec
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder import LogFolder
from promoter_view.log.file.folder_lock import FolderTrouble
from promoter_view.log.file.frames import FILE_HEADER_BYTES, FileHeader, FileKind
from promoter_view.log.file.opening import Opened
from promoter_view.log.file.retention import FolderHoldings, Segment, removal, snapshot_is_due
from promoter_view.log.file.worker import Worker
from promoter_view.log.file.writer import SegmentWriter, SnapshotWriter, WriteFailed, reason_of
from promoter_view.log.settings import LogSettings
from promoter_view.metrics import Metrics
from promoter_view.records import Record, Snapshot

#: Between two pieces of a snapshot: 65 MB take about two seconds, and no append waits for more than one piece.
PACE_SECONDS = 0.005


class Archive:
    """The files behind a FileLog, from the moment they were opened.

    ``now`` is a steady clock: the age of what is held may not jump with the host's, or a day of it would go at once.
    """

    _log = Logger()

    def __init__(
        self,
        opened: Opened,
        *,
        folder: LogFolder,
        worker: Worker,
        reactor: IReactorTime,
        now: WallClock,
        settings: LogSettings,
        metrics: Metrics,
        disk: Disk,
    ) -> None:
        self._folder = folder
        self._worker = worker
        self._reactor = reactor
        self._now = now
        self._settings = settings
        self._metrics = metrics
        self._disk = disk
        self._writer = opened.writer
        self._records = opened.records
        self._trusted = opened.snapshot.offset if opened.snapshot else None
        self._hold(opened.holdings)
        self._snapshotting: Deferred[None] = succeed(None)
        self._closing = False

    @property
    def size(self) -> int:
        """Bytes of all segments and snapshots."""
        return self._closed_bytes + self._writer.end

    @property
    def first(self) -> int:
        """The log reaches back to here: no record with a lower offset is in it."""
        return self._holdings.segments[0].base + 1

    @property
    def is_due(self) -> bool:
        """Whether the segment is to be closed before the next group."""
        newest = self._holdings.segments[-1]
        # One from the future was begun by a clock that was ahead: it tells no age, and is not written on.
        age = abs(self._now() - newest.created_ms / 1000)
        full = self._writer.end >= self._settings.segment_bytes or age >= self._settings.segment_age_seconds
        return full and self._records > newest.ordinal

    @property
    def _now_ms(self) -> int:
        return int(self._now() * 1000)

    @property
    def wants_snapshot(self) -> bool:
        """No snapshot is being written, and the newest one has enough behind it to be worth another."""
        return self._snapshotting.called and snapshot_is_due(
            self._holdings, self._settings, now_ms=self._now_ms, records=self._records
        )

    async def append(self, previous: int, records: Sequence[Record]) -> None:
        """Makes one group durable. Errors: WriteFailed (may be tried again), Unsafe."""
        await self._worker.run(partial(self._append, previous, records))
        self._records += codec.count_events(records)
        self._metrics.log_bytes.set(self.size)

    def look(self) -> Deferred[FolderTrouble | None]:
        """What has become of the folder."""
        writer = self._writer  # of this moment: it is closed by a job behind this one
        return self._worker.run(lambda: self._folder.trouble(Path(writer.name), writer.descriptor))

    def _append(self, previous: int, records: Sequence[Record]) -> None:
        """In the log's thread. The format is durable before the first record that needs it."""
        try:
            self._folder.hold(codec.format_of(records))
        except OSError as error:
            raise WriteFailed(error) from error
        self._writer.append(previous, records)

    async def roll(self, base: int) -> bool:
        """Begins a new segment behind offset ``base``; False when that failed: the old one is written on.

        Errors: Unsafe.
        """
        sequence = self._holdings.segments[-1].sequence + 1
        header = FileHeader(FileKind.SEGMENT, sequence, base, self._records, self._now_ms)
        try:
            descriptor = await self._worker.run(partial(self._folder.create_segment, header))
        except OSError as error:
            self._warn("start a segment", error)
            return False
        ended, self._writer = self._writer, self._writer_of(base, descriptor)
        await self._worker.run(ended.close)
        closed = replace(self._holdings.segments[-1], size=ended.end)
        begun = Segment(header.sequence, base, header.ordinal, header.created_ms, FILE_HEADER_BYTES)
        self._hold(FolderHoldings((*self._holdings.segments[:-1], closed, begun), self._holdings.snapshots))
        return True

    def keep(self, snapshot: Snapshot) -> None:
        """Writes a snapshot beside the segment that has just begun; returns at once."""
        newest = self._holdings.segments[-1]
        if snapshot.offset != newest.base:
            raise ValueError(f"a snapshot at {snapshot.offset} does not belong to the segment after {newest.base}")
        header = FileHeader(FileKind.SNAPSHOT, newest.sequence, newest.base, newest.ordinal, self._now_ms)
        writer = SnapshotWriter(self._folder, snapshot, header, disk=self._disk)
        self._snapshotting = Deferred.fromCoroutine(self._write_snapshot(snapshot.offset, writer))

    async def retain(self) -> None:
        """Deletes what the settings no longer ask for."""
        gone = removal(self._holdings, self._trusted, self._settings, now_ms=self._now_ms, records=self._records)
        if not gone.snapshots and not gone.segments:
            return
        try:
            await self._worker.run(partial(self._folder.remove, gone))
        except OSError as error:
            self._warn("delete old segments", error)
            return
        # Of what is held now: meanwhile the log may have rolled, or another retention have found the same.
        segments = [segment for segment in self._holdings.segments if segment not in gone.segments]
        snapshots = {b: size for b, size in self._holdings.snapshots.items() if b not in gone.snapshots}
        self._hold(FolderHoldings(segments, snapshots))

    async def close(self) -> None:
        """Gives up a snapshot that is being written, and closes the files."""
        self._closing = True
        await self._snapshotting
        await self._worker.run(self._writer.close)

    async def _write_snapshot(self, base: int, writer: SnapshotWriter) -> None:
        try:
            while await self._worker.run(writer.step):
                if self._closing:
                    await self._worker.run(writer.abandon)
                    return
                await deferLater(self._reactor, PACE_SECONDS)
        except OSError as error:
            self._warn("write a snapshot", error)
            await self._abandon(writer)
        else:
            self._trusted = base
            self._hold(FolderHoldings(self._holdings.segments, {**self._holdings.snapshots, base: writer.size}))
            await self.retain()

    async def _abandon(self, writer: SnapshotWriter) -> None:
        try:
            await self._worker.run(writer.abandon)
        except OSError as error:
            self._warn("delete a part of a snapshot", error)

    def _hold(self, holdings: FolderHoldings) -> None:
        self._holdings = holdings
        self._closed_bytes = holdings.size - holdings.segments[-1].size

    def _writer_of(self, base: int, descriptor: int) -> SegmentWriter:
        return SegmentWriter(str(self._folder.segment_path(base)), descriptor, FILE_HEADER_BYTES, disk=self._disk)

    def _warn(self, what: str, error: OSError) -> None:
        """These are tried again with the next segment; no entry depends on them."""
        self._metrics.log_write_failures.labels(reason_of(error)).inc()
        self._log.warn("the event log could not {what}: {error}", what=what, error=error)
