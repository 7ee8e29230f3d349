"""The server's half of a WebSocket on which only it has something to say: bytes for messages, and for what came.

Pure; frames (RFC 6455) are read by wsproto, which makes the short ones too. What the client says is read, bounded and
dropped.
"""

from __future__ import annotations

import struct

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason

#: Larger messages of a client are refused. They are not kept: nothing is done with any.
MAX_MESSAGE_BYTES = 64 * 1024
#: Frames of a client, pings too, in so many seconds. Each is some 10 us of work, however small it is.
MAX_FRAMES = 200
FRAMES_SECONDS = 10.0
#: The first byte of a frame that is a whole text message (RFC 6455, 5.2), and what its second says of longer ones.
_TEXT, _TWO_BYTES, _EIGHT_BYTES = 0x81, 126, 127


class Conversation:
    """From the answer 101 on."""

    def __init__(self) -> None:
        self._connection = Connection(ConnectionType.SERVER)
        self._pong: Event | None = None
        self._message_bytes = 0
        self._frames = 0
        self._counted_since = 0.0
        #: Nothing of the client counts any more: it has said goodbye, or was told to go.
        self.over = False
        #: It was told to go for saying too much.
        self.flooded = False

    def text(self, line: bytes) -> bytes:
        """One message; nothing where the closing handshake has begun.

        Its frame is made here: wsproto's way to it copies a message six times, 58 ms for one of 5 MB.
        """
        return _frame_head(len(line)) + line if self._connection.state is ConnectionState.OPEN else b""

    def close(self) -> bytes:
        """Our half of the closing handshake, the first one; nothing where there was one."""
        return self._send(CloseConnection(CloseReason.NORMAL_CLOSURE))

    def take_pong(self) -> bytes:
        """The answer to the newest ping, which answers those before it too (5.5.3)."""
        pong, self._pong = self._pong, None
        return b"" if pong is None else self._send(pong)

    def receive(self, data: bytes, now: float) -> bytes:
        """What has to be written before anything else, for what came. ``now``: seconds of any clock that only grows."""
        if self.over:
            return b""
        self._connection.receive_data(data)
        if now - self._counted_since >= FRAMES_SECONDS:
            self._frames, self._counted_since = 0, now
        answer = b""
        for event in self._connection.events():
            self._frames += 1
            answer += self._take(event)
            if self.over:
                break
        return answer

    def _take(self, event: Event) -> bytes:
        if isinstance(event, CloseConnection):
            return self._closed(event)
        if self._frames > MAX_FRAMES:
            return self._refuse(CloseReason.POLICY_VIOLATION, "too many frames: nothing is read here")
        if isinstance(event, Ping):
            self._pong = event.response()
        elif isinstance(event, TextMessage | BytesMessage):
            return self._count(event)
        return b""

    def _count(self, message: TextMessage | BytesMessage) -> bytes:
        self._message_bytes += len(message.data)
        if self._message_bytes > MAX_MESSAGE_BYTES:
            return self._refuse(CloseReason.MESSAGE_TOO_BIG, "the message is too large: nothing is read here")
        if message.message_finished:
            self._message_bytes = 0
        return b""

    def _closed(self, event: CloseConnection) -> bytes:
        """The client closes, or has broken the protocol, which wsproto says with the code to close with."""
        self.over = True
        return self._send(event.response())

    def _refuse(self, code: CloseReason, reason: str) -> bytes:
        self.over = self.flooded = True
        return self._send(CloseConnection(code, reason))

    def _send(self, event: Event) -> bytes:
        state = self._connection.state
        answering = state is ConnectionState.REMOTE_CLOSING and isinstance(event, CloseConnection)
        return self._connection.send(event) if answering or state is ConnectionState.OPEN else b""


def _frame_head(length: int) -> bytes:
    """What stands before a text message of so many bytes; servers do not mask."""
    if length < _TWO_BYTES:
        return bytes((_TEXT, length))
    if length < 1 << 16:
        return struct.pack("!BBH", _TEXT, _TWO_BYTES, length)
    return struct.pack("!BBQ", _TEXT, _EIGHT_BYTES, length)
