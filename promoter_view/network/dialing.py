"""Connecting to a host by name or address: any name that the resolver takes, either family (RFC 8305)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import (
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.python.failure import Failure
from zope.interface import implementer

#: How long one address is tried alone before the next one is tried beside it (RFC 8305, "Connection Attempt Delay").
_ALONE_SECONDS = 0.25


@implementer(IStreamClientEndpoint)
class HostEndpoint:
    """A port of a host. Twisted's own endpoint takes no name that IDNA does not, such as ``kube_api``.

    Errors: DNSLookupError where the name has no address; else those of the last address that failed.
    """

    def __init__(self, reactor: Any, host: str, port: int, *, connect_seconds: float) -> None:
        self._reactor = reactor
        self._host = host
        self._port = port
        self._seconds = connect_seconds

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """IStreamClientEndpoint."""
        if isIPAddress(self._host) or isIPv6Address(self._host):
            return self._dial(self._host, protocolFactory)
        connecting: Deferred[Any] = resolve(self._reactor, self._host)
        connecting.addCallback(self._race, protocolFactory)
        return connecting

    def _race(self, addresses: Iterable[str], factory: IProtocolFactory) -> Deferred[IProtocol]:
        attempts = [lambda address=address: self._dial(address, factory) for address in addresses]
        return FirstConnected(attempts, clock=self._reactor).begin()

    def _dial(self, address: str, factory: IProtocolFactory) -> Deferred[IProtocol]:
        kind = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
        dialing: Deferred[IProtocol] = kind(self._reactor, address, self._port, self._seconds).connect(factory)
        return dialing


def resolve(reactor: Any, host: str) -> Deferred[list[str]]:
    """The addresses of a name, the ones to prefer first (RFC 6724). Errors: DNSLookupError where it has none."""
    found = _Addresses(host)
    reactor.nameResolver.resolveHostName(found, host)
    return found.done


@implementer(IResolutionReceiver)
class _Addresses:
    """Collects what a name resolves to."""

    def __init__(self, host: str) -> None:
        self.done: Deferred[list[str]] = Deferred()
        self._host = host
        self._found: list[str] = []

    def resolutionBegan(self, resolutionInProgress: object) -> None:
        """IResolutionReceiver."""

    def addressResolved(self, address: Any) -> None:
        """IResolutionReceiver."""
        self._found.append(address.host)

    def resolutionComplete(self) -> None:
        """IResolutionReceiver."""
        if self.done.called:  # given up meanwhile
            return
        if self._found:
            self.done.callback(list(dict.fromkeys(self._found)))
        else:
            self.done.errback(DNSLookupError(f"the name {self._host} cannot be resolved"))


class FirstConnected:
    """Tries addresses in their order, the next one once one has failed or hesitates; the first that connects wins."""

    def __init__(self, attempts: Iterable[Callable[[], Deferred[IProtocol]]], *, clock: IReactorTime) -> None:
        self._waiting = deque(attempts)
        self._clock = clock
        self._under_way: list[Deferred[Any]] = []
        self._next: IDelayedCall | None = None
        self._over = False
        self._done: Deferred[IProtocol] = Deferred(lambda _: self._end())

    def begin(self) -> Deferred[IProtocol]:
        """Fires with the protocol. Errors: those of the last attempt that failed."""
        self._try_next()
        return self._done

    def _try_next(self) -> None:
        attempt: Deferred[Any] = self._waiting.popleft()()
        self._next = self._clock.callLater(_ALONE_SECONDS, self._try_next) if self._waiting else None
        self._under_way.append(attempt)
        attempt.addCallbacks(self._connected, self._failed, callbackArgs=(attempt,), errbackArgs=(attempt,))

    def _connected(self, protocol: IProtocol, attempt: Deferred[Any]) -> None:
        self._under_way.remove(attempt)
        self._end()
        self._done.callback(protocol)

    def _failed(self, failure: Failure, attempt: Deferred[Any]) -> None:
        self._under_way.remove(attempt)
        if self._over:
            return
        if self._waiting:
            self._stop_waiting()
            self._try_next()
        elif not self._under_way:
            self._over = True
            self._done.errback(failure)

    def _end(self) -> None:
        self._over = True
        self._stop_waiting()
        for attempt in tuple(self._under_way):
            attempt.cancel()

    def _stop_waiting(self) -> None:
        if self._next is not None and self._next.active():
            self._next.cancel()
