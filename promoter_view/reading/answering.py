"""Answers that have an end, written as their client reads them; one that reads nothing for a minute is left."""

from __future__ import annotations

from twisted.web.server import Request

from promoter_view.reading.pump import Pump, Reader, Stalled
from promoter_view.web.channel import channel_of
from promoter_view.web.connections import Closing

#: A list holds a whole state in memory while it is read, and has its place in its user's share: not for ever. Whoever
#: takes as little as one transport's filling in this time goes on.
PATIENCE_SECONDS = 60.0


async def answer(pump: Pump, reader: Reader, request: Request) -> None:
    """Writes all of it and finishes the request. Errors: those of the reader."""
    try:
        complete = await pump.open(reader, request, patience_seconds=PATIENCE_SECONDS).done
    except Stalled:
        channel_of(request).abandon(Closing.STALLED)
        return
    if complete:
        request.finish()
