"""``/watch``, ``/pages/stream``, ``/list``, ``/session``: what scripts ask for, answered in JSON and events."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import orjson
from twisted.web.server import Request

from promoter_view.access.outlook import Outlook, Outlooks
from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.filters import Filter
from promoter_view.dashboard.listing import ListReader, page
from promoter_view.dashboard.requests import ListQuery, parse_filter, parse_list, require_known
from promoter_view.dashboard.rights import Rights
from promoter_view.dashboard.stream_resource import StreamResource
from promoter_view.dashboard.topics import TopicError, parse_topics
from promoter_view.dashboard.visible import Visible
from promoter_view.dashboard.visitors import Visitor
from promoter_view.dashboard.voices import ObjectVoice, PageFrames, PageVoice
from promoter_view.dashboard.wires import GzipWire, PlainWire, Shared, Wire
from promoter_view.reading.answering import answer
from promoter_view.reading.pump import Pump
from promoter_view.web.encodings import accepts_gzip
from promoter_view.web.errors import BadRequest, Draining, NotReady
from promoter_view.web.parameters import Parameters

_JSON = "application/json"


class DataResource:
    """``plurals`` are the views that are served, and that pages show."""

    def __init__(
        self,
        views: ViewReader,
        plurals: Collection[str],
        streams: StreamResource,
        pages: PageFrames,
        *,
        rights: Rights,
        outlooks: Outlooks,
        pump: Pump,
        shared: Shared,
        now: Callable[[], datetime],
    ) -> None:
        self._views = views
        self._plurals = plurals
        self._streams = streams
        self._pages = pages
        self._rights = rights
        self._outlooks = outlooks
        self._pump = pump
        self._shared = shared
        self._now = now
        self._objects = ObjectVoice()

    async def serve(self, request: Request, path: str, parameters: Parameters, visitor: Visitor) -> None:
        """Errors: those of ``web.status``."""
        require_known(path, parameters)
        match path:
            case "watch":
                wanted = parse_filter(parameters, self._plurals)
                await self._streams.serve(request, parameters, visitor, wanted, self._objects)
            case "pages/stream":
                await self._page_stream(request, parameters, visitor)
            case "list":
                await self._list(request, parse_list(parameters, self._plurals), visitor)
            case "session":
                await self._session(request, visitor)

    def drain(self) -> None:
        """End all streams, and let none begin."""
        self._streams.streams.drain()

    async def _page_stream(self, request: Request, parameters: Parameters, visitor: Visitor) -> None:
        try:
            topics = parse_topics(parameters.get("page", ()))
        except TopicError as error:
            raise BadRequest(str(error)) from error
        voice = PageVoice(self._pages, topics, now=self._now)
        await self._streams.serve(request, parameters, visitor, Filter(tuple(self._plurals)), voice)

    async def _list(self, request: Request, query: ListQuery, visitor: Visitor) -> None:
        self._require_ready()
        visible = await self._rights.visible(visitor.identity)
        outlook: Outlook = self._outlooks.of(visitor, *query.filter.views)
        if query.token is None:
            await self._pump.newest()
        found = await self._pump.fresh(lambda: outlook.see(lambda: page(outlook.views, query, visible)))
        request.setHeader("Content-Type", _JSON)
        wire: Wire = PlainWire(self._shared)
        if accepts_gzip(request.getHeader("Accept-Encoding")):
            request.setHeader("Content-Encoding", "gzip")
            wire = GzipWire(self._shared)
        await answer(self._pump, ListReader(found, wire, self._pump.begin_slice), request)

    async def _session(self, request: Request, visitor: Visitor) -> None:
        """Whether a stream would be served, for a page that was left by its own."""
        self._require_ready()
        if self._streams.streams.draining:
            raise Draining()
        visible: Visible = await self._rights.visible(visitor.identity)
        told = {"user": visitor.user, "resourceVersion": str(self._views.head), "scope": visible.scope}
        if visible.nothing:  # the position tells how busy others are
            del told["resourceVersion"]
        body = orjson.dumps(told)
        request.setHeader("Content-Type", _JSON)
        request.setHeader("Content-Length", str(len(body)))
        request.write(body)
        request.finish()

    def _require_ready(self) -> None:
        if not self._views.ready:
            raise NotReady()
