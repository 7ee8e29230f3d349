"""Which clock: the reactor's is monotonic, dates are the host's, ages are steady."""

from __future__ import annotations

import time

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.task import Clock

from promoter_view import clocks
from tests.support.clocks import Wall


def test_a_reactor_that_nobody_sets() -> None:
    """What is scheduled is due by the monotonic clock, which knows nothing of 1970."""
    reactor = EPollReactor()
    clocks.make_monotonic(reactor)
    call = reactor.callLater(5, lambda: None)
    assert clocks.monotonic() < call.getTime() <= clocks.monotonic() + 5
    assert reactor.seconds() < 1e9 < clocks.wall()
    assert reactor.timeout() <= 5
    call.cancel()


def test_too_late_to_change_the_clock() -> None:
    """A call that waits already would wait for another clock."""
    clock = Clock()
    clock.callLater(1, lambda: None)
    with pytest.raises(RuntimeError, match="scheduled already"):
        clocks.make_monotonic(clock)


def test_a_suspend_counts() -> None:
    """The clock is the one that goes on while a machine sleeps, where there is one."""
    assert clocks.monotonic() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=5)


def test_ages_do_not_jump() -> None:
    """A steady clock is right when it is made, and follows no step."""
    clock = Clock()
    wall = Wall(clock, 1_000_000.0)
    now = clocks.steady(wall, clock.seconds)
    assert now() == 1_000_000.0
    wall.step(86_400)
    clock.advance(10)
    assert now() == 1_000_010.0
