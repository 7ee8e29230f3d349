"""Asks the cluster for something again and again: what may change there without anybody being told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.complaints import Complaint
from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.kubernetes.outcomes import ClusterError

#: How soon a changed CustomResourceDefinition shows, where nothing else is said.
POLL_SECONDS = 60.0


class Polling:
    """Calls ``read`` about each ``poll_seconds`` until it is stopped, sooner where it fails. ``what``: for log lines.

    ``read`` raises ClusterError where the cluster cannot be asked: then what was known stays.
    """

    _log = Logger()

    def __init__(
        self,
        what: str,
        read: Callable[[], Awaitable[None]],
        *,
        clock: IReactorTime,
        random: Callable[[], float],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._what = what
        self._read = read
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._backoff = Backoff(random=random, first_seconds=1.0, limit_seconds=poll_seconds)
        self._jitter = random
        self._running: Deferred[None] | None = None
        self._unread = Complaint(
            self._log,
            f"{what} of the cluster cannot be read: {{message}}",
            over=f"{what} of the cluster can be read again",
        )

    @property
    def problem(self) -> str:
        """Why the cluster could not be asked, "" where it could."""
        return self._unread.message

    def start(self) -> None:
        """Begins, with a first time at once."""
        self.stop()
        self._running = Deferred.fromCoroutine(self._run()).addErrback(self._over)

    def stop(self) -> None:
        """No more of it; idempotent."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _run(self) -> None:
        while True:
            await deferLater(self._clock, await self._poll())

    async def _poll(self) -> float:
        """Seconds to wait for the next one."""
        try:
            await self._read()
        except ClusterError as error:
            self._unread.set(str(error))
            return self._backoff.next(error.retry_after_seconds)
        self._unread.clear()
        self._backoff.reset()
        return self._poll_seconds * (0.9 + self._jitter() / 5)

    def _over(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("{what} of the cluster are no longer followed", failure, what=self._what)
