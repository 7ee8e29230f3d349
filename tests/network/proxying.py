"""A small HTTP proxy on loopback: CONNECT, and requests with whole URIs. Keeps the head of each request.

As a program (``python -m tests.network.proxying HEADS_FILE CREDENTIALS HOST``) it prints its port, appends the first
line of each request to that file, and connects to that host whatever the request says.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import URI


class Far(Protocol):
    """The connection to the target: what comes from it goes to the client."""

    def __init__(self, near: Near) -> None:
        self.near = near

    def dataReceived(self, data: bytes) -> None:
        self.near.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.near.transport.loseConnection()


class Near(Protocol):
    """The connection of a client: a request's head, then whatever belongs to its target."""

    transport: Any
    factory: Proxying

    def __init__(self) -> None:
        self.data = b""
        self.far: Far | None = None
        self.asked = False

    def dataReceived(self, data: bytes) -> None:
        if self.far is not None:
            self.far.transport.write(data)
            return
        self.data += data
        if not self.asked and b"\r\n\r\n" in self.data:
            self.asked = True
            self.decide(self.data.partition(b"\r\n\r\n")[0])

    def decide(self, head: bytes) -> None:
        self.factory.note(head)
        if self.factory.answer is not None:
            self.transport.write(self.factory.answer)
            return
        if self.factory.credentials and b"Proxy-Authorization: Basic " + self.factory.credentials not in head:
            self.transport.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            self.transport.loseConnection()
            return
        method, uri, _ = head.partition(b"\r\n")[0].split(b" ")
        target = URI.fromBytes(b"http://" + uri if method == b"CONNECT" else uri)
        endpoint = HostnameEndpoint(self.factory.reactor, self.factory.host or target.host, target.port)
        connecting = endpoint.connect(Factory.forProtocol(lambda: Far(self)))
        connecting.addCallbacks(self.join, lambda _: self.refuse(), callbackArgs=(method, target))

    def join(self, far: Any, method: bytes, target: URI) -> None:
        self.far = far
        head, _, rest = self.data.partition(b"\r\n\r\n")
        if method == b"CONNECT":
            self.transport.write(b"HTTP/1.1 200 Connection established\r\nX-Proxy: tests\r\n\r\n")
        else:
            lines = [line for line in head.split(b"\r\n")[1:] if not line.lower().startswith(b"proxy-")]
            first = b"%b %b HTTP/1.1" % (method, target.originForm)
            rest = b"\r\n".join([first, *lines, b"Connection: close", b"", rest])
        if rest:
            far.transport.write(rest)

    def refuse(self) -> None:
        self.transport.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.far is not None:
            self.far.transport.loseConnection()


class Proxying(Factory):
    """The proxy. ``credentials`` are ``user:password``, "" for none; ``answer``, where given, answers everything."""

    protocol = Near
    noisy = False

    def __init__(self, reactor: Any, credentials: str = "", *, noted: Callable[[bytes], object] | None = None) -> None:
        self.reactor = reactor
        self.credentials = b64encode(credentials.encode())
        self.answer: bytes | None = None
        self.heads: list[bytes] = []
        self.host = b""
        self.noted = noted

    def note(self, head: bytes) -> None:
        self.heads.append(head)
        if self.noted is not None:
            self.noted(head)


def main(heads: str, credentials: str, host: str) -> None:
    from twisted.internet import reactor

    def note(head: bytes) -> None:
        with Path(heads).open("ab") as file:
            file.write(head.partition(b"\r\n")[0] + b"\n")

    looping: Any = reactor
    proxying = Proxying(reactor, credentials, noted=note)
    proxying.host = host.encode()
    port = looping.listenTCP(0, proxying, interface="127.0.0.1")
    sys.stdout.write(f"{port.getHost().port}\n")
    sys.stdout.flush()
    looping.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
