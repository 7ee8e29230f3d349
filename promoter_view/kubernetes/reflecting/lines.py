"""The open stream of a reflector, line by line; whoever does not read it may end the waiting for the next one."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import CancelledError, Deferred


class LineSource(Protocol):
    """The lines of an open watch (streams.LineStream)."""

    def read(self) -> Deferred[list[bytes]]:
        """The lines that have come; [] is the clean end. Errors: ClusterError."""

    def allow_idle(self, seconds: float) -> None:
        """How long it may be silent."""

    def close(self) -> None:
        """No more of it; idempotent."""


class OpenLines:
    """What has come of ``stream``: ``unread`` are those lines, the last one first."""

    def __init__(self, stream: LineSource) -> None:
        self.stream = stream
        self.unread: list[bytes] = []
        self._reading: Deferred[list[bytes]] | None = None
        self._given_up = False

    async def read(self) -> None:
        """Waits for more; none is the end, clean or because it was given up. Errors: ClusterError."""
        self._reading = self.stream.read()
        try:
            self.unread = await self._reading
            self.unread.reverse()
        except CancelledError:
            if not self._given_up:
                raise
        finally:
            self._reading = None

    def give_up(self) -> None:
        """Whoever waits is told that this is the end."""
        self._given_up = True
        if self._reading is not None:
            self._reading.cancel()
