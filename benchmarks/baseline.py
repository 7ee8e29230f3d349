"""The limit of this machine: a bare Twisted TLS server that writes bytes of given sizes, and knows nothing.

``python -m benchmarks.baseline CERTIFICATE KEY OBJECT_BYTES OBJECTS`` prints its port. A watch (``?watch``) gets a
line of OBJECT_BYTES at each ``/change?STAMP``, ``/list`` gives OBJECTS of them, ``/get`` one. It ends when its standard
input ends.
"""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet import ssl, stdio
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

_SLICE_OBJECTS = 4
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Content:
    """The bytes that are served, of the sizes asked for."""

    def __init__(self, object_bytes: int, objects: int) -> None:
        self.object = b"x" * object_bytes
        self.objects = objects
        self._version = 0

    def event(self, stamp: bytes) -> bytes:
        """One chunk with one line: a resourceVersion, a stamp, and so many bytes."""
        self._version += 1
        head = b'{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"%d"},"bench/ts":"%b","x":"'
        line = head % (self._version, stamp) + self.object + b'"}}\n'
        return b"%x\r\n%b\r\n" % (len(line), line)


@implementer(IPushProducer)
class Bare(LineReceiver):
    """One connection: a watch that is written to while it has room, or requests that are answered."""

    transport: Any  # of ITransport; Twisted has no interface for what TLS over TCP is

    def __init__(self, content: Content, watches: set[Bare]) -> None:
        self._content = content
        self._watches = watches
        self._waiting: deque[bytes] = deque()
        self._paused = False

    def lineReceived(self, line: bytes) -> None:
        """The request line counts; of the headers nothing does."""
        if not line.startswith(b"GET "):
            return
        path, _, stamp = line.split()[1].partition(b"?")
        if stamp.startswith(b"watch"):
            self.transport.registerProducer(self, True)
            self.transport.write(_STREAM)
            self._watches.add(self)
        elif path == b"/change":
            event = self._content.event(stamp)
            for watch in self._watches:
                watch.send(event)
            self.transport.write(_WHOLE % 0)
        elif path == b"/list":
            self._list()
        else:
            self.transport.write(_WHOLE % len(self._content.object) + self._content.object)

    def send(self, data: bytes) -> None:
        """Writes that, now or once there is room: the bytes are shared, so what waits costs a reference."""
        self._waiting.append(data)
        self._flow()

    def pauseProducing(self) -> None:
        """The transport is full."""
        self._paused = True

    def resumeProducing(self) -> None:
        """It has drained."""
        self._paused = False
        self._flow()

    def stopProducing(self) -> None:
        """The client is gone."""
        self._waiting.clear()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 (Twisted's signature)
        """The same."""
        self._watches.discard(self)

    def _list(self) -> None:
        if self.transport.producer is None:
            self.transport.registerProducer(self, True)
        content = self._content
        self.transport.write(_WHOLE % (len(content.object) * content.objects))
        full, rest = divmod(content.objects, _SLICE_OBJECTS)
        joined = content.object * _SLICE_OBJECTS
        self._waiting.extend([joined] * full + [content.object] * rest)
        self._flow()

    def _flow(self) -> None:
        while self._waiting and not self._paused:
            self.transport.write(self._waiting.popleft())


class _Bares(Factory):
    def __init__(self, content: Content) -> None:
        self._content = content
        self._watches: set[Bare] = set()

    def buildProtocol(self, addr: object) -> Bare:  # noqa: ARG002 (Twisted's signature)
        return Bare(self._content, self._watches)


class _Parent(Protocol):
    """Ends with the process that started it."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 (Twisted's signature)
        reactor: Any = installed_reactor
        reactor.stop()


def main() -> None:
    """Serves until standard input ends."""
    reactor: Any = installed_reactor
    certificate, key, object_bytes, objects = sys.argv[1:]
    pair = ssl.PrivateCertificate.loadPEM(Path(certificate).read_bytes() + Path(key).read_bytes())
    content = Content(int(object_bytes), int(objects))
    port = reactor.listenSSL(0, _Bares(content), pair.options(), interface="127.0.0.1")
    stdio.StandardIO(_Parent())
    print(port.getHost().port, flush=True)
    reactor.run()


if __name__ == "__main__":
    main()
