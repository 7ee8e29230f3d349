"""A wall clock apart from the reactor's, as a host has it: somebody sets it, and nothing that lasts may follow."""

from __future__ import annotations

from twisted.internet.task import Clock


class Wall:
    """A WallClock that runs with ``clock`` and can be set; ``ahead`` is how far it is from it."""

    def __init__(self, clock: Clock, ahead: float = 0.0) -> None:
        self._clock = clock
        self.ahead = ahead

    def __call__(self) -> float:
        return self._clock.seconds() + self.ahead

    def step(self, seconds: float) -> None:
        """Somebody sets it, forward or back."""
        self.ahead += seconds
