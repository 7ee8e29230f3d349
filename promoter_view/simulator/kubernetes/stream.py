"""One open watch's connection: timers, the transport's back-pressure, and faults when a test arms some."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.web.http import Request
from zope.interface import implementer

from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.errors import StatusError
from promoter_view.simulator.kubernetes.faults import ArmedFaults, Cut, ErrorEvent, Garbage, Silence, StreamEnd
from promoter_view.simulator.kubernetes.watch import WatchCursor, error_frame

#: Events that are examined in one turn of the reactor.
_TURN = 64


@implementer(IPushProducer)
class WatchStream:
    """Pulls a cursor's frames into a request. ``done`` is called once, when it is over; times in seconds."""

    def __init__(
        self,
        request: Request,
        cursor: WatchCursor,
        *,
        cluster: ObjectStore,
        faults: ArmedFaults,
        clock: IReactorTime,
        bookmark_interval: float | None,
        timeout_seconds: float,
        done: Callable[[WatchStream], None],
    ) -> None:
        self._request = request
        self._cursor = cursor
        self._cluster = cluster
        self._faults = faults
        self._clock = clock
        self._bookmark_interval = bookmark_interval
        self._done = done
        self._path = request.path.decode("ascii", "replace")
        self._bookmark_due = False
        self._paused = False
        self._silent = False
        self._over = False
        self._turn: IDelayedCall | None = None
        self._bookmark_timer: IDelayedCall | None = None
        self._end_timer = clock.callLater(timeout_seconds, self.end)

    def start(self) -> None:
        """Sends the headers and begins."""
        self._request.setHeader(b"content-type", b"application/json")
        self._request.setHeader(b"cache-control", b"no-cache, private")
        self._request.notifyFinish().addBoth(lambda _: self._close())
        self._request.write(b"")
        self._request.registerProducer(self, True)
        self._cluster.subscribe(self.wake)
        self._wait_for_bookmark()
        self._pump()

    def wake(self) -> None:
        """There may be something to write; it is written in a turn of its own."""
        if self._turn is None and not (self._over or self._paused or self._silent):
            self._turn = self._clock.callLater(0, self._pump)

    def pauseProducing(self) -> None:
        """The transport's buffer is full."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The transport takes more."""
        self._paused = False
        self.wake()

    def stopProducing(self) -> None:
        """The client is gone."""
        self._close()

    def end(self) -> None:
        """Ends the stream cleanly, as when its time is up."""
        if self._close():
            self._request.unregisterProducer()
            self._request.finish()

    def cut(self) -> None:
        """Closes the connection without ending the stream."""
        if self._close():
            self._request.unregisterProducer()
            self._request.loseConnection()

    def _pump(self) -> None:
        self._turn = None
        if self._cursor.severed:
            self.cut()
            return
        frames = self._cursor.take(_TURN)
        for frame in frames or ():
            self._write(frame)
        if self._cursor.ended:
            self.end()
        elif frames is not None:
            self.wake()
        elif self._bookmark_due:
            self._bookmark_due = False
            self._write(self._cursor.bookmark() or b"")

    def _write(self, frame: bytes) -> None:
        if self._over or self._silent or not frame:
            return
        fault = self._faults.of_event(self._path)
        if isinstance(fault, Silence):
            self._silent = True
        elif isinstance(fault, Cut):
            self._request.write(frame[: len(frame) // 2] if fault.mid_line else b"")
            self.cut()
        elif isinstance(fault, StreamEnd):
            self.end()
        elif isinstance(fault, ErrorEvent):
            self._request.write(error_frame(_status_of(fault)))
            self.end()
        else:
            self._request.write(fault.data + frame if isinstance(fault, Garbage) else frame)

    def _wait_for_bookmark(self) -> None:
        if self._bookmark_interval is not None:
            self._bookmark_timer = self._clock.callLater(self._bookmark_interval, self._bookmark_is_due)

    def _bookmark_is_due(self) -> None:
        self._bookmark_due = True
        self._wait_for_bookmark()
        self.wake()

    def _close(self) -> bool:
        """Stops timers and listening; False when that was done before."""
        if self._over:
            return False
        self._over = True
        self._cluster.unsubscribe(self.wake)
        for timer in (self._end_timer, self._bookmark_timer, self._turn):
            if timer is not None and timer.active():
                timer.cancel()
        self._done(self)
        return True


def _status_of(fault: ErrorEvent) -> StatusError:
    retry = fault.retry_after_seconds
    details = {} if retry is None else {"retryAfterSeconds": retry}
    return StatusError(fault.code, fault.reason, fault.message, details)
