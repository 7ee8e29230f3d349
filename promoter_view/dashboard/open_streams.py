"""Open streams: what a reader of events needs of the world (time, reviews), and the register that ends all of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.access.outlook import Outlook
from promoter_view.dashboard.rights import Rights
from promoter_view.dashboard.streams import Needs, SseReader
from promoter_view.dashboard.visible import Visible
from promoter_view.dashboard.visitors import Visitor
from promoter_view.log.errors import LogClosed, LogUnreachable
from promoter_view.reading.pump import Stream
from promoter_view.web.errors import ReviewUnavailable

#: A sign of life comes at least every 10 s, as proxies cut silent streams.
_TICK_SECONDS = 8.0
#: Every so many ticks a bookmark: about every 30 s. So with a look at what may be seen.
_BOOKMARK_TICKS = 4
_REVIEW_TICKS = 3
_RETRY_SECONDS = 5.0
_Work = Callable[[], Coroutine[Deferred[Any], Any, None]]


class OpenStream:
    """One client's: gives its reader the time and what it needs to know. Nothing runs after ``close``."""

    _log = Logger()

    def __init__(
        self,
        make: Callable[[Needs, Visible], SseReader],
        visible: Visible,
        visitor: Visitor,
        rights: Rights,
        outlook: Outlook,
        *,
        newest: Callable[[], Deferred[None]],
        reactor: IReactorTime,
        random: Random,
    ) -> None:
        self._visible = visible
        self._visitor = visitor
        self._rights = rights
        self._outlook = outlook
        self._newest = newest
        self._reactor = reactor
        self._random = random
        self._stream: Stream | None = None
        self._ticks = 0
        self._tick_call: IDelayedCall | None = None
        self._working: dict[object, Deferred[None]] = {}
        self._closed = False
        self.reader = make(self, visible)

    def run(self, stream: Stream) -> None:
        """It is being written now."""
        self._stream = stream
        self._outlook.follow(self)
        self._await_tick()

    def end(self) -> None:
        """End it, also while its client does not read."""
        self.reader.end()
        self._nudge(last=True)

    def close(self) -> None:
        """It is over."""
        self._closed = True
        self._outlook.leave(self)
        if self._tick_call is not None and self._tick_call.active():
            self._tick_call.cancel()
        for work in list(self._working.values()):
            work.cancel()

    def wake(self) -> None:
        """More is known of what may be seen (Wakeable)."""
        self._nudge()

    def restart(self) -> None:
        """For the reader: it begins anew."""
        self._work("restart", self._begin)

    def learn(self, view: str, namespace: str) -> None:
        """For the reader: it needs to know that."""
        self._work((view, namespace), lambda: self._examine(view, namespace))

    def _await_tick(self) -> None:
        self._tick_call = self._reactor.callLater(_TICK_SECONDS * self._random.uniform(0.8, 1.2), self._tick)

    def _tick(self) -> None:
        self._ticks += 1
        self.reader.beat()
        if self._ticks % _BOOKMARK_TICKS == 0:
            self.reader.remind()
        if self._ticks % _REVIEW_TICKS == 0 and not self._rights.fixed:
            self._work("review", self._review)
        self._nudge()
        self._await_tick()

    def _nudge(self, *, last: bool = False) -> None:
        if self._stream is not None:
            self._stream.nudge(last=last)

    def _work(self, name: object, work: _Work) -> None:
        """At most one of a name at a time."""
        if name in self._working:
            return
        working = self._working[name] = Deferred.fromCoroutine(self._persist(work))
        working.addErrback(self._broken).addBoth(lambda _: self._done(name))

    def _done(self, name: object) -> None:
        del self._working[name]

    async def _persist(self, work: _Work) -> None:
        """While the cluster, or the log, cannot be asked, what was known stays."""
        while True:
            try:
                await work()
            except (ReviewUnavailable, LogUnreachable, LogClosed):
                await deferLater(self._reactor, _RETRY_SECONDS)
            else:
                return

    async def _begin(self) -> None:
        await self._newest()
        await self._outlook.see(self.reader.begin)
        self._nudge()

    async def _examine(self, view: str, namespace: str) -> None:
        may = await self._rights.sees(self._visitor.identity, view, namespace)
        self._regard(self._visible.learn(view, namespace, may=may))

    async def _review(self) -> None:
        if await self._visitor.revoked() is not None:
            self.end()
            return
        self._regard(await self._rights.visible(self._visitor.identity))
        if await self._outlook.renew():
            self._nudge()

    def _regard(self, visible: Visible) -> None:
        self._visible = visible
        self.reader.regard(visible)
        self._nudge()

    def _broken(self, failure: Failure) -> None:
        # A fault of ours is no reason to end a stream. What is called off may fail with anything, and nobody waits.
        if not self._closed and not failure.check(CancelledError):
            self._log.failure("what a stream needs to know could not be found out", failure)


class OpenStreams:
    """All streams of a server."""

    def __init__(self) -> None:
        self._open: set[OpenStream] = set()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, stream: OpenStream) -> None:
        """It has begun."""
        self._open.add(stream)

    def discard(self, stream: OpenStream) -> None:
        """It is over."""
        stream.close()
        self._open.discard(stream)

    def drain(self) -> None:
        """End all, and let none begin."""
        self.draining = True
        for stream in list(self._open):
            stream.end()
