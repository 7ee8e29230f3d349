"""A wait that can be ended early."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime


class Pause:
    """One wait at a time."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._waiting: Deferred[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Returns after that time, or at ``end``. May be cancelled."""
        waiting: Deferred[None] = Deferred()
        self._waiting = waiting
        call = self._clock.callLater(seconds, waiting.callback, None)
        try:
            await waiting
        finally:
            self._waiting = None
            if call.active():
                call.cancel()

    def end(self) -> None:
        """Whoever waits goes on."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)
