"""HTTP/1.1 for measuring: non-blocking GETs on one selector, with or without TLS, bodies handed on as they come."""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Protocol

#: OpenSSL gives at most one record a call.
_RECORD_BYTES = 16384
#: Records taken from one connection before others have their turn.
_TURN_RECORDS = 16
_CONNECT_SECONDS = 30.0


class Sink(Protocol):
    """Takes the body of one answer."""

    def data(self, piece: bytes) -> None:
        """The next bytes of the body."""

    def end(self) -> None:
        """The body is whole."""

    def lost(self) -> None:
        """The connection ended before that."""


class RefusedError(Exception):
    """The server answered something else than 200; the message is its first line."""


class Body:
    """Decodes a body: of a length, or chunked (RFC 9112, 7.1)."""

    def __init__(self, length: int | None) -> None:
        self._chunked = length is None
        self._left = length or 0
        self._line = b""
        self.over = length == 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The parts of the body that ``data`` holds."""
        at = 0
        while at < len(data) and not self.over:
            if not self._left:
                at = self._read_size(data, at)
                continue
            piece = data[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            self.over = not self._chunked and not self._left
            yield piece

    def _read_size(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        if end < 0:
            self._line += data[at:]
            return len(data)
        line = (self._line + data[at:end]).strip()
        self._line = b""
        # What ends a chunk's data reads as an empty line.
        if line:
            self._left = int(line.partition(b";")[0], 16)
            self.over = not self._left
        return end + 1


class Connection:
    """One connection, one request at a time. It is open, TLS and all, once it is made. Errors: OSError."""

    def __init__(self, port: int, selector: selectors.BaseSelector, *, tls: bool = True) -> None:
        raw = socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_SECONDS)
        self._socket: socket.socket = unverified().wrap_socket(raw) if tls else raw
        self._socket.setblocking(False)
        self._selector = selector
        self._head = b""
        self._body: Body | None = None
        self._sink: Sink | None = None
        self._reading = False

    @property
    def answered(self) -> bool:
        """The head of the answer has come."""
        return self._body is not None

    def get(self, path: str, sink: Sink, *, gzip: bool = False) -> None:
        """Asks for that, compressed where wanted; the answer goes to ``sink`` as it comes over the wire."""
        self._sink, self._body, self._head = sink, None, b""
        coding = "gzip" if gzip else "identity"
        lines = (f"GET {path} HTTP/1.1", "Host: localhost", "Accept: application/json", f"Accept-Encoding: {coding}")
        request = "\r\n".join((*lines, "", "")).encode()
        if self._socket.send(request) != len(request):
            raise OSError("the socket does not take a request at once")
        self.resume()

    def pause(self) -> None:
        """Read no more, until ``resume``."""
        if self._reading:
            self._selector.unregister(self._socket)
            self._reading = False

    def resume(self) -> None:
        """Read on."""
        if not self._reading:
            self._selector.register(self._socket, selectors.EVENT_READ, self._readable)
            self._reading = True

    def close(self) -> None:
        """No more of it."""
        self.pause()
        self._sink = None
        self._socket.close()

    def _readable(self) -> None:
        records = 0
        while self._sink is not None:
            try:
                data = self._socket.recv(_RECORD_BYTES)
            except (ssl.SSLWantReadError, BlockingIOError):
                return
            except OSError:
                data = b""
            if not data:
                self._lose()
                return
            self._take(data)
            records += 1
            # What OpenSSL holds already would not make the socket readable again.
            if records >= _TURN_RECORDS and not self._pending():
                return

    def _pending(self) -> int:
        return self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0

    def _take(self, data: bytes) -> None:
        if self._body is None:
            self._head += data
            head, end, data = self._head.lstrip().partition(b"\r\n\r\n")
            if not end:
                return
            self._body = Body(_length(head))
        for piece in self._body.feed(data):
            if self._sink is not None:
                self._sink.data(piece)
        if self._body.over and self._sink is not None:
            sink, self._sink = self._sink, None
            sink.end()

    def _lose(self) -> None:
        sink = self._sink
        self.close()
        if sink is not None:
            sink.lost()


def unverified() -> ssl.SSLContext:
    """TLS without looking at the certificate, which is self-signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def turn(selector: selectors.BaseSelector, *, until: Callable[[], bool], deadline: float) -> bool:
    """Serves the connections until that is true; False when ``deadline`` (of the monotonic clock) came first."""
    while not until():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        for key, _ in selector.select(min(left, 0.1)):
            key.data()
    return True


def _length(head: bytes) -> int | None:
    first, *lines = head.split(b"\r\n")
    if first.split()[1:2] != [b"200"]:
        raise RefusedError(first.decode("latin-1"))
    for line in lines:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None
