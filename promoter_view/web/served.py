"""A site on its port: listening, its address, and its graceful end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.defer import TimeoutError as WorkTimeout
from twisted.internet.interfaces import IListeningPort, IReactorTime

from promoter_view.web.server import HttpSite


class Served:
    """``open_port`` has it listen. ``path``: where it begins, for its address. ``ended``: what goes with it.

    ``grace_seconds``: what is under way has so long to end.
    """

    def __init__(
        self,
        site: HttpSite,
        open_port: Callable[[HttpSite], IListeningPort],
        *,
        secure: bool,
        path: str = "",
        grace_seconds: float,
        reactor: IReactorTime,
        ended: Callable[[], None],
    ) -> None:
        self.site = site
        self._open_port = open_port
        self._scheme = "https" if secure else "http"
        self._path = path
        self._grace_seconds = grace_seconds
        self._reactor = reactor
        self._until = 0.0
        self._step: Deferred[None] | None = None
        self._ended = ended
        # Any: IListeningPort promises no port number of its address.
        self._port: Any = None

    @property
    def number(self) -> int:
        """The port's, once it listens."""
        return int(self._port.getHost().port)

    @property
    def url(self) -> str:
        """The address, once it listens."""
        host = self._port.getHost().host
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{self.number}{self._path}"

    def listen(self) -> None:
        """Open the port. Errors: those of ``open_port``."""
        self._port = self._open_port(self.site)

    async def close(self) -> None:
        """No new connections; streams end in their words, requests under way finish, within the grace."""
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
        self._until = self._reactor.seconds() + self._grace_seconds
        for step in (self.site.drain, self.site.conclude):
            await self._in_time(step())
        self._ended()

    def hurry(self) -> None:
        """The grace is over."""
        self._until = 0.0
        if self._step is not None:
            self._step.cancel()

    async def _in_time(self, work: Deferred[None]) -> None:
        self._step = work
        if not work.called:
            work.addTimeout(max(0.0, self._until - self._reactor.seconds()), self._reactor)
        try:
            await work
        except (CancelledError, WorkTimeout):
            return
