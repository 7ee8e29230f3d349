"""What is done every so many seconds, from its start until its end."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Periodic:
    """Calls ``look`` again and again, each time after as long as ``seconds`` gives then."""

    def __init__(self, clock: IReactorTime, seconds: Callable[[], float], look: Callable[[], object]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._look = look
        self._next: IDelayedCall | None = None

    def start(self) -> None:
        """Go on until ``stop``."""
        self._schedule()

    def stop(self) -> None:
        """No more calls; idempotent."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _schedule(self) -> None:
        self._next = self._clock.callLater(self._seconds(), self._go_on)

    def _go_on(self) -> None:
        # Before the call, so that one that fails is not the last.
        self._schedule()
        self._look()
