"""CONNECT: what is asked, what is made of any answer, and who gets the connection."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from promoter_view.network.proxies import parse_proxy
from promoter_view.network.targets import parse_target
from promoter_view.network.tunnels import ProxyEndpoint, TunnelEndpoint, TunnelError, connect_request, rest_of_answer

PROXY = parse_proxy("http://me:S3CRET@proxy.example:3128")
TARGET = parse_target("https://[fd00::1]:6443/prefix")


def test_request() -> None:
    """The target by its authority, and who we are where the proxy wants to know."""
    lines = connect_request(TARGET, PROXY).split(b"\r\n")
    assert lines[:2] == [b"CONNECT [fd00::1]:6443 HTTP/1.1", b"Host: [fd00::1]:6443"]
    assert b"Proxy-Authorization: Basic bWU6UzNDUkVU" in lines
    assert lines[-2:] == [b"", b""]
    assert b"Proxy-Authorization" not in connect_request(TARGET, parse_proxy("http://proxy.example"))


@pytest.mark.parametrize(
    ("answer", "rest"),
    [
        (b"HTTP/1.1 200 Connection established\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\nA: b\r\n\r\nmore", b"more"),
        (b"HTTP/1.1 204\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\n\n", b""),
        (b"HTTP/1.1 200 OK\r\n", None),
        (b"", None),
    ],
)
def test_consent(answer: bytes, rest: bytes | None) -> None:
    """Any 2xx is consent once its head is whole; what follows is the target's."""
    assert rest_of_answer(answer, PROXY) == rest


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nX: S3CRET\r\n\r\n", "407 Proxy Authentication Required"),
        (b"HTTP/1.1 502\r\n\r\n", "answers CONNECT with 502"),
        (b"SSH-2.0-x\r\n\r\n", "does not answer CONNECT as a proxy does"),
        (b"x" * 16_385, "does not answer CONNECT as a proxy does"),
    ],
)
def test_refusal(answer: bytes, words: str) -> None:
    """Anything else is an error that names the proxy, never its credentials."""
    with pytest.raises(TunnelError) as caught:
        rest_of_answer(answer, PROXY)
    assert words in str(caught.value)
    assert "proxy.example:3128" in str(caught.value)
    assert "S3CRET" not in str(caught.value)


@implementer(IStreamClientEndpoint)
class Endpoint:
    """Connects at once, to a transport in memory."""

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        self.protocol = protocolFactory.buildProtocol(None)
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)
        connected: Deferred[Any] = Deferred()
        connected.callback(self.protocol)
        return connected


class Kept(Protocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.data = b""
        self.lost = False

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(b"first of all")

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Any = None) -> None:
        self.lost = True


class EndpointTests(SynchronousTestCase):
    """A tunnel over a transport in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.near = Endpoint()
        near = ProxyEndpoint(self.near, PROXY)
        endpoint = TunnelEndpoint(near, TARGET, PROXY, clock=self.clock, connect_seconds=5)
        self.connecting = endpoint.connect(Factory.forProtocol(Kept))

    def test_the_connection_is_handed_over(self) -> None:
        """After the consent, byte by byte, all that comes is the protocol's, as is the end."""
        for byte in b"HTTP/1.1 200 OK\r\n\r\n":
            self.assertNoResult(self.connecting)
            self.assertEqual(self.near.transport.value(), connect_request(TARGET, PROXY))
            self.near.protocol.dataReceived(bytes([byte]))
        protocol = self.successResultOf(self.connecting)
        self.near.protocol.dataReceived(b"hello")
        protocol.transport.write(b"there")
        self.near.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((protocol.data, protocol.lost), (b"hello", True))
        self.assertTrue(self.near.transport.value().endswith(b"\r\n\r\nfirst of allthere"))

    def test_what_comes_with_the_consent(self) -> None:
        """A target that speaks first is heard."""
        self.near.protocol.dataReceived(b"HTTP/1.1 200 OK\r\n\r\nfirst")
        self.assertEqual(self.successResultOf(self.connecting).data, b"first")

    def test_refused(self) -> None:
        """The connection to the proxy ends with the refusal."""
        self.near.protocol.dataReceived(b"HTTP/1.1 403 No\r\n\r\nbody")
        self.failureResultOf(self.connecting, TunnelError)
        self.assertTrue(self.near.transport.disconnected)

    def test_closed(self) -> None:
        """A proxy that closes instead of answering is named."""
        self.near.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertIn("proxy.example:3128 closed", str(self.failureResultOf(self.connecting, TunnelError).value))

    def test_late(self) -> None:
        """One that never answers is given up, and its connection ended."""
        self.clock.advance(5)
        self.assertIn("within 5 seconds", str(self.failureResultOf(self.connecting, TunnelError).value))
        self.assertTrue(self.near.transport.disconnected)

    def test_broken_off(self) -> None:
        """Where it ends for another reason, such as TLS, the proxy is named, and the reason kept."""
        self.near.protocol.connectionLost(Failure(cause := OSError("no such thing")))
        found = self.failureResultOf(self.connecting, TunnelError).value
        self.assertIn("proxy.example:3128 broke off", str(found))
        self.assertIs(found.cause, cause)
