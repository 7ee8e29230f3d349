"""Who follows the journal: from a request to an open feed. Thin."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.web.server import Request

from promoter_view.dashboard.journal.lines import LINES_TYPE, JournalFrames, JournalLines
from promoter_view.dashboard.journal.requests import JournalForm, JournalRequest
from promoter_view.dashboard.streams import sse
from promoter_view.dashboard.streams.resource import RETRY_MILLISECONDS, RHYTHM
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.journal.entries import LAST, EntryIdentity
from promoter_view.journal.serving.asking import AskedEntries
from promoter_view.journal.serving.bundles import EventMask
from promoter_view.journal.serving.views import AskedViews, EventViews
from promoter_view.journal.writer import EVERYTHING
from promoter_view.reading.feed import Feed
from promoter_view.reading.open_feeds import OpenFeed, OpenFeeds
from promoter_view.reading.pump import Pump
from promoter_view.reading.selection import Selection
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.sights import Sights
from promoter_view.reading.wire import Frames, Wire
from promoter_view.runtime import Runtime
from promoter_view.views.history import Ahead, Expired
from promoter_view.web.accept import accepts_gzip


class JournalStreams:
    """Opens feeds of the journal, and keeps them all."""

    def __init__(self, entries: EventViews, plurals: Sequence[str], *, sights: Sights, runtime: Runtime) -> None:
        self._plurals = tuple(plurals)
        self._sights = sights
        self._views = entries
        self._masks = {view: EventMask() for view in (*self._plurals, EVERYTHING.view)}
        self._frames = Frames()
        self._clients = runtime.metrics.sse_clients
        self._random = runtime.random
        self._reactor = runtime.reactor
        self.pump = Pump(self._views, reactor=runtime.reactor)
        self.feeds = OpenFeeds(self.pump, reactor=runtime.reactor, random=runtime.random)

    async def follow(self, request: Request, asked: JournalRequest, wanted: AskedEntries, visitor: Visitor) -> None:
        """Writes until it ends. Errors: Draining, Expired, Ahead, JournalError, ReviewUnavailable, before that."""
        sight = self._sights.sight(visitor.identity, *self._plurals)
        await sight.look()
        begin = asked.begin or await self._beginning(wanted)
        sighted = SightedViews(AskedViews(self._views, wanted, begin), self._masks, sight, visitor)
        wire = self._frames.wire(gzip=accepts_gzip(request.getHeader("Accept-Encoding")))
        if asked.form is JournalForm.LINES:
            opened = self.feeds.open(sighted, Selection(tuple(self._masks)), JournalLines(wire), wire)
            await self._resume(opened.feed, begin, sighted)
            await self._write(request, opened, wire, LINES_TYPE)
            return
        opened = self.feeds.open(sighted, Selection(tuple(self._masks)), JournalFrames(wire), wire)
        await self._resume_or_reset(opened.feed, begin, sighted)
        self._clients.inc()
        try:
            retry = wire.text(sse.retry(self._random.randint(*RETRY_MILLISECONDS)))
            await self._write(request, opened, wire, sse.MEDIA_TYPE, retry)
        finally:
            self._clients.dec()

    async def _beginning(self, wanted: AskedEntries) -> EntryIdentity | None:
        """In front of the first entry since the moment that is asked for; None: with what comes.

        What comes while that is looked for is behind the head of now.
        """
        head = self._views.head
        if wanted.query.since is None or not head:
            return None
        end = EntryIdentity(head, LAST)
        first = await wanted.first(self._views.journal, end)
        return end if first is None else first.identity.just_before

    async def _resume(self, feed: Feed, begin: EntryIdentity | None, sighted: SightedViews) -> None:
        position = 0 if begin is None else begin.resource_version
        await self._views.reach(position, self._reactor)
        await sighted.see(lambda: feed.resume(position))
        feed.remind()

    async def _resume_or_reset(self, feed: Feed, begin: EntryIdentity | None, sighted: SightedViews) -> None:
        """A browser sends what it was last given, whoever gave it."""
        version = None if begin is None else begin.resource_version
        try:
            if version == 0:
                raise Expired(0, self._views.horizon)
            await self._resume(feed, begin, sighted)
        except (Ahead, Expired):
            feed.expire(Expired(version or 0, self._views.horizon))

    async def _write(
        self, request: Request, opened: OpenFeed, wire: Wire, media_type: str, opening: bytes = b""
    ) -> None:
        request.setHeader("Content-Type", media_type)
        request.setHeader("X-Accel-Buffering", "no")
        if wire.encoding:
            request.setHeader("Content-Encoding", wire.encoding)
        request.write(wire.begin() + opening)
        if await self.feeds.run(opened, request, RHYTHM):
            request.finish()
