"""Runs of deflate, joined into gzip streams."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.web.deflate import HEADER, GzipMember, deflate, inflate

BYTES = st.one_of(st.binary(max_size=300), st.integers(0, 70_000).map(lambda size: b"abc" * (size // 3)))


@given(st.lists(st.tuples(st.booleans(), BYTES), max_size=12))
def test_any_runs_are_one_stream(parts):
    """Whatever is put one behind the other, shared or not, is one whole gzip member that Python reads and checks."""
    member = GzipMember()
    blocks = [member.run(deflate(data)) if shared else member.text(data) for shared, data in parts]
    stream = HEADER + b"".join(blocks) + member.end()
    assert gzip.decompress(stream) == b"".join(data for _, data in parts)


@given(st.lists(BYTES, min_size=1, max_size=5))
def test_each_run_can_be_read_when_it_has_come(parts):
    """A reader has all of a run's bytes once the run is there, before anything follows."""
    member, reader = GzipMember(), zlib.decompressobj(31)
    assert reader.decompress(HEADER) == b""
    for data in parts:
        assert reader.decompress(member.run(deflate(data))) == data
    assert not reader.eof
    reader.decompress(member.end())
    assert reader.eof


@given(BYTES)
def test_a_run_can_be_had_back(data):
    """The bytes that a run stands for come out of it again."""
    assert inflate(deflate(data)) == data


def test_one_run_in_many_streams():
    """The same run stands in different places of different streams."""
    shared = deflate(b"shared " * 1000)
    for before in (b"", b"x", b"long" * 5000):
        member = GzipMember()
        stream = HEADER + member.text(before) + member.run(shared) + member.run(shared) + member.end()
        assert gzip.decompress(stream) == before + b"shared " * 2000


@pytest.mark.parametrize("place", [-8, -5, -1])
def test_a_wrong_byte_is_noticed(place):
    """A stream whose bytes were changed on the way is refused: the CRC and the length are real."""
    member = GzipMember()
    stream = bytearray(HEADER + b"".join(member.run(deflate(b"%d" % n)) for n in range(9)) + member.end())
    stream[place] ^= 0x80
    with pytest.raises((gzip.BadGzipFile, EOFError, zlib.error)):
        gzip.decompress(bytes(stream))


def test_a_stream_that_was_cut_has_no_end():
    """Without its end a stream is known to be cut."""
    member = GzipMember()
    with pytest.raises(EOFError):
        gzip.decompress(HEADER + member.run(deflate(b"some")))
