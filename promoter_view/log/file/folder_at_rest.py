"""A log's folder that no program has open: read as a whole, or begun from the state of another log."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from promoter_view.boundaries import Follower
from promoter_view.log import codec
from promoter_view.log.errors import LogUnusable
from promoter_view.log.file import segment
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder import LogFolder
from promoter_view.log.file.frames import FileHeader, FileKind
from promoter_view.log.file.opening import Opened, open_folder
from promoter_view.log.file.writer import SnapshotWriter
from promoter_view.log.settings import LogSettings
from promoter_view.records import Snapshot
from promoter_view.slices import at_once

_READ_BYTES = 1 << 20


class FolderAtRest:
    """A RestingLog. The folder is locked while it is read or written; ``now`` gives seconds since 1970.

    Nothing else runs beside it in its process, so the disk is waited for here and now.
    """

    def __init__(self, path: Path, *, disk: Disk, now: Callable[[], float]) -> None:
        self._path = path
        self._disk = disk
        self._now = now

    async def read(self, follower: Follower) -> None:
        """Gives the follower all that the log holds. The folder stays as it is, but for a torn tail, which is cut.

        Errors: LogUnusable where there is no log, LogLocked where a program has it open, LogDamaged.
        """
        if not (self._path / "format").exists():
            raise LogUnusable(f"{self._path} holds no event log")
        folder = LogFolder(self._path, disk=self._disk)
        opened = open_folder(folder, LogSettings(), disk=self._disk, now=self._now())
        try:
            self._replay(folder, opened, follower)
        finally:
            opened.writer.close()
            folder.close()

    async def begin(self, snapshot: Snapshot) -> None:
        """Begins a log behind that snapshot: its next offset is above the snapshot's.

        Errors: LogUnusable where there is a log already or the folder cannot be written, LogLocked.
        """
        folder = LogFolder(self._path, disk=self._disk)
        folder.open()
        try:
            if folder.holdings().segments:
                raise LogUnusable(f"{self._path} holds an event log already; give a folder that is empty, or not there")
            self._write(folder, snapshot)
        except OSError as error:
            raise LogUnusable(f"{self._path} cannot be written: {error}; remove it before you try again") from error
        finally:
            folder.close()

    def _replay(self, folder: LogFolder, opened: Opened, follower: Follower) -> None:
        if opened.snapshot is not None:
            at_once(follower.restore(opened.snapshot))
        for found, extent in opened.replay:
            name, data = str(folder.segment_path(found.base)), folder.read_segment(found.base)
            at = segment.FIRST_BYTE
            while at < extent.end:
                records, at = segment.read(name, data, at, extent.end, _READ_BYTES)
                at_once(follower.apply(records))

    def _write(self, folder: LogFolder, snapshot: Snapshot) -> None:
        """The segment first: one without its snapshot is damage to whoever opens the folder, and not an empty log."""
        created_ms = int(self._now() * 1000)
        folder.hold(codec.format_of_snapshot(snapshot))
        descriptor = folder.create_segment(FileHeader(FileKind.SEGMENT, 1, snapshot.offset, 0, created_ms))
        os.close(descriptor)
        header = FileHeader(FileKind.SNAPSHOT, 1, snapshot.offset, 0, created_ms)
        writer = SnapshotWriter(folder, snapshot, header, disk=self._disk)
        while writer.step():
            pass
