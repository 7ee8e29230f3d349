"""Runs the real reactor from a plain test until something has come of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
_reactor: Any = installed_reactor


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns or raises."""
    results: list[Any] = []
    deferred = Deferred.fromCoroutine(coroutine)
    deferred.addBoth(results.append)
    until(lambda: bool(results), "the coroutine did not end")
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]  # type: ignore[no-any-return]


def until(done: Callable[[], object], words: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Lets the reactor run until ``done``, or fails with ``words``."""
    deadline = _reactor.seconds() + seconds
    while not done():
        assert _reactor.seconds() < deadline, words
        turn(0.005)


def turn(seconds: float) -> None:
    """Lets the reactor run for that long."""
    _reactor.callLater(seconds, _reactor.crash)
    _reactor.run(installSignalHandlers=False)


def end() -> None:
    """Ends the reactor's threads, as trial does after each test: they would keep the process alive."""
    if _reactor.threadpool is not None:
        _reactor._stopThreadPool()
