"""Answers of bounded length: a server that is not to be trusted may send headers without an end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from zope.interface import implementer


@implementer(IStreamClientEndpoint)
class BoundedEndpoint:
    """Connections end once ``most_bytes`` have come since something was last sent: an answer, its headers and all."""

    def __init__(self, endpoint: IStreamClientEndpoint, most_bytes: int) -> None:
        self._endpoint = endpoint
        self._most_bytes = most_bytes

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """IStreamClientEndpoint. The protocol that is given is the factory's own."""
        connecting: Deferred[Any] = self._endpoint.connect(_CountingFactory(protocolFactory, self._most_bytes))
        return connecting.addCallback(lambda counting: counting.wrappedProtocol)


class _Counting(ProtocolWrapper):
    """Stands between a protocol and its transport."""

    factory: _CountingFactory
    _received = 0

    def write(self, data: bytes) -> None:
        """ITransport."""
        self._received = 0
        super().write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """ITransport."""
        self._received = 0
        super().writeSequence(data)

    def dataReceived(self, data: bytes) -> None:
        """IProtocol."""
        self._received += len(data)
        if self._received > self.factory.most_bytes:
            self.abortConnection()
        else:
            super().dataReceived(data)


class _CountingFactory(WrappingFactory):
    """Of one connection."""

    protocol = _Counting
    noisy = False

    def __init__(self, wrapped: IProtocolFactory, most_bytes: int) -> None:
        super().__init__(wrapped)
        self.most_bytes = most_bytes
