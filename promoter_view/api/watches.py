"""Open watches: a stream with the two timers of its life, and the register by which all of them are ended."""

from __future__ import annotations

from random import Random

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from promoter_view.api.watching import End, Watch
from promoter_view.streaming import Stream


class OpenWatch:
    """Reminds the watch of its bookmarks and ends it in time. Nothing runs after ``close``."""

    def __init__(self, watch: Watch, stream: Stream, *, reactor: IReactorTime, random: Random) -> None:
        self._watch = watch
        self._stream = stream
        self._reactor = reactor
        self._random = random
        self._timers: dict[str, IDelayedCall] = {}

    def start(self, *, timeout_seconds: float, bookmark_seconds: float) -> None:
        """End after ``timeout_seconds``; a bookmark about each ``bookmark_seconds``, as jitter keeps watches apart."""
        self._timers["end"] = self._reactor.callLater(max(timeout_seconds, 0), self.end, End.TIMEOUT)
        self._await_bookmark(bookmark_seconds)

    def end(self, why: End) -> None:
        """End it cleanly, also while its client does not read."""
        self._watch.end(why)
        self._stream.nudge(last=True)

    def close(self) -> None:
        """It is over: no timer stays."""
        for timer in self._timers.values():
            if timer.active():
                timer.cancel()

    def _await_bookmark(self, seconds: float) -> None:
        delay = seconds * self._random.uniform(0.75, 1.25)
        self._timers["bookmark"] = self._reactor.callLater(delay, self._remind, seconds)

    def _remind(self, seconds: float) -> None:
        self._watch.remind()
        self._stream.nudge()
        self._await_bookmark(seconds)


class OpenWatches:
    """All watches of a server."""

    def __init__(self) -> None:
        self._open: set[OpenWatch] = set()
        self.draining = False

    def add(self, watch: OpenWatch) -> None:
        """It has begun."""
        self._open.add(watch)

    def discard(self, watch: OpenWatch) -> None:
        """It is over."""
        watch.close()
        self._open.discard(watch)

    def drain(self) -> None:
        """End all, and let none begin."""
        self.draining = True
        for watch in list(self._open):
            watch.end(End.DRAINED)
