"""``/watch`` and ``/pages/stream``: from a request to an open stream. Thin: parse, ask the pure parts, write."""

from __future__ import annotations

from collections.abc import Callable, Collection
from random import Random

from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request

from promoter_view.access.outlook import Outlook, Outlooks
from promoter_view.boundaries import ViewReader
from promoter_view.dashboard import sse
from promoter_view.dashboard.filters import Filter
from promoter_view.dashboard.open_streams import OpenStream, OpenStreams
from promoter_view.dashboard.requests import Resume, parse_resume
from promoter_view.dashboard.rights import Rights
from promoter_view.dashboard.streams import SseReader
from promoter_view.dashboard.visible import Visible
from promoter_view.dashboard.visitors import Visitor
from promoter_view.dashboard.voices import Voice
from promoter_view.dashboard.wires import GzipWire, PlainWire, Shared, Wire
from promoter_view.metrics import Metrics
from promoter_view.reading.pump import Pump
from promoter_view.views.history import Ahead, Expired
from promoter_view.web.encodings import accepts_gzip
from promoter_view.web.errors import Draining, NotReady
from promoter_view.web.parameters import Parameters

_RETRY_MILLISECONDS = (1000, 3000)


class StreamResource:
    """Opens streams, and keeps them all."""

    def __init__(
        self,
        views: ViewReader,
        plurals: Collection[str],
        *,
        rights: Rights,
        outlooks: Outlooks,
        pump: Pump,
        shared: Shared,
        reactor: IReactorTime,
        metrics: Metrics,
        random: Random,
    ) -> None:
        self._views = views
        self._plurals = plurals
        self._rights = rights
        self._outlooks = outlooks
        self._pump = pump
        self._shared = shared
        self._reactor = reactor
        self._clients = metrics.sse_clients
        self._resumes = metrics.stream_resumes
        self._random = random
        self.streams = OpenStreams()

    async def serve(
        self, request: Request, parameters: Parameters, visitor: Visitor, wanted: Filter, voice: Voice
    ) -> None:
        """Writes until it ends. Errors: NotReady, Draining, ReviewUnavailable, before anything is written."""
        if self.streams.draining:
            raise Draining()
        if not self._views.ready:
            raise NotReady()
        visible = await self._rights.visible(visitor.identity)
        outlook = self._outlooks.of(visitor, *wanted.views)
        wire = self._wire(request)
        opened = OpenStream(
            lambda needs, seen: SseReader(outlook.views, wanted, seen, voice=voice, wire=wire, needs=needs),
            visible,
            visitor,
            self._rights,
            outlook,
            newest=self._pump.newest,
            reactor=self._reactor,
            random=self._random,
        )
        opening = wire.begin() + wire.text(sse.retry(self._random.randint(*_RETRY_MILLISECONDS)))
        resume = parse_resume(parameters, request.getHeader("Last-Event-ID"))
        self._resumes.labels("sse", await self._begin(opened.reader, resume, visible, outlook)).inc()
        request.write(opening)
        await self._run(request, opened)

    async def _begin(self, reader: SseReader, resume: Resume | None, visible: Visible, outlook: Outlook) -> str:
        """How it begins, for the metrics."""
        if resume is None:
            await self._pump.newest()
            await outlook.see(reader.begin)
            return "initial"
        if not resume.position or not self._same_scope(resume, visible):
            reader.reset()
            return "reset"
        return await self._resume(reader, lambda: reader.resume(resume.position), outlook)

    async def _resume(self, reader: SseReader, resume: Callable[[], None], outlook: Outlook) -> str:
        try:
            await self._pump.fresh(lambda: outlook.see(resume))
        except (Ahead, Expired) as error:
            reader.reset()
            return "ahead" if isinstance(error, Ahead) else "expired"
        return "resumed"

    def _same_scope(self, resume: Resume, visible: Visible) -> bool:
        """Who does not say what was seen can resume only where nothing else can have been."""
        if resume.scope is None:
            return self._rights.fixed
        return resume.scope == visible.scope

    def _wire(self, request: Request) -> Wire:
        request.setHeader("Content-Type", sse.MEDIA_TYPE)
        request.setHeader("X-Accel-Buffering", "no")
        if not accepts_gzip(request.getHeader("Accept-Encoding")):
            return PlainWire(self._shared)
        request.setHeader("Content-Encoding", "gzip")
        return GzipWire(self._shared)

    async def _run(self, request: Request, opened: OpenStream) -> None:
        stream = self._pump.open(opened.reader, request)
        self.streams.add(opened)
        self._clients.inc()
        try:
            opened.run(stream)
            complete = await stream.done
        finally:
            self.streams.discard(opened)
            self._clients.dec()
        if complete:
            request.finish()
