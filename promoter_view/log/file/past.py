"""A log's folder read beside its writer. A LogPast; every touch of the disk is a job of a worker of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from promoter_view.log.errors import LogDamaged, LogShortened
from promoter_view.log.file import frames, segment
from promoter_view.log.file.disk import Disk
from promoter_view.log.file.folder import LogFolder
from promoter_view.log.file.retention import start_points
from promoter_view.log.file.worker import Worker
from promoter_view.records import Record, Snapshot

if TYPE_CHECKING:
    from promoter_view.log.past import LogPast

#: What one job decodes: some milliseconds in which the reactor may have to wait for the interpreter's lock.
_READ_BYTES = 128 * 1024
_Found = TypeVar("_Found")


class FolderPast:
    """The folder at ``path`` is neither locked nor written to."""

    derives = True

    def __init__(self, path: Path, *, worker: Worker) -> None:
        self._folder = LogFolder(path, disk=Disk())
        self._worker = worker

    async def points(self) -> Sequence[int]:
        """See LogPast."""
        return start_points(await self._run(self._folder.holdings))

    async def snapshot(self, point: int) -> Snapshot | None:
        """See LogPast."""
        return await self._run(partial(self._folder.read_snapshot, point)) if point else None

    async def records(self, point: int) -> AsyncGenerator[Sequence[Record], None]:
        """See LogPast. The end of what is being written is no damage here: it is not durable yet.

        A start checks only the segments that it replays. So an older one may be broken: what follows is not told then.
        """
        holdings = await self._run(self._folder.holdings)
        segments = [found for found in holdings.segments if found.base >= point]
        if not segments or segments[0].base != point:
            raise LogShortened(f"{self._folder.path}: the segment behind {point} is gone")
        last = point
        for found in segments:
            name = str(self._folder.segment_path(found.base))
            if found.base != last:
                raise segment.damaged(name, 0, f"what is whole before it ends at {last}: a part is missing")
            data = await self._run(partial(self._folder.read_segment, found.base))
            at, (end, last) = segment.FIRST_BYTE, await self._run(partial(_whole, data, last))
            while at < end:
                records, at = await self._run(partial(segment.read, name, data, at, end, _READ_BYTES))
                yield records
            if end < len(data) and found is not segments[-1]:
                raise segment.damaged(name, end, "the frame is broken, and a later segment follows")

    async def close(self) -> None:
        """See LogPast. Its thread ends with the reactor, whatever it is reading."""

    async def _run(self, job: Callable[[], _Found]) -> _Found:
        try:
            return await self._worker.run(job)
        except FileNotFoundError as error:
            raise LogShortened(f"{self._folder.path}: a part of the log was deleted meanwhile: {error}") from error
        except OSError as error:
            raise LogDamaged(f"{self._folder.path}: a part of the log cannot be read: {error}") from error


def _whole(data: bytes, last: int) -> tuple[int, int]:
    """How far the frames of a segment are whole and in order: the byte behind them, and their last offset.

    ``last`` is the offset before the segment.
    """
    at = segment.FIRST_BYTE
    while (frame := frames.frame_at(data, at)) is not None and frame.header.previous == last:
        at, last = frame.end, frame.header.last
    return at, last


if TYPE_CHECKING:
    _: type[LogPast] = FolderPast
