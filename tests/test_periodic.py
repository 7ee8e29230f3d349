"""What is done every so many seconds."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from promoter_view.periodic import Periodic


def test_between_start_and_stop() -> None:
    """It is called after each wait, of a length asked for each time, until it is stopped; stopping is idempotent."""
    clock, waits, looks = Clock(), iter((1.0, 3.0, 1.0)), list[float]()
    periodic = Periodic(clock, lambda: next(waits), lambda: looks.append(clock.seconds()))
    periodic.start()
    clock.pump([0.5] * 9)
    assert looks == [1.0, 4.0]
    periodic.stop()
    periodic.stop()
    assert not clock.getDelayedCalls()


def test_a_call_that_fails_is_not_the_last() -> None:
    """What goes wrong in one call goes to the reactor, and the next one comes."""
    clock, looks = Clock(), list[float]()

    def look() -> None:
        looks.append(clock.seconds())
        raise ZeroDivisionError

    Periodic(clock, lambda: 1.0, look).start()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            clock.advance(1.0)
    assert looks == [1.0, 2.0]


def test_it_may_stop_itself() -> None:
    """A call that stops it is the last."""
    clock, looks = Clock(), list[float]()

    def look() -> None:
        looks.append(clock.seconds())
        periodic.stop()

    periodic = Periodic(clock, lambda: 1.0, look)
    periodic.start()
    clock.pump([1.0] * 3)
    assert looks == [1.0]
