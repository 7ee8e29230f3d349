"""What carries a watch to its client: the body of an HTTP answer, or a WebSocket. Both have the same reader."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as WaitTimeout
from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request

from promoter_view.access.admission import Admission
from promoter_view.access.identity import ANONYMOUS
from promoter_view.api.negotiation import MediaType
from promoter_view.reading.wire import Frames, Make, Wire
from promoter_view.web.addressing import SENDER_HEADERS, Sender, is_own
from promoter_view.web.channel import channel_of
from promoter_view.web.errors import Forbidden
from promoter_view.web.headers import headers_of
from promoter_view.web.websocket.handshake import Opening, asks_for_websocket, open_websocket

if TYPE_CHECKING:
    from promoter_view.web.websocket.conversation import Conversation

#: How long a client has for its half of the closing handshake.
_FAREWELL_SECONDS = 5.0


class Carrier:
    """Takes the bytes of ``wire`` to one client, as the body of an answer 200; they are written to the request."""

    def __init__(self, request: Request, wire: Wire) -> None:
        self._request = request
        self.wire = wire

    @property
    def parted(self) -> bool:
        """The client has ended the watch, and its connection is still open: ``end`` it."""
        return False  # whoever ends this closes the connection

    def begin(self, leave: Callable[[], None]) -> None:  # noqa: ARG002
        """Answer now, for a client waits for that before it believes that it watches.

        ``leave`` is called where the client ends the watch without closing its connection.
        """
        self._request.setHeader("Content-Type", MediaType.JSON)
        if self.wire.encoding:
            self._request.setHeader("Content-Encoding", self.wire.encoding)
        self._request.write(self.wire.begin())

    async def end(self) -> None:
        """All is written: end the answer."""
        self._request.finish()


class SocketWire(Wire):
    """Each line a message of a WebSocket, the newline too, as kube-apiserver has it."""

    joins = False

    def __init__(self, frames: Frames, conversation: Conversation) -> None:
        super().__init__(frames)
        self._conversation = conversation

    def shared(self, key: Hashable, make: Make) -> bytes:
        """The frame as a message."""
        return self._conversation.text(super().shared(key, make))

    def text(self, data: bytes) -> bytes:
        """The line as a message, nothing for nothing."""
        return self._conversation.text(data) if data else b""

    def end(self) -> bytes:
        """Our half of the closing handshake."""
        return self._conversation.close()


class SocketCarrier(Carrier):
    """A WebSocket. A ``web.channel.Upgraded``."""

    def __init__(self, request: Request, opening: Opening, frames: Frames, *, reactor: IReactorTime) -> None:
        from promoter_view.web.websocket.conversation import Conversation  # noqa: PLC0415 - wsproto, once one is opened

        self._conversation = Conversation()
        super().__init__(request, SocketWire(frames, self._conversation))
        self._opening = opening
        self._reactor = reactor
        self._leave: Callable[[], None] = lambda: None
        self._farewell: Deferred[None] | None = None

    @property
    def parted(self) -> bool:
        """The client has closed, or was told to go."""
        return self._conversation.over

    def begin(self, leave: Callable[[], None]) -> None:
        """The answer 101."""
        self._leave = leave
        for name, value in self._opening.answer.items():
            self._request.setHeader(name, value)
        channel_of(self._request).upgrade(self._request, self)

    async def end(self) -> None:
        """Wait a moment for the client's half of the closing handshake, then close the connection (RFC 6455, 7.1.1)."""
        if not self._conversation.over:
            self._farewell = Deferred()
            with suppress(WaitTimeout):
                await self._farewell.addTimeout(_FAREWELL_SECONDS, self._reactor)
        self._request.unregisterProducer()
        self._request.finish()

    def receive(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._conversation.over or self._request.finished:
            return
        answer = self._conversation.receive(data, self._reactor.seconds())
        if answer:
            self._request.write(answer)
        self.drained()
        if self._conversation.flooded:
            channel_of(self._request).told_too_much()
        if self._conversation.over and self._farewell is not None:
            self._farewell.callback(None)
        elif self._conversation.over:
            self._leave()

    def drained(self) -> None:
        """There is room again for the answer to a ping, of which one at most waits."""
        channel = channel_of(self._request)
        if not channel.full and not self._request.finished:
            self._request.write(self._conversation.take_pong())


def carrier_of(request: Request, admission: Admission, frames: Frames, *, gzip: bool, reactor: IReactorTime) -> Carrier:
    """What that client asks for. Errors: BadRequest, Forbidden."""
    headers = headers_of(request)
    if request.clientproto != b"HTTP/1.1" or not asks_for_websocket(headers):
        return Carrier(request, frames.wire(gzip=gzip))
    _require_name_or_own(request, admission)
    return SocketCarrier(request, open_websocket(headers), frames, reactor=reactor)


def _require_name_or_own(request: Request, admission: Admission) -> None:
    """Browsers let a page of any site open a WebSocket, and read it: what nobody's name protects, only our own may.

    Errors: Forbidden.
    """
    sender = Sender(*map(request.getHeader, SENDER_HEADERS))
    if admission.identity is ANONYMOUS and sender.origin is not None and not is_own(sender, ()):
        raise Forbidden("a page of another site may not watch without saying who asks")
