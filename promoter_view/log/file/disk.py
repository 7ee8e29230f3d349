"""The system calls on which durability hangs, one each; tests put failing ones in their place."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

#: macOS: fsync leaves the bytes in the drive's cache.
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
#: How network and foreign file systems say that they know no such thing.
_UNKNOWN = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY})


class Disk:
    """Writes, cuts and syncs. Every method raises OSError as the system call does."""

    def write(self, descriptor: int, data: bytes | memoryview, at: int) -> int:
        """Writes at that byte; how much was written may be less than all."""
        return os.pwrite(descriptor, data, at)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cuts the file back to ``size`` bytes."""
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Returns once the file's bytes and its size are durable."""
        if _FULL_SYNC is not None and _is_done(descriptor, _FULL_SYNC):
            return
        if hasattr(os, "fdatasync"):
            os.fdatasync(descriptor)
        else:
            os.fsync(descriptor)

    def may_write(self, folder: Path) -> bool:
        """Whether files can be made in it: by its mode, and by how it is mounted."""
        return os.access(folder, os.W_OK | os.X_OK)

    def sync_folder(self, folder: Path) -> None:
        """Returns once the folder's entries are durable: after a file in it was created, renamed or deleted."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_done(descriptor: int, full_sync: int) -> bool:
    try:
        fcntl.fcntl(descriptor, full_sync)
    except OSError as error:
        if error.errno in _UNKNOWN:
            return False
        raise
    return True


def write_all(disk: Disk, descriptor: int, data: bytes, at: int) -> None:
    """Writes all of ``data`` at that byte, however many calls it takes. Errors: OSError."""
    rest = memoryview(data)
    while rest:
        written = disk.write(descriptor, rest, at)
        rest, at = rest[written:], at + written
