"""Bodies of answers: the lines of a stream, read at the reader's pace, and whole bodies within a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss

from promoter_view.kubernetes.client.failures import words_of
from promoter_view.kubernetes.client.framing import LineBuffer, LineTooLong
from promoter_view.kubernetes.outcomes import Outcome, Unreachable


class IdleTimer:
    """Calls ``silent`` once nothing was heard for so long. Moving it costs an assignment, not a timer."""

    def __init__(self, clock: IReactorTime, seconds: float, silent: Callable[[], None]) -> None:
        self._clock = clock
        self._silent = silent
        self._heard_at = clock.seconds()
        self._call: IDelayedCall | None = None
        self.seconds = seconds
        self._arm(seconds)

    def heard(self) -> None:
        """Something came."""
        self._heard_at = self._clock.seconds()

    def allow(self, seconds: float) -> None:
        """Another bound, from now on."""
        self.seconds = seconds
        self.heard()
        self.cancel()
        self._arm(seconds)

    def cancel(self) -> None:
        """No more of it; idempotent."""
        if self._call is not None and self._call.active():
            self._call.cancel()

    def _arm(self, seconds: float) -> None:
        self._call = self._clock.callLater(seconds, self._check)

    def _check(self) -> None:
        left = self._heard_at + self.seconds - self._clock.seconds()
        if left > 0:
            self._arm(left)
        else:
            self._silent()


class LineStream(Protocol):
    """The lines of a body. The transport is paused while lines lie unread, so a slow reader slows the sender."""

    transport: Any  # a push producer that also has loseConnection; Twisted has no interface for it

    def __init__(self, *, clock: IReactorTime, idle_seconds: float) -> None:
        self._buffer = LineBuffer()
        self._lines: list[bytes] = []
        self._reader: Deferred[list[bytes]] | None = None
        self._end: Unreachable | None = None
        self._over = False
        self._paused = False
        self._idle = IdleTimer(clock, idle_seconds, self._silent)

    def read(self) -> Deferred[list[bytes]]:
        """The lines that have come, at least one; waits for them. [] is the stream's clean end.

        Errors: Unreachable with RESET, SILENT or LINE_TOO_LONG, after the lines that came before.
        """
        assert self._reader is None, "one reader at a time"
        if self._lines or self._over:
            return self._take()
        self._resume()
        self._reader = Deferred(self._forget)
        return self._reader

    def allow_idle(self, seconds: float) -> None:
        """How long the stream may be silent from now on, while it is read."""
        if not self._over:
            self._idle.allow(seconds)

    def close(self) -> None:
        """The reader wants no more, and is told no more; idempotent."""
        self._reader = None
        self._finish(None)
        self._lines.clear()

    def dataReceived(self, data: bytes) -> None:
        """IProtocol: bytes of the body."""
        if self._over:
            return
        self._idle.heard()
        try:
            self._lines += self._buffer.feed(data)
        except LineTooLong as error:
            self._lines += error.lines
            self._finish(Unreachable(Outcome.LINE_TOO_LONG, str(error)))
        if self._reader is not None and self._lines:
            self._deliver()
        elif self._reader is None and not self._over:
            self._pause()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """IProtocol: the end of the body, clean or not."""
        if self._over:
            return
        clean = reason.check(ResponseDone, PotentialDataLoss)
        if clean and not self._buffer.partial:
            self._finish(None)
        elif clean:
            self._finish(Unreachable(Outcome.RESET, "the stream ended in the middle of a line"))
        else:
            self._finish(Unreachable(Outcome.RESET, f"the stream broke off: {words_of(reason.value)}"))

    def _silent(self) -> None:
        if self._reader is None:
            self._idle.allow(self._idle.seconds)  # it is us who do not listen
        else:
            self._finish(Unreachable(Outcome.SILENT, "nothing came for too long, not even a bookmark"))

    def _finish(self, end: Unreachable | None) -> None:
        if self._over:
            return
        self._over = True
        self._end = end
        self._idle.cancel()
        # A paused TLS connection would never read its peer's goodbye, and so never close.
        self._resume()
        if self.transport is not None:
            self.transport.loseConnection()
        if self._reader is not None:
            self._deliver()

    def _deliver(self) -> None:
        reader, self._reader = self._reader, None
        assert reader is not None
        self._take().chainDeferred(reader)

    def _take(self) -> Deferred[list[bytes]]:
        if self._lines or self._end is None:
            lines, self._lines = self._lines, []
            return succeed(lines)
        return fail(self._end)

    def _forget(self, _: Deferred[list[bytes]]) -> None:
        self._reader = None

    def _pause(self) -> None:
        if not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pauseProducing()

    def _resume(self) -> None:
        if self._paused and self.transport is not None:
            self._paused = False
            self.transport.resumeProducing()


class BodyCollector(Protocol):
    """A whole body. ``done`` fires with its bytes; errors: Unreachable with RESET, SILENT or BODY_TOO_LARGE."""

    def __init__(self, *, clock: IReactorTime, idle_seconds: float, max_bytes: int) -> None:
        self.done: Deferred[bytes] = Deferred(lambda _: self._finish(None))
        self._parts: list[bytes] = []
        self._size = 0
        self._max_bytes = max_bytes
        self._over = False
        self._idle = IdleTimer(clock, idle_seconds, self._silent)

    def dataReceived(self, data: bytes) -> None:
        """IProtocol: bytes of the body."""
        self._idle.heard()
        self._size += len(data)
        if self._size > self._max_bytes:
            self._finish(Unreachable(Outcome.BODY_TOO_LARGE, f"the answer is longer than {self._max_bytes} bytes"))
        elif not self._over:
            self._parts.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """IProtocol: the end of the body, clean or not."""
        if self._over:
            return
        if not reason.check(ResponseDone, PotentialDataLoss):
            self._finish(Unreachable(Outcome.RESET, f"the answer broke off: {words_of(reason.value)}"))
            return
        self._over = True
        self._idle.cancel()
        self.done.callback(b"".join(self._parts))

    def _silent(self) -> None:
        self._finish(Unreachable(Outcome.SILENT, "the answer stopped in the middle"))

    def _finish(self, error: Unreachable | None) -> None:
        if self._over:
            return
        self._over = True
        self._idle.cancel()
        self._parts.clear()
        if self.transport is not None:
            self.transport.loseConnection()
        if error is not None:
            self.done.errback(error)
