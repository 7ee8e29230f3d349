"""The open connections of a server: how many may be open to nobody we know, and the end of them all."""

from __future__ import annotations

import enum
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred, succeed

#: Connections without a request under way on which nobody has proven who he is. Each costs about 30 KB with TLS.
MAX_STRANGERS = 1000


class Closing(enum.StrEnum):
    """Why we close a connection that its client has not left."""

    CROWDED = "crowded"  # too many strangers, and this one was silent for longest
    SILENT = "silent"  # no whole request in time, the TLS handshake included
    STALLED = "stalled"  # an answer that is not read
    FLOODING = "flooding"  # a WebSocket's client that says more than it needs to
    DESCRIPTORS = "descriptors"  # nearly all file descriptors are taken


class Connection(Protocol):
    """One client's."""

    def conclude(self) -> None:
        """Close when the answer under way, if there is one, has been sent; nothing more is answered."""

    def abandon(self, why: Closing) -> None:
        """Close at once, whatever is still to be sent."""


class Connections:
    """Knows which are open; each enters and leaves by itself. ``closed`` is told of each that is closed by us."""

    def __init__(self, *, closed: Callable[[Closing], object], max_strangers: int = MAX_STRANGERS) -> None:
        self._open: set[Connection] = set()
        self._strangers: OrderedDict[Connection, None] = OrderedDict()
        self._on_the_last: set[Connection] = set()
        self._max_strangers = max_strangers
        self._waiting: Deferred[None] | None = None
        self.closed = closed

    def add(self, connection: Connection, *, on_the_last: bool = False) -> None:
        """It is open, to whoever it may be. ``on_the_last``: it has one of the descriptors that are kept back.

        As long as one of those is taken each that comes costs another its place, also where that leaves it a lower
        number: else every second one would take one more of the last.
        """
        self._open.add(connection)
        self.idle(connection)
        if on_the_last:
            self._on_the_last.add(connection)
        if self._on_the_last:
            self._make_room(connection)

    def idle(self, stranger: Connection) -> None:
        """A stranger's has no request under way. Where there are too many, the one that was silent for longest goes."""
        if stranger not in self._open:
            return
        self._strangers[stranger] = None
        if len(self._strangers) > self._max_strangers:
            longest, _ = self._strangers.popitem(last=False)
            longest.abandon(Closing.CROWDED)

    def _make_room(self, newest: Connection) -> None:
        """Descriptors run out: the stranger that was silent for longest goes, unless there is only the newest."""
        longest = next(iter(self._strangers), newest)
        if longest is not newest:
            del self._strangers[longest]
            longest.abandon(Closing.DESCRIPTORS)

    def engaged(self, connection: Connection) -> None:
        """It has a request under way, or its client is known: it is not counted."""
        self._strangers.pop(connection, None)

    def discard(self, connection: Connection) -> None:
        """It is closed."""
        self._open.discard(connection)
        self._on_the_last.discard(connection)
        self._strangers.pop(connection, None)
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
