"""Lines out of bytes: however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.bounds import CutLine
from promoter_view.kubernetes.client.framing import LineBuffer, LineTooLong

Lines = tuple[list[tuple[bytes, bool]], bool]


def lines_of(chunks: list[bytes], max_bytes: int) -> Lines:
    """The lines that come out, each whole or cut, and whether the last bound was reached."""
    lines, gave_up = fed(LineBuffer(max_bytes, kept_bytes=4, max_passed_bytes=max_bytes + 9), chunks)
    return [(line, isinstance(line, CutLine)) for line in lines], gave_up


def fed(buffer: LineBuffer, chunks: list[bytes]) -> tuple[list[bytes], bool]:
    lines: list[bytes] = []
    for chunk in chunks:
        try:
            lines += buffer.feed(chunk)
        except LineTooLong as error:
            return lines + error.lines, True
    return lines, False


@given(
    st.lists(st.binary(max_size=8).map(lambda part: part.replace(b"\r", b"\n")), max_size=12),
    st.lists(st.integers(1, 5), min_size=1, max_size=40),
    st.integers(1, 30),
)
def test_any_chunking(parts: list[bytes], cuts: list[int], max_bytes: int) -> None:
    """Bytes fed whole, one at a time, or cut anywhere give the same lines and reach the bound alike."""
    data = b"\n".join(parts)
    chunks, at = [], 0
    while at < len(data):
        size = cuts[len(chunks) % len(cuts)]
        chunks.append(data[at : at + size])
        at += size
    whole = lines_of([data], max_bytes)
    assert lines_of(chunks, max_bytes) == whole
    assert lines_of([data[i : i + 1] for i in range(len(data))], max_bytes) == whole


@given(st.binary(max_size=60))
def test_lines_are_what_split_gives(data: bytes) -> None:
    """Without a bound in the way, lines are those of bytes.split; what follows the last newline is partial."""
    buffer = LineBuffer()
    *lines, rest = data.split(b"\n")
    assert buffer.feed(data) == lines
    assert buffer.partial is bool(rest)


def test_bound() -> None:
    """A line of exactly the bound passes; of a longer one its beginning does, marked, and those behind it are whole."""
    assert lines_of([b"abcdef\nabcdefg\nabc\n"], 6) == ([(b"abcdef", False), (b"abcd", True), (b"abc", False)], False)


def test_line_without_an_end() -> None:
    """A line that does not end is given up, with the lines that came before it."""
    buffer = LineBuffer(3, max_passed_bytes=6)
    with pytest.raises(LineTooLong) as caught:
        buffer.feed(b"one\ntwo\nendless")
    assert caught.value.lines == [b"one", b"two"]
