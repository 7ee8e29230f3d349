"""The reactor's time in slices: no loop over what may be long holds it for longer than one.

Such a loop is an iterator of steps, each well below a millisecond. Nothing counts them: what a step costs is for the
cluster's objects to say, so a slice ends by the clock. The pump takes clients' steps, the cooperator the program's own.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Cooperator

#: The longest time in which one loop keeps the reactor, but for the step that it is in.
SLICE_SECONDS = 0.005

#: Begins a slice; what it gives tells whether that is over.
BeginSlice = Callable[[], Callable[[], bool]]


def begin_slice(reactor: IReactorTime, seconds: float = SLICE_SECONDS) -> Callable[[], bool]:
    """Tells whether the slice that begins now is over."""
    until = reactor.seconds() + seconds
    return lambda: reactor.seconds() >= until


def endless() -> Callable[[], bool]:
    """A BeginSlice of one that is never over: for whoever has all the time there is."""
    return lambda: False


def cooperator(reactor: IReactorTime) -> Cooperator:
    """Takes the steps of iterators in turn, a slice of them a turn of the reactor."""
    return Cooperator(
        terminationPredicateFactory=lambda: begin_slice(reactor), scheduler=lambda call: reactor.callLater(0, call)
    )
