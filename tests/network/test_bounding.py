"""Connections end once an answer is longer than it may be."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport

from promoter_view.network.bounding import BoundedEndpoint


class Told(Protocol):
    """Remembers what it got."""

    def __init__(self) -> None:
        self.got = b""

    def dataReceived(self, data: bytes) -> None:
        self.got += data


class Dialed:
    """An endpoint that is connected at once."""

    def __init__(self) -> None:
        self.transport = StringTransport()
        self.protocol: Any = None

    def connect(self, factory: Any) -> Deferred[Any]:
        self.protocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)
        return succeed(self.protocol)


def test_what_comes_since_something_was_sent() -> None:
    """Each answer has the whole bound; what is beyond it comes to nobody, and ends the connection."""
    dialed, connected = Dialed(), list[Any]()
    BoundedEndpoint(dialed, 10).connect(Factory.forProtocol(Told)).addCallback(connected.append)  # type: ignore[arg-type]
    (told,) = connected
    assert isinstance(told, Told)
    for write in (lambda: told.transport.write(b"one"), lambda: told.transport.writeSequence([b"t", b"wo"])):  # type: ignore[union-attr]
        write()
        for part in (b"12345", b"67890"):
            dialed.protocol.dataReceived(part)
    assert (told.got, dialed.transport.value(), dialed.transport.disconnecting) == (b"1234567890" * 2, b"onetwo", False)
    dialed.protocol.dataReceived(b"x")
    assert told.got == b"1234567890" * 2
    assert dialed.transport.disconnected or dialed.transport.disconnecting
