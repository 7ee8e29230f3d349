"""Which clock: the one place that reads one (ruff's banned-api keeps it so). docs/decisions/clocks.md.

What lasts (limits, caches, leases, back-off, heartbeats) runs on the reactor's clock, which nobody sets. What has a
date (offsets, records, certificates, tokens, what people read) asks a ``WallClock`` that its maker was given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

#: Gives seconds since 1970, as the host has them: they may step, in both directions.
WallClock = Callable[[], float]

#: Counts the time that a machine was suspended too: a lease and a permission that was kept grow old meanwhile.
#: macOS has none; there a suspend shows as a step of the wall clock.
_BOOT_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def wall() -> float:
    """A WallClock: the host's."""
    return time.time()


def monotonic() -> float:
    """Seconds since some moment; they only grow."""
    return time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)


def make_monotonic(reactor: Any) -> None:
    """Has all that is scheduled on that reactor, and all that asks it for seconds, run on the monotonic clock.

    Twisted's own is ``time.time``, and every callLater of ours and of libraries rides on it. To be called before
    anything is scheduled: a call that waits already would wait for another clock.
    """
    if reactor.getDelayedCalls():
        raise RuntimeError("something is scheduled already: its clock cannot be changed any more")
    reactor.seconds = monotonic


def steady(wall_clock: WallClock, monotonic_clock: Callable[[], float]) -> WallClock:
    """A WallClock that is right now and then runs on the monotonic one: ages that must not jump are taken from it."""
    ahead = wall_clock() - monotonic_clock()
    return lambda: ahead + monotonic_clock()
