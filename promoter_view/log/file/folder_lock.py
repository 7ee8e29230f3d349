"""The lock of a log's folder: held by a descriptor, and known to others by its name. Both have to be one file.

The kernel's lock is on the file. Once the folder at the path is another one, it keeps nobody out of that.
"""

from __future__ import annotations

import enum
import errno
import fcntl
import os
from pathlib import Path

from promoter_view.log.errors import LogLocked

_FILE_MODE = 0o600


class FolderTrouble(enum.StrEnum):
    """What can become of a folder while it is held."""

    GONE = "gone"  # its files were deleted, or it was renamed
    REPLACED = "replaced"  # other files have their names
    READ_ONLY = "read_only"  # no file can be made in it


class FolderLock:
    """The lock of one folder, free at first."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Between ``acquire`` and ``release``."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Errors: LogLocked, OSError."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LogLocked(
                f"{self._path} is locked: another process writes this log; stop it, or give --event-log another folder"
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Let it go, where it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def trouble(self) -> FolderTrouble | None:
        """What has become of the folder; None as long as its name leads here."""
        return None if self._descriptor is None else trouble_with(self._path, self._descriptor)

    def require(self) -> None:
        """Errors: OSError with ESTALE, before anything is done by name in a folder that may be somebody else's."""
        if self.trouble() is not None:
            raise OSError(errno.ESTALE, "the folder was deleted, renamed or replaced", str(self._path.parent))


def trouble_with(path: Path, descriptor: int) -> FolderTrouble | None:
    """What has become of an open file's name. What cannot be looked at, such as a stale mount, counts as gone."""
    try:
        found = path.stat()
    except OSError:
        return FolderTrouble.GONE
    return None if os.path.samestat(found, os.fstat(descriptor)) else FolderTrouble.REPLACED
