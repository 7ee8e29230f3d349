"""Framing of the log's files: headers, checksums, the chain. Pure; what a payload means is the codec's.

A file begins with a header: magic, format, kind of file, its number in the sequence, the last offset before it, the
number of records before it, when it was begun (ms since 1970), CRC-32 of these. Frames follow: magic, length and CRC-32
of the payload, last offset before it, its last offset, number of records, CRC-32 of these; then the payload. All
integers are big-endian. The header's own CRC makes its length and offsets trustworthy where the payload is not.
"""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple
from zlib import crc32

from promoter_view.log.bounds import MAX_PAYLOAD_BYTES

FORMAT = 1
#: 0xF9 never occurs in UTF-8, so no JSON body can look like a frame.
MAGIC = b"\xf9PVF"
FILE_MAGIC = b"\xf9PVLOG\r\n"

_FILE = struct.Struct(">8sHHIQQQ")
_FRAME = struct.Struct(">4sIIQQI")
_CHECK = struct.Struct(">I")
FILE_HEADER_BYTES = _FILE.size + _CHECK.size
FRAME_HEADER_BYTES = _FRAME.size + _CHECK.size


class FileKind(enum.IntEnum):
    """What a file of the log holds."""

    SEGMENT = 1
    SNAPSHOT = 2


class FileHeader(NamedTuple):
    """What stands at the beginning of a file. ``base`` is the last offset before it, ``ordinal`` the records before."""

    kind: FileKind
    sequence: int
    base: int
    ordinal: int
    created_ms: int


class FrameHeader(NamedTuple):
    """What stands before a payload. In a snapshot ``previous`` and ``last`` number the frames."""

    length: int
    checksum: int
    previous: int
    last: int
    records: int


class Frame(NamedTuple):
    """A whole frame; ``end`` is the byte after it."""

    header: FrameHeader
    payload: memoryview
    end: int


def encode_file_header(header: FileHeader) -> bytes:
    """The first bytes of a file."""
    kind, sequence, base, ordinal, created_ms = header
    return _checked(_FILE.pack(FILE_MAGIC, FORMAT, kind, sequence, base, ordinal, created_ms))


def decode_file_header(data: bytes) -> FileHeader | None:
    """The inverse; None when these bytes are not a whole header of this format."""
    if len(data) < FILE_HEADER_BYTES or not _is_sound(data, 0, _FILE.size):
        return None
    magic, number, kind, *rest = _FILE.unpack_from(data)
    if magic != FILE_MAGIC or number != FORMAT or kind not in (FileKind.SEGMENT, FileKind.SNAPSHOT):
        return None
    return FileHeader(FileKind(kind), *rest)


def encode_frame(previous: int, last: int, count: int, payload: bytes) -> bytes:
    """A frame. Errors: ValueError when the payload is longer than a reader would believe."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a frame of {len(payload)} bytes is above the bound of {MAX_PAYLOAD_BYTES}")
    return _checked(_FRAME.pack(MAGIC, len(payload), crc32(payload), previous, last, count)) + payload


def frame_header_at(data: bytes, at: int) -> FrameHeader | None:
    """The sound frame header at that byte, if there is one."""
    if at + FRAME_HEADER_BYTES > len(data) or not _is_sound(data, at, _FRAME.size):
        return None
    magic, *rest = _FRAME.unpack_from(data, at)
    header = FrameHeader(*rest)
    return header if magic == MAGIC and header.length <= MAX_PAYLOAD_BYTES else None


def frame_at(data: bytes, at: int) -> Frame | None:
    """The whole frame at that byte; None when it is cut short or broken."""
    header = frame_header_at(data, at)
    if header is None:
        return None
    begin = at + FRAME_HEADER_BYTES
    payload = memoryview(data)[begin : begin + header.length]
    if not payload_is_sound(header, payload):
        return None
    return Frame(header, payload, begin + header.length)


def payload_is_sound(header: FrameHeader, payload: bytes | memoryview) -> bool:
    """Whether that is the payload which the header announces."""
    return len(payload) == header.length and crc32(payload) == header.checksum


def find_frame_header(data: bytes, start: int, after: int) -> int | None:
    """Where, at or behind byte ``start``, a frame begins whose chain goes on beyond offset ``after``."""
    at = data.find(MAGIC, start)
    while at >= 0:
        header = frame_header_at(data, at)
        if header is not None and header.previous > after:
            return at
        at = data.find(MAGIC, at + 1)
    return None


def highest_offset(data: bytes) -> int:
    """The highest offset that any sound frame header in a damaged file speaks of; 0 when there is none."""
    highest, at = 0, data.find(MAGIC)
    while at >= 0:
        header = frame_header_at(data, at)
        highest = max(highest, header.last) if header else highest
        at = data.find(MAGIC, at + 1)
    return highest


def _checked(fields: bytes) -> bytes:
    return fields + _CHECK.pack(crc32(fields))


def _is_sound(data: bytes, at: int, size: int) -> bool:
    check: int = _CHECK.unpack_from(data, at + size)[0]
    return crc32(memoryview(data)[at : at + size]) == check
