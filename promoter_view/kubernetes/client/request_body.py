"""The body of a request that is at hand as bytes."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer


@implementer(IBodyProducer)
class RequestBody:
    """Written at once: bodies are small, and wait for no turn of the reactor."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: Any) -> Deferred[None]:
        """IBodyProducer: all of it, now."""
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """All is written."""

    def resumeProducing(self) -> None:
        """All is written."""

    def stopProducing(self) -> None:
        """All is written."""
