"""``/watch``, ``/changes``, ``/pages/stream``, ``/list``, ``/session``: what scripts ask for, in JSON and events."""

from __future__ import annotations

from collections.abc import Collection

import orjson
from twisted.web.server import Request

from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.streams.frames import ObjectFrames, PageFrames
from promoter_view.dashboard.streams.page_fragments import PageFragments
from promoter_view.dashboard.streams.requests import (
    parse_filter,
    parse_part,
    require_known,
)
from promoter_view.dashboard.streams.resource import StreamResource
from promoter_view.dashboard.streams.topics import TopicError, parse_topics
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.reading.answering import answer
from promoter_view.reading.pages import ListMeta, PageReader
from promoter_view.reading.past.moments import Moments
from promoter_view.reading.pump import Pump
from promoter_view.reading.selection import Selection
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.sights import Sights
from promoter_view.reading.wire import Frames, fixed
from promoter_view.web.accept import accepts_gzip
from promoter_view.web.entrance import send
from promoter_view.web.errors import BadRequest, Draining, NotReady
from promoter_view.web.parameters import Parameters

_JSON = "application/json"
_COMMA = fixed(b",")


class DataResource:
    """``plurals`` are the views that are served, and that pages show."""

    def __init__(
        self,
        views: ViewReader,
        plurals: Collection[str],
        streams: StreamResource,
        pages: PageFragments,
        *,
        sights: Sights,
        pump: Pump,
        frames: Frames,
        moments: Moments,
    ) -> None:
        self._views = views
        self._plurals = tuple(plurals)
        self._streams = streams
        self._pages = pages
        self._sights = sights
        self._pump = pump
        self._frames = frames
        self._moments = moments

    async def serve(self, request: Request, path: str, parameters: Parameters, visitor: Visitor) -> None:
        """Errors: those of ``web.status``."""
        require_known(path, parameters)
        sighted = self._sights.of(visitor, *self._plurals)
        match path:
            case "watch":
                wanted = parse_filter(parameters, self._plurals)
                await self._streams.send_events(request, parameters, sighted, wanted, ObjectFrames)
            case "changes":
                wanted = parse_filter(parameters, self._plurals)
                await self._streams.send_changes(request, parameters, sighted, wanted)
            case "pages/stream":
                await self._page_stream(request, parameters, sighted)
            case "list":
                await self._list(request, parameters, sighted)
            case "session":
                await self._session(request, visitor, sighted)

    def drain(self) -> None:
        """End all streams, and let none begin."""
        self._streams.streams.drain()

    async def _page_stream(self, request: Request, parameters: Parameters, sighted: SightedViews) -> None:
        try:
            topics = parse_topics(parameters.get("page", ()))
        except TopicError as error:
            raise BadRequest(str(error)) from error
        await self._streams.send_events(
            request,
            parameters,
            sighted,
            Selection(self._plurals),
            lambda wire, scope: PageFrames(
                wire, scope, self._pages, topics, superseded=sighted.is_superseded, now=self._moments.now
            ),
        )

    async def _list(self, request: Request, parameters: Parameters, sighted: SightedViews) -> None:
        wanted, part = parse_filter(parameters, self._plurals), parse_part(parameters)
        self._require_ready()
        await sighted.sight.look()
        if "at" not in parameters and (part.token is None or part.token.resource_version is None):
            await self._pump.newest()
        past = await self._moments.asked(parameters)
        found = await self._moments.page(sighted, wanted, part, past, self._pump)
        request.setHeader("Content-Type", _JSON)
        wire = self._frames.wire(gzip=accepts_gzip(request.getHeader("Accept-Encoding")))
        if wire.encoding:
            request.setHeader("Content-Encoding", wire.encoding)
        reader = PageReader(
            found.bundles,
            wire,
            lambda bundle: iter((wire.bundle(bundle),)),
            opening=_opening(found.meta),
            separator=_COMMA,
            closing=b"]}\n",
            begin_slice=self._pump.begin_slice,
        )
        await answer(self._pump, reader, request)

    async def _session(self, request: Request, visitor: Visitor, sighted: SightedViews) -> None:
        """Whether a stream would be served, for a page that was left by its own."""
        self._require_ready()
        if self._streams.streams.draining:
            raise Draining()
        await sighted.sight.look()
        told = {"user": visitor.user, "resourceVersion": str(self._views.head), "scope": sighted.sight.scope}
        if all(map(sighted.sight.refuses, self._plurals)):  # the position tells how busy others are
            del told["resourceVersion"]
        send(request, orjson.dumps(told), _JSON)

    def _require_ready(self) -> None:
        if not self._views.ready:
            raise NotReady()


def _opening(meta: ListMeta) -> bytes:
    metadata = ListMeta(meta.resource_version, meta.token).document()
    return orjson.dumps({"kind": "List", "apiVersion": "v1", "metadata": metadata})[:-1] + b',"items":['
