"""The embedded event log: a folder of segments and snapshots (folder.py, segment.py). The driver; decides little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from promoter_view.boundaries import Follower, Leading
from promoter_view.clocks import steady
from promoter_view.log.errors import LogClosed, LogLocked
from promoter_view.log.faults import Faults
from promoter_view.log.file import segment
from promoter_view.log.file.archive import Archive
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder import LogFolder
from promoter_view.log.file.folder_watch import FolderWatch
from promoter_view.log.file.opening import Opened, open_folder
from promoter_view.log.file.retention import Segment
from promoter_view.log.file.segment import Extent
from promoter_view.log.file.worker import Worker
from promoter_view.log.file.writer import WriteFailed
from promoter_view.log.group_commit import GroupCommit, batched
from promoter_view.log.offsets import mark_offset, require_clock
from promoter_view.log.pausing import Pause
from promoter_view.log.settings import LogSettings
from promoter_view.records import Entry, LogStatus, Mark, Mirror, Record
from promoter_view.runtime import Runtime
from promoter_view.slices import in_slices

if TYPE_CHECKING:
    from promoter_view.boundaries import EventLog

FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 10.0
#: How long a start waits for the process that still has the folder: a pod that is ending, or a node given up as lost.
LOCKED_PATIENCE_SECONDS = 60.0
_READ_BYTES = 1 << 20


class FileLog:
    """An EventLog in a folder. One instance for one opening: after ``stop``, make another."""

    _log = Logger()

    def __init__(
        self,
        path: Path,
        *,
        runtime: Runtime,
        worker: Worker,
        settings: LogSettings,
        on_fatal: Callable[[str], None],
        disk: Disk,
    ) -> None:
        reactor, wall, metrics = runtime.reactor, runtime.wall, runtime.metrics
        self._reactor: IReactorTime = reactor
        self._wall = wall
        self._worker = worker
        self._metrics = metrics
        self._settings = settings
        self._random = runtime.random.random
        self._disk = disk
        self._folder = LogFolder(path, disk=disk)
        self._groups = GroupCommit(reactor=reactor, wall=wall, metrics=metrics, commit=self._commit, on_fatal=on_fatal)
        self._replaying = DeferredLock()
        self._archive: Archive | None = None
        self._stopping = False
        self._released = False
        self._on_fatal = on_fatal
        self._faults = Faults(str(path), metrics=metrics)
        self._failing: set[str] = set()
        self._watch: FolderWatch | None = None
        self._pause = Pause(reactor)

    def start(self, follower: Follower, mirror: Mirror) -> Deferred[None]:
        """See EventLog."""
        return Deferred.fromCoroutine(self._start(follower, mirror))

    def lead(self, part: Leading) -> None:
        """See EventLog."""
        part.begin()

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog."""
        return self._groups.append(entries)

    def barrier(self) -> Deferred[None]:
        """See EventLog. Nobody else writes."""
        return succeed(None)

    def stop(self) -> Deferred[None]:
        """See EventLog."""
        return Deferred.fromCoroutine(self._stop())

    def status(self) -> LogStatus:
        """See EventLog. ``first`` is the offset to which the folder reaches back."""
        archive, groups, queue = self._archive, self._groups, self._groups.queue
        first, size = (archive.first, archive.size) if archive else (0, 0)
        fault, warning = self._faults.fault, self._faults.warning
        return LogStatus(groups.head, first, size, queue.pending_events, queue.pending_bytes, fault, warning=warning)

    async def _start(self, follower: Follower, mirror: Mirror) -> None:
        opened = await self._replaying.run(lambda: Deferred.fromCoroutine(self._open(follower)))
        settings = self._settings
        await self._groups.append((Mark(opened.last, mirror, settings.generation, settings.remembers),))
        if self._archive is not None:
            await self._archive.retain()

    async def _open(self, follower: Follower) -> Opened:
        try:
            return await self._open_and_replay(follower)
        except BaseException:
            # Nothing else would: whoever started a log that did not start has nothing to stop.
            await self._release()
            raise

    async def _open_and_replay(self, follower: Follower) -> Opened:
        self._refuse_when_stopping()
        now = self._wall()
        require_clock(0, now)
        opening = partial(open_folder, self._folder, self._settings, disk=self._disk, now=now)
        opened = await self._when_unlocked(opening)
        self._archive = self._archive_of(opened)
        require_clock(opened.last, self._wall())
        self._watch = self._watch_over(self._archive)
        for warning in opened.warnings:
            self._log.warn("{warning}", warning=warning)
        if opened.snapshot is not None:
            await in_slices(follower.restore(opened.snapshot), reactor=self._reactor)
        for found, extent in opened.replay:
            await self._replay(found, extent, follower)
        least = mark_offset(opened.last, self._wall(), opened.lost)
        self._follower = follower
        self._groups.begin(follower, last=opened.last, least=least)
        return opened

    async def _when_unlocked(self, opening: Callable[[], Opened]) -> Opened:
        """Opens the folder, however often, until another process lets go of it. Errors: LogLocked, after a minute."""
        deadline = self._reactor.seconds() + LOCKED_PATIENCE_SECONDS
        while True:
            self._refuse_when_stopping()
            try:
                opened = await self._worker.run(opening)
            except LogLocked as locked:
                if self._reactor.seconds() >= deadline:
                    raise
                self._faults.set("locked", f"{locked}; retrying for {LOCKED_PATIENCE_SECONDS:.0f} s")
                await self._pause.wait(FIRST_RETRY_SECONDS)
            else:
                self._faults.clear("locked")
                return opened

    async def _replay(self, found: Segment, extent: Extent, follower: Follower) -> None:
        name = str(self._folder.segment_path(found.base))
        data = await self._worker.run(partial(self._folder.read_segment, found.base))
        at = segment.FIRST_BYTE
        while at < extent.end:
            self._refuse_when_stopping()
            records, at = await self._worker.run(partial(segment.read, name, data, at, extent.end, _READ_BYTES))
            steps = batched(records, follower.apply, seconds=self._reactor.seconds)
            await in_slices(steps, reactor=self._reactor)

    def _archive_of(self, opened: Opened) -> Archive:
        return Archive(
            opened,
            folder=self._folder,
            worker=self._worker,
            reactor=self._reactor,
            now=steady(self._wall, self._reactor.seconds),
            settings=self._settings,
            metrics=self._metrics,
            disk=self._disk,
        )

    def _watch_over(self, archive: Archive) -> FolderWatch:
        watch = FolderWatch(
            str(self._folder.path),
            archive.look,
            faults=self._faults,
            reactor=self._reactor,
            on_lost=self._on_fatal,
        )
        watch.start()
        return watch

    async def _commit(self, previous: int, records: Sequence[Record]) -> None:
        """Makes a group durable, however long the disk is full or the folder away. Errors: LogClosed, Unsafe."""
        archive, watch = self._archive, self._watch
        assert archive is not None
        assert watch is not None
        if archive.is_due:
            await watch.check()
            await self._roll(archive, previous)
        delay = FIRST_RETRY_SECONDS
        while watch.lost or not await self._attempt(archive, previous, records):
            self._refuse_when_stopping()
            await self._pause.wait(delay * (0.5 + self._random() / 2))
            delay = min(delay * 2, LAST_RETRY_SECONDS)

    async def _attempt(self, archive: Archive, previous: int, records: Sequence[Record]) -> bool:
        try:
            await archive.append(previous, records)
        except WriteFailed as failure:
            self._write_failed(failure)
            return False
        self._faults.clear(*self._failing)
        self._failing.clear()
        return True

    async def _roll(self, archive: Archive, previous: int) -> None:
        await self._groups.settled()
        if not await archive.roll(previous):
            return
        if archive.wants_snapshot:
            archive.keep(self._follower.snapshot())
        else:
            await archive.retain()

    def _write_failed(self, failure: WriteFailed) -> None:
        self._metrics.log_write_failures.labels(failure.reason).inc()
        self._failing.add(failure.reason)
        self._faults.set(
            failure.reason,
            f"writing to {self._folder.path} failed ({failure.reason}: {failure}); events wait, nothing is lost, "
            f"retrying at least every {LAST_RETRY_SECONDS:.0f} s",
        )

    def _refuse_when_stopping(self) -> None:
        if self._stopping:
            raise LogClosed("the log stops")

    async def _stop(self) -> None:
        self._stopping = True
        self._pause.end()
        await self._replaying.run(lambda: None)
        await self._groups.stop()
        await self._release()

    async def _release(self) -> None:
        """Closes the files, unlocks the folder, ends the thread."""
        if self._released:
            return
        self._released = True
        if self._watch is not None:
            self._watch.stop()
        if self._archive is not None:
            await self._archive.close()
        await self._worker.run(self._folder.close)
        self._worker.stop()


if TYPE_CHECKING:
    _: type[EventLog] = FileLog
