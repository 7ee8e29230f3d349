"""What parts take from the world, in tests: nothing is random, no variable is set, and time is a test's own."""

from __future__ import annotations

from random import Random
from typing import Any

from promoter_view.clocks import WallClock
from promoter_view.metrics import Metrics
from promoter_view.runtime import Runtime


class Always(Random):
    """Gives the same number in [0, 1] each time."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self._number = number

    def random(self) -> float:
        return self._number


def a_runtime(
    reactor: Any, *, wall: WallClock | None = None, metrics: Metrics | None = None, random: Random | None = None
) -> Runtime:
    """On that reactor, by whose clock the wall clock runs where none is given."""
    return Runtime(reactor, wall or reactor.seconds, metrics or Metrics(), random or Random(1), {})
