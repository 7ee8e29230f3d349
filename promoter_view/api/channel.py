"""The connection of an HTTP client: HTTP/1.1 as Twisted has it, with back-pressure that no producer misses."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from twisted.web.http import HTTPChannel


class ApiChannel(HTTPChannel):
    """Pauses a producer that is registered while the transport is already full.

    Twisted tells only the one that is there at the moment when the transport fills. One that comes after it (behind a
    large first write, or a pipelined request whose client does not read) would write all it has into memory.
    """

    _full = False

    def pauseProducing(self) -> None:
        """The transport is full."""
        self._full = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """The transport has drained."""
        self._full = False
        super().resumeProducing()

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        """Producers are push producers here."""
        super().registerProducer(producer, streaming)
        if self._full:
            producer.pauseProducing()
