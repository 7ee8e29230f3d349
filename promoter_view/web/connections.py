"""The open connections of a server, and the end of them all."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred, succeed


class Connection(Protocol):
    """One client's."""

    def conclude(self) -> None:
        """Close when the answer under way, if there is one, has been sent; nothing more is answered."""


class Connections:
    """Knows which are open; each enters and leaves by itself."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._waiting: Deferred[None] | None = None

    def add(self, connection: Connection) -> None:
        """It is open."""
        self._open.add(connection)

    def discard(self, connection: Connection) -> None:
        """It is closed."""
        self._open.discard(connection)
        if not self._open and self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.callback(None)

    def conclude(self) -> Deferred[None]:
        """Conclude all; fires when none is open. May be cancelled; called once."""
        for connection in tuple(self._open):
            connection.conclude()
        if not self._open:
            return succeed(None)
        self._waiting = Deferred(self._forget)
        return self._waiting

    def _forget(self, _waiting: Deferred[None]) -> None:
        self._waiting = None
