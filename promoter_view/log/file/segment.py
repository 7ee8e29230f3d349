"""What the bytes of a segment amount to: whole, torn, or damaged. Pure; bytes in, records and verdicts out.

A frame is written only after the one before it is synced. So a broken frame at the end of the last segment is a write
that a crash cut short, and was never acknowledged; a broken frame with anything behind it is damage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promoter_view.log import codec
from promoter_view.log.errors import LogDamaged
from promoter_view.log.file import frames
from promoter_view.records import Record

#: Where the first frame of a segment begins.
FIRST_BYTE = frames.FILE_HEADER_BYTES
RESTORE = "restore the folder from a backup, or start with --event-log-repair to rename it and start a new log"


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a segment reaches.

    ``end`` is the byte behind its last whole frame, ``last`` that frame's last offset, ``records`` how many events it
    has. ``lost`` is an offset that nothing in a torn tail was beyond, 0 where none is torn.
    """

    end: int
    last: int
    records: int
    lost: int = 0


def scan(name: str, data: bytes, base: int, *, is_last: bool) -> Extent:
    """Checks every frame and the chain. ``base`` is the last offset before the segment.

    Errors: LogDamaged for a break in the chain, or a broken frame that cannot be a torn tail.
    """
    at, last, records = frames.FILE_HEADER_BYTES, base, 0
    while at < len(data):
        frame = frames.frame_at(data, at)
        if frame is None:
            return _torn(name, data, Extent(at, last, records), is_last=is_last)
        header = frame.header
        if header.previous != last or header.last < last + header.records:
            raise damaged(name, at, f"the frame follows offset {header.previous}, and not {last}: a part is missing")
        at, last, records = frame.end, header.last, records + header.records
    return Extent(at, last, records)


def read(name: str, data: bytes, at: int, end: int, max_bytes: int) -> tuple[Sequence[Record], int]:
    """The records of the frames from byte ``at``, about ``max_bytes`` of them, and the byte where to go on.

    ``end`` is where the segment's extent ends. Errors: LogDamaged.
    """
    records: list[Record] = []
    stop = min(end, at + max_bytes)
    while at < stop:
        frame = frames.frame_at(data, at)
        if frame is None:
            raise damaged(name, at, "the frame is broken")
        records += _decode(name, at, frame)
        at = frame.end
    return records, at


def encode(previous: int, records: Sequence[Record]) -> bytes:
    """The frame that holds these records and follows offset ``previous``. Its header counts events, and no cursors."""
    return frames.encode_frame(previous, records[-1].offset, codec.count_events(records), codec.encode_records(records))


def damaged(name: str, at: int, what: str) -> LogDamaged:
    """The error for a damaged file."""
    return LogDamaged(f"{name}, byte {at}: {what}; {RESTORE}")


def _torn(name: str, data: bytes, whole: Extent, *, is_last: bool) -> Extent:
    if not is_last:
        raise damaged(name, whole.end, "the frame is broken, and a later segment follows")
    later = frames.find_frame_header(data, whole.end + 1, whole.last)
    if later is not None:
        raise damaged(name, whole.end, f"the frame is broken, and another one follows at byte {later}")
    header = frames.frame_header_at(data, whole.end)
    # Without a header: each record takes more than a byte, and offsets grow by one where they outrun the clock.
    lost = header.last if header else whole.last + len(data) - whole.end
    return Extent(whole.end, whole.last, whole.records, lost)


def _decode(name: str, at: int, frame: frames.Frame) -> list[Record]:
    try:
        return codec.decode_records(frame.payload)
    except codec.MALFORMED as error:
        raise damaged(name, at, f"the frame is whole but cannot be read ({error})") from error
