"""Open watches: a stream with the three timers of its life, and the register by which all of them are ended."""

from __future__ import annotations

from random import Random

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.access.admission import Admission
from promoter_view.access.outlook import Outlook
from promoter_view.api.watching import End, Watch
from promoter_view.reading.pump import Stream

#: A right that was taken away ends a watch within a minute, an answer from a cache and a slow review included.
_ADMISSION_SECONDS = 30.0


class OpenWatch:
    """Reminds the watch of its bookmarks, ends it in time or when its right is gone. Nothing runs after ``close``.

    When its client may see other members than before, the watch is given its turn to say so.
    """

    _log = Logger()

    def __init__(
        self,
        watch: Watch,
        stream: Stream,
        admission: Admission,
        outlook: Outlook,
        *,
        reactor: IReactorTime,
        random: Random,
    ) -> None:
        self._watch = watch
        self._stream = stream
        self._admission = admission
        self._outlook = outlook
        self._asking: Deferred[None] | None = None
        self._reactor = reactor
        self._random = random
        self._timers: dict[str, IDelayedCall] = {}
        self._closed = False

    def start(self, *, timeout_seconds: float, bookmark_seconds: float) -> None:
        """End after ``timeout_seconds``; a bookmark about each ``bookmark_seconds``, as jitter keeps watches apart."""
        self._timers["end"] = self._reactor.callLater(max(timeout_seconds, 0), self.end, End.TIMEOUT)
        self._await_bookmark(bookmark_seconds)
        self._await_review()
        self._outlook.follow(self)

    def wake(self) -> None:
        """More is known of what its client may see (Wakeable)."""
        self._stream.nudge()

    def end(self, why: End) -> None:
        """End it cleanly, also while its client does not read."""
        self._watch.end(why)
        self._stream.nudge(last=True)

    def close(self) -> None:
        """It is over: no timer stays."""
        self._closed = True
        self._outlook.leave(self)
        for timer in self._timers.values():
            if timer.active():
                timer.cancel()
        if self._asking is not None:
            self._asking.cancel()

    def _await_bookmark(self, seconds: float) -> None:
        delay = seconds * self._random.uniform(0.75, 1.25)
        self._timers["bookmark"] = self._reactor.callLater(delay, self._remind, seconds)

    def _remind(self, seconds: float) -> None:
        self._watch.remind()
        self._stream.nudge()
        self._await_bookmark(seconds)

    def _await_review(self) -> None:
        delay = _ADMISSION_SECONDS * self._random.uniform(0.75, 1.25)
        self._timers["review"] = self._reactor.callLater(delay, self._review)

    def _review(self) -> None:
        self._asking = Deferred.fromCoroutine(self._ask())
        self._asking.addErrback(self._broken)

    async def _ask(self) -> None:
        refusal = await self._admission.revoked()
        if refusal is not None:
            self._watch.forbid(refusal)
            self._stream.nudge(last=True)
            return
        if await self._outlook.renew():
            self._stream.nudge()
        self._await_review()

    def _broken(self, failure: Failure) -> None:
        # A fault of ours is no reason to end a watch, and none to stop asking. A question that is called off may fail
        # with anything: a coroutine that the collector of garbage has closed first, for one, cannot be cancelled.
        if not self._closed and not failure.check(CancelledError):
            self._log.failure("asking whether a watch may go on failed", failure)
            self._await_review()


class OpenWatches:
    """All watches of a server."""

    def __init__(self) -> None:
        self._open: set[OpenWatch] = set()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, watch: OpenWatch) -> None:
        """It has begun. One that waited for the head while draining began ends at once, as the others did."""
        self._open.add(watch)
        if self.draining:
            watch.end(End.DRAINED)

    def discard(self, watch: OpenWatch) -> None:
        """It is over."""
        watch.close()
        self._open.discard(watch)

    def drain(self) -> None:
        """End all, and let none begin."""
        self.draining = True
        for watch in list(self._open):
            watch.end(End.DRAINED)
