"""The server's half of a WebSocket, as wsproto's client reads it."""

from __future__ import annotations

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Ping, Pong, TextMessage

from promoter_view.web.websocket.conversation import Conversation


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_messages_of_any_length(length: int) -> None:
    """Each is one text message, whatever its length needs in its head; so are several behind each other."""
    said = "\u00e4" + "x" * length
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(Conversation().text(said.encode()) * 2)
    texts = "".join(event.data for event in client.events() if isinstance(event, TextMessage))
    assert texts == said * 2


def test_nothing_after_the_close() -> None:
    """Once we have closed, or the client has, there is nothing more to say but the other half of the handshake."""
    ours = Conversation()
    assert ours.close()
    assert (ours.text(b"x"), ours.close(), ours.take_pong()) == (b"", b"", b"")
    theirs, client = Conversation(), Connection(ConnectionType.CLIENT)
    answer = theirs.receive(client.send(Ping(b"p")) + client.send(CloseConnection(1000)), 0)
    client.receive_data(answer)
    assert [type(event) for event in client.events()] == [CloseConnection]
    assert (theirs.over, theirs.text(b"x"), theirs.take_pong()) == (True, b"", b"")


def test_the_newest_ping() -> None:
    """One pong answers all pings before it, once."""
    ours, client = Conversation(), Connection(ConnectionType.CLIENT)
    assert ours.receive(client.send(Ping(b"one")) + client.send(Ping(b"two")), 0) == b""
    client.receive_data(ours.take_pong())
    assert [event.payload for event in client.events() if isinstance(event, Pong)] == [b"two"]
    assert ours.take_pong() == b""
