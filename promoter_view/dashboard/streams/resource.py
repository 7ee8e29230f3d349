"""``/watch`` and ``/pages/stream``: from a request to an open feed. Thin: parse, ask the pure parts, write."""

from __future__ import annotations

from collections.abc import Callable

from twisted.web.server import Request

from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.streams import sse
from promoter_view.dashboard.streams.requests import Resume, parse_resume, same_scope
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.reading.feed import Feed
from promoter_view.reading.format import Format
from promoter_view.reading.open_feeds import OpenFeeds, Rhythm
from promoter_view.reading.pump import Pump
from promoter_view.reading.seen import Seen
from promoter_view.reading.selection import Selection
from promoter_view.reading.wire import Frames, Wire
from promoter_view.runtime import Runtime
from promoter_view.views.history import Ahead, Expired
from promoter_view.web.encodings import accepts_gzip
from promoter_view.web.errors import NotReady
from promoter_view.web.parameters import Parameters

_RETRY_MILLISECONDS = (1000, 3000)
#: A sign of life comes at least every 10 s, as proxies cut silent streams.
RHYTHM = Rhythm(bookmark_seconds=30.0, beat_seconds=8.0, review_seconds=24.0)
#: The format of one client's stream.
Say = Callable[[Wire, Callable[[], str]], Format]


class StreamResource:
    """Opens streams, and keeps them all."""

    def __init__(self, views: ViewReader, *, runtime: Runtime, pump: Pump, frames: Frames) -> None:
        self._views = views
        self._pump = pump
        self._frames = frames
        self._clients = runtime.metrics.sse_clients
        self._resumes = runtime.metrics.stream_resumes
        self._random = runtime.random
        self.streams = OpenFeeds(pump, reactor=runtime.reactor, random=runtime.random)

    async def serve(
        self, request: Request, parameters: Parameters, visitor: Visitor, seen: Seen, wanted: Selection, say: Say
    ) -> None:
        """Writes until it ends. Errors: NotReady, Draining, ReviewUnavailable, before anything is written."""
        if not self._views.ready:
            raise NotReady()
        await seen.look()
        wire = self._frames.wire(gzip=accepts_gzip(request.getHeader("Accept-Encoding")))
        form = say(wire, lambda: seen.scope)
        opened = self.streams.open(
            lambda restart: Feed(seen.views, wanted, form, wire, restart=restart, begin_slice=self._pump.begin_slice),
            seen,
            visitor,
        )
        opening = wire.begin() + wire.text(sse.retry(self._random.randint(*_RETRY_MILLISECONDS)))
        resume = parse_resume(parameters, request.getHeader("Last-Event-ID"))
        self._resumes.labels("sse", await self._begin(opened.feed, resume, seen)).inc()
        request.setHeader("Content-Type", sse.MEDIA_TYPE)
        request.setHeader("X-Accel-Buffering", "no")
        if wire.encoding:
            request.setHeader("Content-Encoding", wire.encoding)
        request.write(opening)
        self._clients.inc()
        try:
            complete = await self.streams.run(opened, request, RHYTHM)
        finally:
            self._clients.dec()
        if complete:
            request.finish()

    async def _begin(self, feed: Feed, resume: Resume | None, seen: Seen) -> str:
        """How it begins, for the metrics."""
        if resume is None:
            await self._pump.newest()
            await seen.see(feed.begin)
            return "initial"
        if not resume.position or not same_scope(resume, seen):
            feed.expire(Expired(resume.position, self._views.horizon))
            return "reset"
        return await self._resume(feed, resume.position, seen)

    async def _resume(self, feed: Feed, position: int, seen: Seen) -> str:
        try:
            await self._pump.fresh(lambda: seen.see(lambda: feed.resume(position)))
        except (Ahead, Expired) as error:
            feed.expire(Expired(position, self._views.horizon))
            return "ahead" if isinstance(error, Ahead) else "expired"
        feed.remind()
        return "resumed"
