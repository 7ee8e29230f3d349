"""Open feeds: what a feed needs of the world (time, reviews), and the register that ends all of a port's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from twisted.internet.interfaces import IConsumer, IDelayedCall, IReactorTime
from twisted.logger import Logger

from promoter_view.reading.background import Background
from promoter_view.reading.feed import End, Feed
from promoter_view.reading.format import Format
from promoter_view.reading.pump import Pump, Stream
from promoter_view.reading.selection import Selection
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.wire import Wire
from promoter_view.web.errors import Draining


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often something falls due, in seconds, but for a quarter more or less that keeps feeds apart; None: never.

    ``end_seconds`` is exact. ``review_seconds``: a right that was taken away ends a feed within a minute, an answer
    from a cache and a slow review included.
    """

    bookmark_seconds: float
    beat_seconds: float | None = None
    end_seconds: float | None = None
    review_seconds: float = 30.0


class OpenFeed:
    """Gives its feed the time and what it needs to know. Nothing runs after ``close``."""

    _log = Logger()

    def __init__(
        self,
        sighted: SightedViews,
        selection: Selection,
        form: Format,
        wire: Wire,
        *,
        pump: Pump,
        reactor: IReactorTime,
        random: Random,
    ) -> None:
        self._sighted = sighted
        self._sight = sighted.sight
        self._scope = ""
        self._newest = pump.newest
        self._reactor = reactor
        self._random = random
        self._stream: Stream | None = None
        self._timers: dict[str, IDelayedCall] = {}
        # A fault of ours is no reason to end a feed, and none to stop asking.
        self._background = Background(reactor, "the permissions for a stream could not be checked")
        self._closed = False
        self.feed = Feed(sighted.views, selection, form, wire, restart=self._restart, begin_slice=pump.begin_slice)

    def run(self, stream: Stream, rhythm: Rhythm) -> None:
        """It is being written now."""
        self._stream = stream
        self._scope = self._sight.scope
        self._sight.subscribe(self)
        if rhythm.end_seconds is not None:
            self._timers["end"] = self._reactor.callLater(max(rhythm.end_seconds, 0), self.end, End.TIMEOUT)
        if rhythm.beat_seconds is not None:
            self._every("beat", rhythm.beat_seconds, self.feed.beat)
        self._every("bookmark", rhythm.bookmark_seconds, self.feed.remind)
        self._every("review", rhythm.review_seconds, lambda: self._background.begin("review", self._review))

    def end(self, why: End) -> None:
        """End it cleanly, also while its client does not read."""
        self.feed.end(why)
        self._nudge(last=True)

    def leave(self) -> None:
        """Its client wants no more, though its connection may stay."""
        if self._stream is not None:
            self._stream.close()

    def close(self) -> None:
        """It is over."""
        self._closed = True
        self._sight.unsubscribe(self)
        for timer in self._timers.values():
            if timer.active():
                timer.cancel()
        self._background.close()

    def wake(self) -> None:
        """More is known of what may be seen (Wakeable)."""
        if self._scope != self._sight.scope:
            self._scope = self._sight.scope
            self.feed.remind()
        self._nudge()

    def _every(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        delay = seconds * self._random.uniform(0.75, 1.25)
        self._timers[name] = self._reactor.callLater(delay, self._fall_due, name, seconds, call)

    def _fall_due(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        call()
        if not self.feed.idle:
            self._nudge()
        if not self._closed:
            self._every(name, seconds, call)

    def _nudge(self, *, last: bool = False) -> None:
        if self._stream is not None:
            self._stream.nudge(last=last)

    def _restart(self) -> None:
        """For the feed: it begins anew."""
        self._background.begin("restart", self._begin)

    async def _begin(self) -> None:
        await self._newest()
        await self._sighted.see(self.feed.begin)
        self._nudge()

    async def _review(self) -> None:
        refusal = await self._sighted.admission.revoked()
        if refusal is not None:
            self.feed.end(End.FORBIDDEN, refusal)
            self._nudge(last=True)
            return
        if await self._sighted.renew():
            self._nudge()


class OpenFeeds:
    """All feeds of a port."""

    def __init__(self, pump: Pump, *, reactor: IReactorTime, random: Random) -> None:
        self._pump = pump
        self._reactor = reactor
        self._random = random
        self._open: set[OpenFeed] = set()
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def open(self, sighted: SightedViews, selection: Selection, form: Format, wire: Wire) -> OpenFeed:
        """One that is to begin. Errors: Draining."""
        if self.draining:
            raise Draining()
        return OpenFeed(sighted, selection, form, wire, pump=self._pump, reactor=self._reactor, random=self._random)

    async def run(self, opened: OpenFeed, consumer: IConsumer, rhythm: Rhythm) -> bool:
        """Write it until it ends: True where it has said all. One that waited while draining began ends at once."""
        stream = self._pump.open(opened.feed, consumer)
        self._open.add(opened)
        try:
            opened.run(stream, rhythm)
            if self.draining:
                opened.end(End.DRAINED)
            return await stream.done
        finally:
            opened.close()
            self._open.discard(opened)

    def drain(self) -> None:
        """End all, and let none begin."""
        self.draining = True
        for opened in list(self._open):
            opened.end(End.DRAINED)
