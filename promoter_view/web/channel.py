"""The connection of an HTTP client: HTTP/1.1 as Twisted has it, within bounds, each of which has its answer.

A request may be so long, so many lines, so large and so slow; what is beyond that is refused with a Status and the
connection ends. A client that sends its requests all at once is served one a turn of the reactor, so that nobody else
waits for it. Producers are paused when the transport is full, whenever they come.
"""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import Any, AnyStr, Protocol

from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.server import Request

from promoter_view.web.addressing import addressed
from promoter_view.web.arrival import Arrival
from promoter_view.web.connections import Closing, Connections
from promoter_view.web.descriptors import is_among_the_last
from promoter_view.web.status import (
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    NO_DESCRIPTORS,
    NOT_HTTP,
    REQUEST_TOO_SLOW,
    URL_TOO_LONG,
    Status,
)

#: kube-apiserver's bound. Nothing here needs a body; one up to this is ignored, so that its sender hears 405.
MAX_BODY_BYTES = 3 * 1024 * 1024
#: Long selectors and continue tokens fit in several times.
MAX_REQUEST_LINE_BYTES = 32 * 1024
#: Users may be in hundreds of groups, each a line of the front proxy's.
MAX_HEADER_BYTES = 128 * 1024
MAX_HEADER_LINES = 1000
#: More digits than any length has; Python refuses to read thousands of them.
_MOST_DIGITS = 18
#: Requests that came too early may fill this; then nothing more is read.
_MAX_EARLY_BYTES = 16 * 1024


class Upgraded(Protocol):
    """What a connection speaks after HTTP."""

    def receive(self, data: bytes) -> None:
        """Bytes from the client."""

    def drained(self) -> None:
        """There is room again for what we write."""


