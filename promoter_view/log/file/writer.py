"""Writing to the log's files: whole frames or nothing. Synchronous; runs in the log's thread."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from promoter_view.log.errors import Unsafe
from promoter_view.log.file import segment, snapshot
from promoter_view.log.file.disk import Disk, write_all
from promoter_view.log.file.folder import LogFolder
from promoter_view.log.file.frames import FileHeader
from promoter_view.records import Record, Snapshot


def reason_of(error: OSError) -> str:
    """The error's name, e.g. ENOSPC, as the metrics have it."""
    return errno.errorcode.get(error.errno or 0, "unknown")


class WriteFailed(Exception):  # noqa: N818  (as in errors.py)
    """A frame could not be written; the segment ends with the last whole frame as before. ``reason``: e.g. ENOSPC."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        self.reason = reason_of(error)


class SegmentWriter:
    """The segment that is written to. ``end`` is the byte behind its last whole frame; ``name`` is its path."""

    def __init__(self, name: str, descriptor: int, end: int, *, disk: Disk) -> None:
        self.name = name
        self.descriptor = descriptor
        self._disk = disk
        self.end = end

    def cut(self) -> None:
        """Makes the segment end with its last whole frame, durably. Errors: OSError."""
        self._disk.truncate(self.descriptor, self.end)
        self._disk.sync(self.descriptor)

    def append(self, previous: int, records: Sequence[Record]) -> int:
        """Writes and syncs one frame; the byte behind it. Errors: WriteFailed (may be tried again), Unsafe."""
        frame = segment.encode(previous, records)
        try:
            write_all(self._disk, self.descriptor, frame, self.end)
        except OSError as error:
            self._cut_back()
            raise WriteFailed(error) from error
        try:
            self._disk.sync(self.descriptor)
        except OSError as error:
            # The kernel may have dropped the pages: a second sync that succeeds would prove nothing.
            raise Unsafe(f"{self.name}: the sync failed ({error}); restart once the disk is sound") from error
        self.end += len(frame)
        return self.end

    def close(self) -> None:
        """Closes the file."""
        os.close(self.descriptor)

    def _cut_back(self) -> None:
        try:
            self._disk.truncate(self.descriptor, self.end)
        except OSError as error:
            what = f"a part of a frame cannot be cut off at byte {self.end} ({error})"
            raise Unsafe(f"{self.name}: {what}; restart once the disk is sound") from error


class SnapshotWriter:
    """Writes a snapshot piece by piece; it counts once renamed, in the last step."""

    def __init__(self, folder: LogFolder, taken: Snapshot, header: FileHeader, *, disk: Disk) -> None:
        self._folder = folder
        self._path = folder.snapshot_path(taken.offset)
        self._pieces = snapshot.encode(taken, header)
        self._disk = disk
        self._descriptor: int | None = None
        self.size = 0

    def step(self) -> bool:
        """Writes and syncs the next piece; False when there was none left and the snapshot now counts.

        Errors: OSError, and then ``abandon`` is to be called.
        """
        if self._descriptor is None:
            self._descriptor = self._folder.create(self._path)
        piece = next(self._pieces, None)
        if piece is None:
            self._close()
            self._folder.publish(self._path)
            return False
        write_all(self._disk, self._descriptor, piece, self.size)
        self._disk.sync(self._descriptor)
        self.size += len(piece)
        return True

    def abandon(self) -> None:
        """Leaves nothing of a snapshot that did not come to its end. Errors: OSError."""
        self._close()
        self._folder.discard(self._path)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
