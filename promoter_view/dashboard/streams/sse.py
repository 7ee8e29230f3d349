"""Server-Sent Events as bytes (WHATWG HTML, 9.2 "Server-sent events"). Pure; what the frames mean is not known here.

Every frame has a data line: browsers drop one without. Data is one line of JSON, so it never needs a second.
"""

from __future__ import annotations

MEDIA_TYPE = "text/event-stream"
#: The end of every frame.
CLOSING = b"\n\n"
#: A comment: nothing to a client, a sign of life to whatever stands between.
HEARTBEAT = b":" + CLOSING


def lead(event: str, position: int | str | None = None) -> bytes:
    """All of a frame up to its data; ``position`` becomes its id, from which a client resumes."""
    if position is None:
        return b"event: %b\ndata: " % event.encode()
    return f"event: {event}\nid: {position}\ndata: ".encode()


def frame(event: str, data: bytes, position: int | str | None = None) -> bytes:
    """A whole frame."""
    return lead(event, position) + data + CLOSING


def retry(milliseconds: int) -> bytes:
    """How long a client waits before it reconnects."""
    return b"retry: %d" % milliseconds + CLOSING
