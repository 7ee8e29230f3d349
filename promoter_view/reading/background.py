"""What is asked of the cluster or the log while others go on: again and again while it cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.log.errors import LogClosed, LogUnreachable
from promoter_view.web.errors import ReviewUnavailable

RETRY_SECONDS = 5.0
Work = Callable[[], Coroutine[Deferred[Any], Any, None]]


class Background:
    """At most one work of a name at a time. What fails by a fault of ours is logged as ``failure``, and is over."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, failure: str) -> None:
        self._clock = clock
        self._failure = failure
        self._working: dict[str, Deferred[None]] = {}
        self._closed = False

    def begin(self, name: str, work: Work) -> None:
        """Do it, unless it is being done."""
        if name in self._working:
            return
        working = self._working[name] = Deferred.fromCoroutine(self._persist(work))
        working.addErrback(self._broken).addBoth(self._over, name)

    def cancel(self) -> None:
        """No more of any; others may begin."""
        for work in list(self._working.values()):
            work.cancel()

    def close(self) -> None:
        """No more of any, for good. Whatever one of them fails with is nobody's business now."""
        self._closed = True
        self.cancel()

    async def _persist(self, work: Work) -> None:
        while True:
            try:
                await work()
            except (ReviewUnavailable, LogUnreachable, LogClosed):
                await deferLater(self._clock, RETRY_SECONDS)
            else:
                return

    def _broken(self, failure: Failure) -> None:
        # What is called off may fail with anything: a coroutine that the collector of garbage has closed first, for
        # one, cannot be cancelled.
        if not self._closed and not failure.check(CancelledError):
            self._log.failure(self._failure, failure)

    def _over(self, _: object, name: str) -> None:
        self._working.pop(name)
