"""A client's half of a WebSocket in memory, its frames wsproto's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event, Pong, TextMessage

from tests.support.api.world import Answer, Client, World

#: That of RFC 6455, 1.3, and what its answer has to be.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
HEADERS = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


class Socket:
    """A watch as a WebSocket. ``closed``: how the server has closed it; ``pongs`` are its answers to pings."""

    def __init__(self, world: World, path: str, headers: Mapping[str, str] | None = None) -> None:
        self.client = Client(world)
        self.closed: tuple[int, str] | None = None
        self.pongs: list[bytes] = []
        self._world = world
        self._frames = Connection(ConnectionType.CLIENT)
        self._read = 0
        self.client.send(path, {**HEADERS, **(headers or {})})

    @property
    def answer(self) -> Answer:
        """The answer to the request."""
        return Answer(self.client.transport.value())

    def send(self, event: Event) -> None:
        """A frame, or a message in one."""
        self.client.protocol.dataReceived(self._frames.send(event))

    def send_raw(self, data: bytes) -> None:
        """Bytes that may be no frame."""
        self.client.protocol.dataReceived(data)

    def events(self) -> list[dict[str, Any]]:
        """The events that have come since the last call, each one whole message with a newline at its end."""
        self._world.turn()
        body = self.answer.body
        self._frames.receive_data(body[self._read :])
        self._read = len(body)
        found, text = [], ""
        for event in self._frames.events():
            if isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    assert text.endswith("}\n")
                    assert text.count("\n") == 1
                    found.append(json.loads(text))
                    text = ""
            elif isinstance(event, Pong):
                self.pongs.append(bytes(event.payload))
            else:
                assert isinstance(event, CloseConnection)
                self.closed = (int(event.code), event.reason or "")
        return found
