"""Runs a coroutine on the reactor until it is done, or a signal ends it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, globalLogBeginner, textFileLogObserver
from twisted.python.failure import Failure
from zope.interface import implementer

from promoter_view.clocks import make_monotonic
from promoter_view.command.exits import Exit, Signalled
from promoter_view.command.shell import TRACEBACK

T = TypeVar("T")

_SIGNALS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


def run_in_loop(main: Callable[[Any], Coroutine[Deferred[Any], Any, T]]) -> T:
    """What ``main``, given the reactor, returns. Call it once a process. Errors: what it raises; Signalled."""
    from twisted.internet import reactor  # noqa: PLC0415 - nothing is imported that may install another one

    make_monotonic(reactor)
    running = _Running(reactor)
    _begin_logging(running)
    reactor.callWhenRunning(running.begin, main)
    reactor.run()
    outcome: T = running.result()
    return outcome


@implementer(ILogObserver)
class _Running:
    """One coroutine. A defect that a part of the program has logged, and lived through, ends it too."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._work: Deferred[Any] | None = None
        self._outcome: Any = None
        self._stopped: BaseException | None = None

    def begin(self, main: Callable[[Any], Coroutine[Deferred[Any], Any, Any]]) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._signalled)
        self._work = Deferred.fromCoroutine(main(self._reactor))
        self._work.addBoth(self._ended)

    def result(self) -> Any:
        failed = self._outcome.value if isinstance(self._outcome, Failure) else None
        why = self._stopped or failed
        if why is not None:
            raise why
        return self._outcome

    def __call__(self, event: LogEvent) -> None:
        failure = event.get("log_failure")
        if isinstance(failure, Failure) and failure.value is not None:
            self._end(failure.value)

    def _signalled(self, number: int, _: object) -> None:
        self._reactor.callFromThread(self._end, Signalled(_SIGNALS[signal.Signals(number)]))

    def _end(self, why: BaseException) -> None:
        if self._stopped is None and self._work is not None:
            self._stopped = why
            self._work.cancel()
            self._reactor.callLater(0, self._leave)

    def _ended(self, outcome: Any) -> None:
        self._outcome = outcome
        self._leave()

    def _leave(self) -> None:
        if self._reactor.running:
            self._reactor.stop()


def _begin_logging(running: _Running) -> None:
    """Nothing is printed of what the program's parts log; with PROMOTER_VIEW_TRACEBACK=1 all of it."""
    observers: list[ILogObserver] = [running]
    if os.environ.get(TRACEBACK) == "1":
        observers.append(textFileLogObserver(sys.stderr))
    globalLogBeginner.beginLoggingTo(observers, redirectStandardIO=False, discardBuffer=True)
