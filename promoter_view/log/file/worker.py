"""The one thread in which the log touches the disk, so that the reactor never waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

T = TypeVar("T")


class Worker(Protocol):
    """Runs jobs one after the other, in the order given."""

    def run(self, job: Callable[[], T]) -> Deferred[T]:
        """Fires on the reactor with what ``job`` returned or raised."""

    def stop(self) -> None:
        """Ends the thread; nothing may be running."""


class ThreadWorker:
    """A Worker of one thread. The thread starts with the first job, and ends at the latest with the reactor."""

    def __init__(self, *, reactor: Any) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(minthreads=0, maxthreads=1, name="event-log")
        self._pool.start()
        # A thread that is left would keep the process alive for ever.
        self._trigger = reactor.addSystemEventTrigger("after", "shutdown", self._pool.stop)

    def run(self, job: Callable[[], T]) -> Deferred[T]:
        """See Worker."""
        running: Deferred[T] = deferToThreadPool(self._reactor, self._pool, job)
        return running

    def stop(self) -> None:
        """See Worker."""
        self._reactor.removeSystemEventTrigger(self._trigger)
        self._pool.stop()
