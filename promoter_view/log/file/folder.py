"""The log's folder: its lock, its format, the names in it. Synchronous; runs in the log's thread.

``lock``, ``format``, ``<offset>.segment`` (the records after that offset), ``<offset>.snapshot`` (all up to it), the
same with ``.tmp`` while they are written, and ``damaged-<time>`` folders that a repair has set aside. The journal may
stand beside them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from promoter_view.log import codec
from promoter_view.log.errors import LogDamaged, LogUnusable, Unsafe
from promoter_view.log.file import frames, snapshot
from promoter_view.log.file.disk import Disk, write_all
from promoter_view.log.file.folder_lock import FolderLock, FolderTrouble, trouble_with
from promoter_view.log.file.frames import FileHeader, FileKind
from promoter_view.log.file.retention import FolderHoldings, Removal, Segment
from promoter_view.log.file.segment import RESTORE, damaged
from promoter_view.records import Snapshot

_FORMAT_TEXT = b"promoter-view event log, format %d\n"
_FORMATS = {_FORMAT_TEXT % number: number for number in codec.FORMATS}
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_TEMPORARY = ".tmp"
_OURS = re.compile(r"lock|format|\d{20}\.(segment|snapshot)|(format|\d{20}\.(segment|snapshot))\.tmp|damaged-[\w.]+")
#: What stands beside the log, and is not the log's.
JOURNAL = "journal.sqlite"
_BESIDE = re.compile(rf"{re.escape(JOURNAL)}(-wal|-shm|-journal)?")
#: What file systems and desktops put into a folder by themselves.
_HARMLESS = re.compile(r"lost\+found|\..*")
_SEGMENT = re.compile(r"(\d{20})\.segment")
_SNAPSHOT = re.compile(r"(\d{20})\.snapshot")


class LogFolder:
    """One folder, held by one process from ``open`` to ``close``.

    What goes by a file's name fails with ESTALE once the folder at the path is another one: it may be somebody else's.
    """

    def __init__(self, path: Path, *, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        self._lock = FolderLock(path)
        self._format = codec.FIRST_FORMAT

    def open(self) -> None:
        """Makes the folder where there is none, locks it, and makes sure that it is ours.

        Errors: LogLocked, LogUnusable.
        """
        with self._usable():
            self.path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            self._refuse_strangers()
            self._lock.acquire()
            self._check_format()
            for name in self._names():
                if name.endswith(_TEMPORARY):
                    (self.path / name).unlink()

    def close(self) -> None:
        """Unlocks the folder."""
        self._lock.release()

    def trouble(self, segment: Path, descriptor: int) -> FolderTrouble | None:
        """What has become of it and of the segment that is written to; None once it is closed."""
        if not self._lock.is_held:
            return None
        trouble = self._lock.trouble() or trouble_with(segment, descriptor)
        if trouble is None and not self._disk.may_write(self.path):
            return FolderTrouble.READ_ONLY
        return trouble

    def holdings(self) -> FolderHoldings:
        """What is there, by the files' names and headers. Errors: LogDamaged when a part is missing."""
        if not (self.path / "format").exists():
            raise LogDamaged(f"{self.path / 'format'} is missing, though there are segments; {RESTORE}")
        segments = [self._segment(base) for base in self._bases(_SEGMENT)]
        for before, after in pairwise(segments):
            if after.sequence != before.sequence + 1 or after.ordinal < before.ordinal:
                raise damaged(str(self.segment_path(after.base)), 0, "a segment before it is missing")
        snapshots = self._bases(_SNAPSHOT)
        bases = {segment.base for segment in segments}
        orphan = next((base for base in snapshots if base not in bases and not _precedes(base, segments)), None)
        if orphan is not None:
            raise LogDamaged(f"{self.segment_path(orphan)} is missing, though its snapshot is there; {RESTORE}")
        return FolderHoldings(
            segments, {base: self.snapshot_path(base).stat().st_size for base in snapshots if base in bases}
        )

    def hold(self, number: int) -> None:
        """The log is of that format from now on, or of a higher one: a program that cannot read it is to refuse it.

        Errors: OSError.
        """
        if number > self._format:
            self._write_format(number)
            self._format = number

    def read_segment(self, base: int) -> bytes:
        """A segment's bytes."""
        return self.segment_path(base).read_bytes()

    def read_snapshot(self, base: int) -> Snapshot:
        """The snapshot at that offset. Errors: LogDamaged, OSError."""
        path = self.snapshot_path(base)
        with path.open("rb") as file:
            return snapshot.decode(str(path), file, base)

    def create_segment(self, header: FileHeader) -> int:
        """A new segment with its header, durable; an open descriptor.

        Errors: OSError, and then there is none; Unsafe, and then there may be one or not.
        """
        path = self.segment_path(header.base)
        descriptor = self.create(path)
        try:
            write_all(self._disk, descriptor, frames.encode_file_header(header), 0)
            self._disk.sync(descriptor)
            _temporary(path).rename(path)
        except OSError:
            os.close(descriptor)
            raise
        try:
            self._disk.sync_folder(self.path)
        except OSError as error:
            os.close(descriptor)
            # Writing on in the segment before it would make this one, where it is found again, a gap in the chain.
            raise Unsafe(f"{path}: its name cannot be synced ({error}); restart once the disk is sound") from error
        return descriptor

    def open_segment(self, base: int) -> int:
        """A descriptor for writing on in a segment."""
        return os.open(self.segment_path(base), os.O_WRONLY | os.O_CLOEXEC)

    def create(self, path: Path) -> int:
        """An empty file that will be called ``path`` once it is published; a descriptor. Errors: OSError."""
        self._lock.require()
        return os.open(_temporary(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)

    def publish(self, path: Path) -> None:
        """Gives a file its name, durably. Errors: OSError."""
        self._lock.require()
        _temporary(path).rename(path)
        self._disk.sync_folder(self.path)

    def discard(self, path: Path) -> None:
        """Deletes a file that was not published. Errors: OSError."""
        self._lock.require()
        _temporary(path).unlink(missing_ok=True)

    def remove(self, removal: Removal) -> None:
        """Deletes what retention has chosen, oldest first and each for good before the next. Errors: OSError."""
        self._lock.require()
        for base in removal.snapshots:
            self.snapshot_path(base).unlink(missing_ok=True)
        for segment in removal.segments:
            # A file system may keep a later of two removals and lose the earlier: a hole, which would be damage.
            self.segment_path(segment.base).unlink(missing_ok=True)
            self._disk.sync_folder(self.path)
        self._disk.sync_folder(self.path)

    def set_aside(self, stamp: str) -> tuple[Path, int]:
        """Moves all that is there into ``damaged-<stamp>``; that folder, and the highest offset found in it.

        Errors: OSError.
        """
        bases = self._bases(_SEGMENT) + self._bases(_SNAPSHOT)
        segments = self._bases(_SEGMENT)
        highest = max([*bases, frames.highest_offset(self.read_segment(segments[-1])) if segments else 0])
        aside = self.path / f"damaged-{stamp}"
        aside.mkdir(mode=_FOLDER_MODE)
        for name in self._names():
            if _SEGMENT.fullmatch(name) or _SNAPSHOT.fullmatch(name) or name == "format":
                (self.path / name).rename(aside / name)
        self._disk.sync_folder(aside)
        self._write_format(codec.FIRST_FORMAT)
        self._format = codec.FIRST_FORMAT
        return aside, highest

    def segment_path(self, base: int) -> Path:
        """Where the segment after offset ``base`` is."""
        return self.path / f"{base:020d}.segment"

    def snapshot_path(self, base: int) -> Path:
        """Where the snapshot at offset ``base`` is."""
        return self.path / f"{base:020d}.snapshot"

    def _segment(self, base: int) -> Segment:
        path = self.segment_path(base)
        with path.open("rb") as file:
            header = frames.decode_file_header(file.read(frames.FILE_HEADER_BYTES))
        if header is None or header.kind is not FileKind.SEGMENT or header.base != base:
            raise damaged(str(path), 0, f"this does not begin a segment after offset {base}")
        return Segment(header.sequence, base, header.ordinal, header.created_ms, path.stat().st_size)

    def _refuse_strangers(self) -> None:
        known = (_OURS, _BESIDE, _HARMLESS)
        strangers = [name for name in self._names() if not any(each.fullmatch(name) for each in known)]
        if strangers:
            raise LogUnusable(
                f"{self.path} holds {strangers[0]}, which is not of an event log; give --event-log a folder of its own"
            )

    def _check_format(self) -> None:
        path = self.path / "format"
        if path.exists():
            found = path.read_bytes()
            if found not in _FORMATS:
                raise LogUnusable(
                    f"{path} says {found[:80].decode('utf-8', 'replace')!r}, and this program reads the formats "
                    f"{codec.FORMATS}: start the version that wrote it, or remove the folder"
                )
            self._format = _FORMATS[found]
        elif not self._bases(_SEGMENT) and not self._bases(_SNAPSHOT):
            self._keep_to_ourselves()
            self._write_format(codec.FIRST_FORMAT)
            self._disk.sync_folder(self.path.parent)

    def _keep_to_ourselves(self) -> None:
        """A folder that is not ours, such as the root of a volume with an fsGroup, has the mode that it was given."""
        if self.path.stat().st_uid == os.geteuid():
            self.path.chmod(_FOLDER_MODE)

    def _write_format(self, number: int) -> None:
        path = self.path / "format"
        descriptor = self.create(path)
        try:
            write_all(self._disk, descriptor, _FORMAT_TEXT % number, 0)
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)
        self.publish(path)

    def _names(self) -> Sequence[str]:
        return sorted(entry.name for entry in self.path.iterdir())

    def _bases(self, pattern: re.Pattern[str]) -> list[int]:
        matches = (pattern.fullmatch(name) for name in self._names())
        return [int(match[1]) for match in matches if match]

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """What the system refuses means that the folder cannot be a log; the lock is let go with any error."""
        try:
            yield
        except FileExistsError as error:  # mkdir's, of what is there and no folder
            self.close()
            raise LogUnusable(f"{self.path} cannot be used as an event log: it is not a folder") from error
        except OSError as error:
            self.close()
            raise LogUnusable(f"{self.path} cannot be used as an event log: {error.strerror or error}") from error
        except LogUnusable:
            self.close()
            raise


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + _TEMPORARY)


def _precedes(base: int, segments: Iterable[Segment]) -> bool:
    """Whether a snapshot is a leftover of retention: its segment was deleted, and later ones are there."""
    return any(base < segment.base for segment in segments) and not any(s.base <= base for s in segments)