class ApiRequest(Request):
    """A request whose body is counted and not kept."""

    channel: ApiChannel
    _received = 0

    def getHeader(self, key: AnyStr) -> AnyStr | None:
        """The last value of that name. As text it is latin-1, so that every value can be read (RFC 9110, 5.5)."""
        name = key.encode() if isinstance(key, str) else key
        values = self.requestHeaders.getRawHeaders(name, ())
        if not values:
            return None
        return values[-1].decode("latin-1") if isinstance(key, str) else values[-1]

    def gotLength(self, length: int | None) -> None:  # noqa: ARG002
        """The headers are there."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:
        """A part of the body."""
        self._received += len(data)
        if self._received > MAX_BODY_BYTES:
            self.channel.refuse(BODY_TOO_LARGE)


class ApiChannel(HTTPChannel):
    """A connection, known to ``connections`` while it is open. Names in camelCase are Twisted's."""

    MAX_LENGTH = MAX_HEADER_BYTES
    totalHeadersSize = MAX_HEADER_BYTES  # noqa: N815
    maxHeaders = MAX_HEADER_LINES  # noqa: N815

    _full = False
    _refused = False
    _concluding = False
    _new = True
    _known = False
    _upgraded: Upgraded | None = None
    _last = False

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections

    def connectionMade(self) -> None:
        """A client is there."""
        super().connectionMade()
        self._arrival = Arrival(self.callLater, late=self._too_slow, next_turn=self._go_on)
        self._last = is_among_the_last(self.transport)
        self._connections.add(self, on_the_last=self._last)
        self._watch_clock()

    @property
    def full(self) -> bool:
        """What is written now waits in memory for a client that does not read."""
        return self._full

    @property
    def command(self) -> bytes:
        """The method of the request that is being read: it knows it itself only once it is whole."""
        return bytes(self._command)

    # -- reading -----------------------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._upgraded is not None:
            self._upgraded.receive(data)
        elif not self._refused:
            super().dataReceived(data)
            self._settle()

    def rawDataReceived(self, data: bytes) -> None:
        """The rest of what came with the head of a request."""
        if self._upgraded is not None:
            self._upgraded.receive(data)
        else:
            super().rawDataReceived(data)

    def lineReceived(self, line: bytes) -> None:
        """A line of a request's head."""
        if not self.requests and len(line) > MAX_REQUEST_LINE_BYTES:
            self.refuse(URL_TOO_LONG)
        elif self._receivedHeaderSize + len(line) > MAX_HEADER_BYTES or self._receivedHeaderCount >= MAX_HEADER_LINES:
            self.refuse(HEADERS_TOO_LARGE)
        else:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002
        """A line that does not end."""
        self.refuse(HEADERS_TOO_LARGE if self.requests else URL_TOO_LONG)

    def allHeadersReceived(self) -> None:
        """The head is whole."""
        headers = self.requests[-1].requestHeaders
        found = addressed(self._path, self._version, headers.getRawHeaders(b"Host", ()))
        if found is None:
            self.refuse(NOT_HTTP)
            return
        self._path = found.target
        if found.host is not None:
            headers.setRawHeaders(b"Host", [found.host])
        if self.length is not None and self.length > MAX_BODY_BYTES:
            self.refuse(BODY_TOO_LARGE)
        else:
            super().allHeadersReceived()

    def allContentReceived(self) -> None:
        """The request is whole."""
        if self._last and not _asks_health(bytes(self._path)):
            self._connections.closed(Closing.DESCRIPTORS)
            self.refuse(NO_DESCRIPTORS)
        if not self._refused:
            self._new = False
            self._connections.engaged(self)
            super().allContentReceived()

    def upgrade(self, request: Request, upgraded: Upgraded) -> None:
        """Answer 101 with the headers of ``request``; what follows is no more HTTP. It ends when the request does."""
        self.persistent = True  # ``requestDone`` is what closes it
        self._upgraded = upgraded
        request.startedWriting = 1
        request.setResponseCode(HTTPStatus.SWITCHING_PROTOCOLS, b"Switching Protocols")
        self.writeHeaders(b"HTTP/1.1", b"101", b"Switching Protocols", request.responseHeaders)
        early, self._dataBuffer = b"".join(self._dataBuffer), []
        self._networkProducer.resumeProducing()
        if early:
            upgraded.receive(early)

    def refuse(self, status: Status) -> None:
        """Say why, read nothing more, and close; also when the client does not."""
        if self._refused:
            return
        assert self.transport is not None
        self._refused = self.paused = True
        body = status.encode() + b"\n"
        self.transport.write(
            b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (status.code, HTTPStatus(status.code).phrase.encode(), len(body), body)
        )
        self._arrival.cancel()
        self.setTimeout(None)
        self._abortingCall = self.callLater(self.abortTimeout, self.forceAbortClient)
        self.loseConnection()

    def recognize(self) -> None:
        """Its client has proven who he is: he may keep it as long as he likes."""
        self._known = True

    def abandon(self, why: Closing) -> None:
        """Close at once, whatever is still to be sent."""
        transport: Any = self.transport  # ITransport alone cannot abort
        self._refused = self.paused = True
        self._arrival.cancel()
        self.setTimeout(None)
        self._connections.closed(why)
        transport.abortConnection()

    def told_too_much(self) -> None:
        """Its client was told to go for that."""
        self._connections.closed(Closing.FLOODING)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone."""
        self._arrival.forget()
        self._connections.discard(self)
        super().connectionLost(reason)

    def conclude(self) -> None:
        """Close when the answer under way, if there is one, has been sent; nothing more is answered."""
        self._concluding = True
        if not self._handlingRequest:
            self._close()

    def _close(self) -> None:
        assert self.transport is not None
        self._refused = self.paused = True
        self._arrival.cancel()
        self.setTimeout(None)
        self.loseConnection()
        # TLS would wait for the client's farewell, which it need not send (RFC 8446, 6.1); what is below TLS closes
        # once all is written.
        below = getattr(self.transport, "transport", None)
        if below is not None:
            below.loseConnection()

    def _maybeChooseTransferDecoder(self, header: bytes, data: bytes) -> bool:
        too_long = header == b"Content-Length" and len(data) > _MOST_DIGITS
        # Only chunks say where a body ends, and only in HTTP/1.1 (RFC 9112, 6.1 and 6.3).
        endless = header == b"Transfer-Encoding" and (data.lower() != b"chunked" or self._version != b"HTTP/1.1")
        if too_long or endless:
            return bool(self._failChooseTransferDecoder())
        return bool(super()._maybeChooseTransferDecoder(header, data))

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(NOT_HTTP)

    # -- one request a turn, each in time ----------------------------------------------------------------------------

    def requestDone(self, request: Request) -> None:
        """The answer is written: what came meanwhile has its turn later."""
        self.paused = True
        if not self._known:
            self._connections.idle(self)
        super().requestDone(request)
        if self._upgraded is not None:
            self._abortingCall = self.callLater(self.abortTimeout, self.forceAbortClient)
        if self._concluding or self._last or self._upgraded is not None:
            self._close()
        elif not self._busyReceiving:
            self._settle()

    def _settle(self) -> None:
        """After whatever has happened: is there a next request, and has one begun?"""
        if self._refused:
            return
        if self.paused and self._buffer:
            self._await_turn()
        else:
            self.paused = False
        self._watch_clock()

    def _await_turn(self) -> None:
        if len(self._buffer) > _MAX_EARLY_BYTES:
            self._networkProducer.pauseProducing()
        if not self._full:
            self._arrival.await_turn()

    def _go_on(self) -> None:
        self.paused = False
        self._networkProducer.resumeProducing()
        self.dataReceived(b"")

    def _watch_clock(self) -> None:
        waiting = bool(self._new or self.requests or self._buffer)
        self._arrival.watch_clock(arriving=waiting and not self._handlingRequest and not self.paused)

    def _too_slow(self) -> None:
        if self.requests or self._buffer:
            self.refuse(REQUEST_TOO_SLOW)
        else:
            self.abandon(Closing.SILENT)

    # -- writing -----------------------------------------------------------------------------------------------------

    def pauseProducing(self) -> None:
        """The transport is full."""
        self._full = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """The transport has drained."""
        self._full = False
        super().resumeProducing()
        if self._upgraded is not None:
            self._upgraded.drained()
        elif self.paused:
            self._settle()

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        """Producers are push producers here; one that comes when the transport is full is told so.

        Twisted tells only the one that is there at the moment when the transport fills. One that comes after it
        (behind a large first write, or a pipelined request whose client does not read) would write into memory.
        """
        super().registerProducer(producer, streaming)
        if self._full:
            producer.pauseProducing()


def _asks_health(path: bytes) -> bool:
    return path.partition(b"?")[0].split(b"/")[1:2] in ([b"healthz"], [b"livez"], [b"readyz"])


def channel_of(request: Request) -> ApiChannel:
    """The connection that a request came on."""
    channel = request.channel
    assert isinstance(channel, ApiChannel)
    return channel
