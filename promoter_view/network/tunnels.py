"""Connections to a proxy, which errors name, and through it: CONNECT, and then it is the target's (RFC 9110, 9.3.6)."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from promoter_view.network.proxies import Proxy
from promoter_view.network.targets import Target

_MAX_ANSWER_BYTES = 16 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([^\r\n]*))?\r?\n")
_END = re.compile(rb"\r?\n\r?\n")


class TunnelError(ConnectError):
    """The proxy does not connect us. The message names the proxy and what it answered, and no credentials.

    ``cause`` is what was in the way, where it was not the proxy's answer.
    """

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        super().__init__(string=message)
        self._message = message
        self.cause = cause

    def __str__(self) -> str:
        return self._message


def connect_request(target: Target, proxy: Proxy) -> bytes:
    """What asks the proxy for a connection to the target."""
    lines = [f"CONNECT {target.authority} HTTP/1.1", f"Host: {target.authority}", "User-Agent: promoter-view"]
    credentials = b"Proxy-Authorization: " + proxy.authorization + b"\r\n" if proxy.authorization else b""
    return "\r\n".join(lines).encode("ascii") + b"\r\n" + credentials + b"\r\n"


def rest_of_answer(data: bytes, proxy: Proxy) -> bytes | None:
    """What follows the proxy's consent; None: its answer is not whole yet. Errors: TunnelError."""
    named = f"the proxy {proxy.target.authority}"
    end = _END.search(data)
    if end is None and len(data) <= _MAX_ANSWER_BYTES:
        return None
    status = _STATUS_LINE.match(data)
    if end is None or status is None:
        raise TunnelError(f"{named} does not answer CONNECT as a proxy does (RFC 9110)")
    if not status[1].startswith(b"2"):
        reason = b" ".join(filter(None, status.groups())).decode("latin-1")
        raise TunnelError(f"{named} answers CONNECT with {reason[:100]}")
    return data[end.end() :]


class _Named(ProtocolWrapper):
    """A connection to a proxy: says whose it was where it does not just end."""

    factory: _NamingFactory

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """IProtocol: whoever has the connection hears TunnelError in place of what TLS says."""
        if not reason.check(ConnectionClosed):
            reason = Failure(TunnelError(f"the proxy {self.factory.proxy} broke off", reason.value))
        super().connectionLost(reason)


class _NamingFactory(WrappingFactory):
    """Makes such of the protocols of another factory."""

    protocol = _Named
    noisy = False

    def __init__(self, wrappedFactory: IProtocolFactory, proxy: Proxy) -> None:
        super().__init__(wrappedFactory)
        self.proxy = proxy.target.authority


@implementer(IStreamClientEndpoint)
class ProxyEndpoint:
    """The proxy itself, by the endpoint that leads to it. Errors: TunnelError where there is no connection.

    TLS is spoken once the protocol has its connection, so a proxy that is not believed is one that broke off.
    """

    def __init__(self, endpoint: IStreamClientEndpoint, proxy: Proxy) -> None:
        self._endpoint = endpoint
        self._proxy = proxy

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """IStreamClientEndpoint."""
        connecting: Deferred[Any] = self._endpoint.connect(_NamingFactory(protocolFactory, self._proxy))
        connecting.addCallbacks(attrgetter("wrappedProtocol"), self._failed)
        return connecting

    def _failed(self, failure: Failure) -> Any:
        failure.trap(ConnectError, ConnectTimeout, DNSLookupError)
        raise TunnelError(f"the proxy {self._proxy.target.authority} cannot be reached", failure.value)


@implementer(IStreamClientEndpoint)
class TunnelEndpoint:
    """The target, through the proxy that ``endpoint`` leads to. Errors: those of the endpoint, TunnelError."""

    def __init__(
        self, endpoint: IStreamClientEndpoint, target: Target, proxy: Proxy, *, clock: Any, connect_seconds: float
    ) -> None:
        self._endpoint = endpoint
        self._target = target
        self._proxy = proxy
        self._clock = clock
        self._seconds = connect_seconds

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """IStreamClientEndpoint."""
        factory = _TunnelFactory(protocolFactory, self._target, self._proxy)
        connecting: Deferred[Any] = self._endpoint.connect(factory)
        connecting.addCallback(self._opened)
        return connecting

    def _opened(self, tunnel: _Tunnel) -> Deferred[IProtocol]:
        return tunnel.opened.addTimeout(self._seconds, self._clock, self._late)

    def _late(self, *_: object) -> IProtocol:
        seconds = f"{self._seconds:.0f} seconds"
        raise TunnelError(f"the proxy {self._proxy.target.authority} does not answer CONNECT within {seconds}")


class _Tunnel(ProtocolWrapper):
    """Asks for the connection, and hands it on once it is there. ``opened`` fires with the protocol that has it."""

    factory: _TunnelFactory

    def __init__(self, factory: _TunnelFactory, wrappedProtocol: IProtocol) -> None:
        super().__init__(factory, wrappedProtocol)  # type: ignore[arg-type] # each names the other
        self.opened: Deferred[IProtocol] = Deferred(lambda _: self._abort())
        self._answer = b""
        self._open = False

    def makeConnection(self, transport: Any) -> None:
        """IProtocol: to the proxy. Whose connection it will be hears of it once it is there."""
        directlyProvides(self, providedBy(transport))
        Protocol.makeConnection(self, transport)
        self.factory.registerProtocol(self)
        transport.write(connect_request(self.factory.target, self.factory.proxy))

    def dataReceived(self, data: bytes) -> None:
        """IProtocol: the proxy's answer, then what the target says."""
        if self._open:
            super().dataReceived(data)
            return
        if self.opened.called:
            return
        self._answer += data
        try:
            rest = rest_of_answer(self._answer, self.factory.proxy)
        except TunnelError as error:
            self._abort()
            self.opened.errback(error)
            return
        if rest is not None:
            self._hand_over(rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """IProtocol: by whoever."""
        if self._open:
            super().connectionLost(reason)
            return
        self.factory.unregisterProtocol(self)
        if not self.opened.called:
            proxy = self.factory.proxy.target.authority
            silent = TunnelError(f"the proxy {proxy} closed the connection without an answer to CONNECT")
            self.opened.errback(silent if reason.check(ConnectionClosed) else reason)

    def _hand_over(self, rest: bytes) -> None:
        self._open, self._answer = True, b""
        protocol: Any = self.wrappedProtocol
        protocol.makeConnection(self)
        self.opened.callback(protocol)
        if rest:
            super().dataReceived(rest)

    def _abort(self) -> None:
        transport: Any = self.transport  # ITransport promises no way to end at once
        if transport is not None:
            transport.abortConnection()


class _TunnelFactory(WrappingFactory):
    """Makes tunnels around the protocols of another factory."""

    protocol = _Tunnel
    noisy = False

    def __init__(self, wrappedFactory: IProtocolFactory, target: Target, proxy: Proxy) -> None:
        super().__init__(wrappedFactory)
        self.target = target
        self.proxy = proxy
