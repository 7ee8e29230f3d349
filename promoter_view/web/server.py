"""The twisted.web Site under both servers: HTTP/1.1 within its bounds, no access log, an orderly end."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.http import Request as HTTPRequest
from twisted.web.server import Site

from promoter_view.metrics import Metrics
from promoter_view.web.channel import ApiChannel, ApiRequest
from promoter_view.web.connections import Closing, Connections
from promoter_view.web.entrance import Entrance

#: A connection without a request is closed after this: later than Go's clients do it themselves (90 s), so that none
#: sends a request into a connection that is just being closed.
_IDLE_SECONDS = 120
#: How often it is said at most that descriptors are scarce.
_SCARCE_SECONDS = 60


class HttpSite(Site):
    """Serves HTTP/1.1 only: over HTTP/2 Twisted cuts idle streams and slows down with their number."""

    _log = Logger()
    displayTracebacks = False  # noqa: N815 - Twisted's name

    def __init__(
        self,
        root: Entrance[Any],
        *,
        reactor: IReactorTime,
        metrics: Metrics,
        request_factory: type[ApiRequest] = ApiRequest,
    ) -> None:
        self.entrance = root
        super().__init__(root, requestFactory=request_factory, timeout=_IDLE_SECONDS, reactor=reactor)
        # Without Twisted's own factory in between there is nothing that could choose HTTP/2.
        self._reactor = reactor
        self._metrics = metrics
        self._scarce_until = float("-inf")
        self._connections = Connections(closed=self._closed)
        self.protocol = partial(ApiChannel, self._connections)  # type: ignore[assignment, method-assign]

    def acceptableProtocols(self) -> list[bytes]:
        """For ALPN."""
        return [b"http/1.1"]

    def _closed(self, why: Closing) -> None:
        self._metrics.connections_closed.labels(why).inc()
        if why is Closing.DESCRIPTORS and self._reactor.seconds() >= self._scarce_until:
            self._scarce_until = self._reactor.seconds() + _SCARCE_SECONDS
            self._log.warn(
                "file descriptors are nearly used up: until some are free only health is answered; raise ulimit -n"
            )

    def log(self, request: HTTPRequest) -> None:
        """No access log: the metrics count, and a URL may say what its user looks at."""

    def drain(self) -> Deferred[None]:
        """Before shutdown: end all streams cleanly; fires when every request under way is over."""
        return self.entrance.drain()

    def conclude(self) -> Deferred[None]:
        """After draining: close all connections; fires when everything that was written to them is on its way."""
        return self._connections.conclude()
