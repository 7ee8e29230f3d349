"""Segments under truncation and bit flips: a prefix of what was written, or a clear error; never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.log.bounds import MAX_PAYLOAD_BYTES
from promoter_view.log.errors import LogDamaged
from promoter_view.log.file import frames, segment
from promoter_view.log.file.frames import FileHeader, FileKind
from promoter_view.records import Mark, Position, Record
from tests.support.log.fakes import MIRROR, PATH, change

HEADER = frames.encode_file_header(FileHeader(FileKind.SEGMENT, 1, 0, 0, 0))
GROUPS = [
    [Record(10, 1, Mark(0, MIRROR, 0))],
    [Record(11, 1, change("a", b'{"a":1}')), Record(15, 2, Position(PATH, "7"))],
    [Record(16, 3, change("b", b'{"b":2}', position="8"))],
    [Record(30, 4, change("c", b'{"c":3}')), Record(31, 4, change("d"))],
]
FRAMES = [segment.encode(0, GROUPS[0]), segment.encode(10, GROUPS[1]), segment.encode(15, GROUPS[2])]
FRAMES.append(segment.encode(16, GROUPS[3]))
DATA = HEADER + b"".join(FRAMES)
HISTORY = [record for group in GROUPS for record in group]


def replayed(data):
    """What a start would replay of these bytes, and the extent. Raises LogDamaged."""
    extent = segment.scan("s", data, 0, is_last=True)
    records, _ = segment.read("s", data, segment.FIRST_BYTE, extent.end, len(data))
    return list(records), extent


def test_what_was_written_is_read():
    """A sound segment gives its records, and its extent."""
    records, extent = replayed(DATA)
    assert records == HISTORY
    assert extent == segment.Extent(len(DATA), 31, 6)


def test_reading_goes_on_where_it_stopped():
    """A segment read in small pieces gives the same records."""
    records, at = [], segment.FIRST_BYTE
    while at < len(DATA):
        piece, at = segment.read("s", DATA, at, len(DATA), 1)
        assert piece
        records += piece
    assert records == HISTORY


def test_truncation_at_every_byte_gives_the_whole_frames_before_it():
    """A file cut anywhere replays exactly the frames that are whole."""
    ends = [len(HEADER) + sum(map(len, FRAMES[:count])) for count in range(5)]
    for size in range(len(HEADER), len(DATA) + 1):
        whole = max(count for count in range(5) if ends[count] <= size)
        records, extent = replayed(DATA[:size])
        assert records == [record for group in GROUPS[:whole] for record in group]
        assert extent.end == ends[whole]


def test_any_flipped_bit_gives_a_prefix_or_damage():
    """Whatever bit is flipped: the frames before the last one come out whole, or the damage is named with its byte."""
    last_frame = len(DATA) - len(FRAMES[-1])
    for bit in range(len(HEADER) * 8, len(DATA) * 8):
        flipped = bytearray(DATA)
        flipped[bit // 8] ^= 1 << bit % 8
        if bit // 8 >= last_frame:
            records, extent = replayed(bytes(flipped))
            assert records == HISTORY[:4]
            assert extent.lost >= 31 or extent.lost == 16 + len(FRAMES[-1])
        else:
            with pytest.raises(LogDamaged, match=r"byte \d+"):
                replayed(bytes(flipped))


def test_a_torn_frame_tells_how_far_its_offsets_went():
    """The header of a torn frame is trusted by its own checksum, so that its offsets are never handed out again."""
    assert replayed(DATA[:-1])[1].lost == 31


def test_zeros_behind_the_last_frame_are_a_torn_tail():
    """A file system may extend a file before it writes the bytes."""
    records, extent = replayed(DATA + bytes(4096))
    assert (records, extent.end) == (HISTORY, len(DATA))


def test_a_torn_tail_before_another_segment_is_damage():
    """Only the last segment can have been cut short by a crash."""
    with pytest.raises(LogDamaged, match="a later segment follows"):
        segment.scan("s", DATA[:-1], 0, is_last=False)


def test_a_missing_frame_is_damage():
    """The chain shows that a frame is gone, though all that are left are whole."""
    with pytest.raises(LogDamaged, match="a part is missing"):
        replayed(HEADER + FRAMES[0] + FRAMES[2])


def test_a_frame_that_is_whole_but_senseless_is_damage():
    """A payload that the codec cannot read is named, and no exception of its own gets out."""
    data = HEADER + frames.encode_frame(0, 1, 1, b"\xc1")
    with pytest.raises(LogDamaged, match="cannot be read"):
        replayed(data)


def test_a_frame_beyond_the_bound_is_refused():
    """Nothing is written that a reader would take for damage."""
    with pytest.raises(ValueError, match="above the bound"):
        frames.encode_frame(0, 1, 1, bytes(MAX_PAYLOAD_BYTES + 1))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_behind_whole_frames_never_become_a_record(noise):
    """Whatever stands behind the last whole frame, what is replayed is the history."""
    assert replayed(DATA + noise)[0] == HISTORY


@given(st.binary(max_size=100))
def test_a_file_header_is_itself_or_none(data):
    """Bytes that are not a header are not taken for one."""
    assert frames.decode_file_header(data) is None


def test_any_flipped_bit_in_a_file_header_is_seen():
    """A header is trusted whole or not at all."""
    header = FileHeader(FileKind.SNAPSHOT, 3, 17, 9, 1234)
    data = frames.encode_file_header(header)
    assert frames.decode_file_header(data) == header
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert frames.decode_file_header(bytes(flipped)) is None
