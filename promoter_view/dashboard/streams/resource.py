"""``/watch``, ``/changes`` and ``/pages/stream``: from a request to an open feed. Thin: parse, ask the pure parts."""

from __future__ import annotations

from collections.abc import Callable

from twisted.web.server import Request

from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.streams import sse
from promoter_view.dashboard.streams.changes import ChangeLines
from promoter_view.dashboard.streams.requests import Resume, parse_resume, parse_since, wants_state
from promoter_view.reading.feed import Feed
from promoter_view.reading.format import Format
from promoter_view.reading.open_feeds import OpenFeed, OpenFeeds, Rhythm
from promoter_view.reading.pump import Pump
from promoter_view.reading.selection import Selection
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.wire import Frames, Wire
from promoter_view.runtime import Runtime
from promoter_view.views.history import Ahead, Expired
from promoter_view.web.accept import accepts_gzip
from promoter_view.web.errors import NotReady
from promoter_view.web.parameters import Parameters

RETRY_MILLISECONDS = (1000, 3000)
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

    async def send_events(
        self, request: Request, parameters: Parameters, sighted: SightedViews, wanted: Selection, say: Say
    ) -> None:
        """Writes until it ends. Errors: NotReady, Draining, ReviewUnavailable, before anything is written."""
        wire, opened = await self._open(request, sighted, wanted, say)
        retry = wire.text(sse.retry(self._random.randint(*RETRY_MILLISECONDS)))
        resume = parse_resume(parameters, request.getHeader("Last-Event-ID"))
        self._resumes.labels("sse", await self._begin(opened.feed, resume, sighted)).inc()
        request.setHeader("X-Accel-Buffering", "no")
        self._clients.inc()
        try:
            await self._write(request, opened, wire, sse.MEDIA_TYPE, retry)
        finally:
            self._clients.dec()

    async def send_changes(
        self, request: Request, parameters: Parameters, sighted: SightedViews, wanted: Selection
    ) -> None:
        """Behind what a script has read, else with the state or now. Errors: the same; Expired, Ahead."""
        resume, begins_with_state = parse_since(parameters), wants_state(parameters)
        wire, opened = await self._open(request, sighted, wanted, ChangeLines)
        if resume is not None and not resume.fits(sighted.sight):
            raise Expired(resume.position, self._views.horizon)
        if resume is None:
            await self._pump.newest()
        if resume is None and begins_with_state:
            await sighted.see(opened.feed.begin)
        else:
            await self._resume(opened.feed, 0 if resume is None else resume.position, sighted)
        await self._write(request, opened, wire, "application/x-ndjson")

    async def _open(
        self, request: Request, sighted: SightedViews, wanted: Selection, say: Say
    ) -> tuple[Wire, OpenFeed]:
        if not self._views.ready:
            raise NotReady()
        await sighted.sight.look()
        wire = self._frames.wire(gzip=accepts_gzip(request.getHeader("Accept-Encoding")))
        return wire, self.streams.open(sighted, wanted, say(wire, lambda: sighted.sight.scope), wire)

    async def _begin(self, feed: Feed, resume: Resume | None, sighted: SightedViews) -> str:
        """How it begins, for the metrics."""
        if resume is None:
            await self._pump.newest()
            await sighted.see(feed.begin)
            return "initial"
        if not resume.position or not resume.fits(sighted.sight):
            feed.expire(Expired(resume.position, self._views.horizon))
            return "reset"
        try:
            await self._resume(feed, resume.position, sighted)
        except (Ahead, Expired) as error:
            feed.expire(Expired(resume.position, self._views.horizon))
            return "ahead" if isinstance(error, Ahead) else "expired"
        return "resumed"

    async def _resume(self, feed: Feed, position: int, sighted: SightedViews) -> None:
        await self._pump.fresh(sighted.see, lambda: feed.resume(position))
        feed.remind()

    async def _write(
        self, request: Request, opened: OpenFeed, wire: Wire, media_type: str, opening: bytes = b""
    ) -> None:
        request.setHeader("Content-Type", media_type)
        if wire.encoding:
            request.setHeader("Content-Encoding", wire.encoding)
        request.write(wire.begin() + opening)
        if await self.streams.run(opened, request, RHYTHM):
            request.finish()
