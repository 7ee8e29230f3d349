"""Answers that have an end: what is made piece by piece, written as its client reads it. One that stalls is left."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from twisted.web.server import Request

from promoter_view.reading.pump import Pump, Reader, Stalled
from promoter_view.web.channel import channel_of
from promoter_view.web.connections import Closing

#: A list holds a whole state in memory while it is read, and has its place in its user's share: not for ever. Whoever
#: takes as little as one transport's filling in this time goes on.
PATIENCE_SECONDS = 60.0
_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 1


class PieceReader:
    """A ``pump.Reader`` of pieces that are a few milliseconds' work each: one a pull, as one gzip member if wanted."""

    idle = False

    def __init__(self, pieces: Iterator[bytes], *, gzip: bool) -> None:
        self._pieces = pieces
        self._first = True
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP) if gzip else None
        self.finished = False

    def pull(self, max_bytes: int) -> bytes:  # noqa: ARG002
        """The next piece; b"" while the compressor gathers more."""
        piece = next(self._pieces, None)
        self.finished = piece is None
        if self._compressor is None:
            return piece or b""
        if piece is None:
            return self._compressor.flush()
        first, self._first = self._first, False
        # A page's head comes first, and a browser can paint it while the rest is being made.
        return self._compressor.compress(piece) + (self._compressor.flush(zlib.Z_SYNC_FLUSH) if first else b"")


async def answer(
    pump: Pump, reader: Reader, request: Request, *, listen: Callable[[Callable[[], None]], None] | None = None
) -> None:
    """Writes all of it and finishes the request. Errors: those of the reader.

    A reader that waits for something is woken by what ``listen`` is given.
    """
    stream = pump.open(reader, request, patience_seconds=PATIENCE_SECONDS)
    if listen is not None:
        listen(stream.nudge)
    try:
        complete = await stream.done
    except Stalled:
        channel_of(request).abandon(Closing.STALLED)
        return
    if complete:
        request.finish()
