"""Bodies as they come over the wire."""

from __future__ import annotations

import pytest

from benchmarks.wire import Body

_CHUNKED = b"5\r\nhello\r\n1;ignored\r\n,\r\n6\r\n world\r\n0\r\n\r\n"


@pytest.mark.parametrize("step", range(1, len(_CHUNKED) + 1))
def test_chunks_however_cut(step: int) -> None:
    """A chunked body is the same in whatever pieces it comes, and knows its end."""
    body = Body(None)
    pieces = [_CHUNKED[at : at + step] for at in range(0, len(_CHUNKED), step)]
    assert b"".join(part for piece in pieces for part in body.feed(piece)) == b"hello, world"
    assert body.over


def test_a_length_ends_the_body() -> None:
    """What comes behind the length is not the body's."""
    body = Body(5)
    assert b"".join(body.feed(b"hel")) == b"hel"
    assert not body.over
    assert b"".join(body.feed(b"loHTTP/1.1")) == b"lo"
    assert body.over


def test_an_empty_body_is_over_at_once() -> None:
    """Nothing is to come of a body of no bytes."""
    assert Body(0).over
