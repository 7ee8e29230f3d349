"""The reactor's time in slices: no loop over what may be long holds it for longer than one.

Such a loop is an iterator of steps, each well below a millisecond. Nothing counts them: what a step costs is for the
cluster's objects to say, so a slice ends by the clock. The pump takes clients' steps, the cooperator the program's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Cooperator, deferLater

_Value = TypeVar("_Value")

#: The longest time in which one loop keeps the reactor, but for the step that it is in.
SLICE_SECONDS = 0.005

#: A loop in steps: it is done once they are through, and nothing of it is done before they are taken.
Steps = Iterator[None]
#: Begins a slice; what it gives tells whether that is over.
BeginSlice = Callable[[], Callable[[], bool]]


def begin_slice(reactor: IReactorTime, seconds: float = SLICE_SECONDS) -> Callable[[], bool]:
    """Tells whether the slice that begins now is over."""
    until = reactor.seconds() + seconds
    return lambda: reactor.seconds() >= until


def endless() -> Callable[[], bool]:
    """A BeginSlice of one that is never over: for whoever has all the time there is."""
    return lambda: False


async def in_slices(steps: Steps, *, reactor: IReactorTime) -> None:
    """Takes them all, and lets the reactor turn when a slice of its time is over."""
    is_over = begin_slice(reactor)
    for _ in steps:
        if is_over():
            await deferLater(reactor, 0)
            is_over = begin_slice(reactor)


async def outcome_in_slices(steps: Generator[None, None, _Value], *, reactor: IReactorTime) -> _Value:
    """The same for what they return."""
    returned: list[_Value] = []

    def taken() -> Steps:
        returned.append((yield from steps))

    await in_slices(taken(), reactor=reactor)
    return returned[0]


def at_once(steps: Steps) -> None:
    """Takes them all here and now: for whoever has all the time there is."""
    deque(steps, maxlen=0)


def outcome(steps: Generator[Any, None, _Value]) -> _Value:
    """The same for what they return."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: _Value = end.value
            return value


def cooperator(reactor: IReactorTime, *, rest_seconds: float = 0) -> Cooperator:
    """Takes the steps of iterators in turn, a slice of them at a time; between two it leaves the reactor to others."""
    return Cooperator(
        terminationPredicateFactory=lambda: begin_slice(reactor),
        scheduler=lambda call: reactor.callLater(rest_seconds, call),
    )
