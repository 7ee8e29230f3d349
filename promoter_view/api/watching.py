"""Watches of whatever is read by feeds: begun, carried, ended, counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.web.server import Request

from promoter_view.api.carriers import Carrier, carrier_of
from promoter_view.api.format.rendering import Rendering
from promoter_view.api.format.watch_lines import WatchLines
from promoter_view.api.instruments import WatchInstruments
from promoter_view.api.query import WatchQuery
from promoter_view.reading.feed import End, Feed
from promoter_view.reading.open_feeds import OpenFeed, OpenFeeds, Rhythm
from promoter_view.reading.pump import MAX_WRITE_BYTES, Pump
from promoter_view.reading.selection import Selection
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.wire import Frames
from promoter_view.runtime import Runtime
from promoter_view.views.history import Ahead, Expired


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``--bookmark-interval`` and ``--min-request-timeout``."""

    bookmark_interval_seconds: float = 60.0
    min_request_timeout_seconds: float = 1800.0


class ComingPages(Protocol):
    """What comes page by page."""

    def listen(self, wake: Callable[[], None]) -> None:
        """Call that when a page has come."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched, from where, and how it looks; ``lines`` tells it.

    ``pages``: those of what there is at the beginning, where a cursor reads it.
    """

    wanted: Selection
    query: WatchQuery
    rendering: Rendering
    lines: type[WatchLines] = WatchLines
    pages: ComingPages | None = None


class Watches:
    """The watches of one pump."""

    def __init__(self, pump: Pump, frames: Frames, *, runtime: Runtime, settings: ApiSettings) -> None:
        self._pump = pump
        self._frames = frames
        self._reactor = runtime.reactor
        self._random = runtime.random
        self._settings = settings
        self.feeds = OpenFeeds(pump, reactor=runtime.reactor, random=runtime.random)

    async def serve(
        self, request: Request, watched: Watched, sighted: SightedViews, instruments: WatchInstruments
    ) -> None:
        """Until it ends, also when its admission is revoked. Errors: Ahead, Draining, ReviewUnavailable."""
        rendering, query = watched.rendering, watched.query
        carrier = carrier_of(request, sighted.admission, self._frames, gzip=rendering.gzip, reactor=self._reactor)
        wire = carrier.wire
        lines = watched.lines(
            rendering.form,
            wire,
            instruments,
            bookmarks=query.bookmarks,
            initial_end=query.initial_end,
            as_they_are=rendering.as_they_are and wire.joins,
        )
        opened = self.feeds.open(sighted, watched.wanted, lines, wire)
        if watched.pages is not None:
            watched.pages.listen(opened.wake)
        await self._begin(opened.feed, watched, sighted, instruments)
        carrier.begin(opened.leave)
        if opened.feed.ended is None:
            await self._run(request, opened, query, instruments, carrier)
        else:
            request.write(opened.feed.pull(MAX_WRITE_BYTES))
            await carrier.end()

    async def _begin(self, feed: Feed, watched: Watched, sighted: SightedViews, instruments: WatchInstruments) -> None:
        """Errors: Ahead, ReviewUnavailable. One that has expired has an ERROR event to say, and that is all of it."""
        query = watched.query
        try:
            await self._pump.fresh(sighted.see, lambda: _start(feed, watched))
        except Expired as error:
            instruments.opened("expired")
            feed.expire(error)
        except Ahead:
            instruments.opened("ahead")
            raise
        else:
            instruments.opened("initial" if query.initial else "resumed")

    async def _run(
        self, request: Request, opened: OpenFeed, query: WatchQuery, instruments: WatchInstruments, carrier: Carrier
    ) -> None:
        rhythm = Rhythm(self._settings.bookmark_interval_seconds, end_seconds=self._timeout(query))
        instruments.open.inc()
        try:
            complete = await self.feeds.run(opened, request, rhythm)
        finally:
            instruments.open.dec()
        if opened.feed.ended in (End.DRAINED, End.EXPIRED, End.FORBIDDEN):
            instruments.terminated.inc()
        if complete or carrier.parted:
            await carrier.end()

    def _timeout(self, query: WatchQuery) -> float:
        if query.timeout_seconds is not None:
            return query.timeout_seconds
        return self._settings.min_request_timeout_seconds * self._random.uniform(1, 2)


def _start(feed: Feed, watched: Watched) -> None:
    version = watched.query.resource_version
    if not watched.query.initial:
        feed.resume(version)
    elif watched.pages is None:
        feed.begin(version)
    else:
        feed.replay()
