"""``/watch``, ``/changes``, ``/pages/stream``, ``/list``, ``/session``: what scripts ask for, in JSON and events."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import orjson
from twisted.web.server import Request

from promoter_view.boundaries import ViewReader
from promoter_view.dashboard.streams.changes import ChangeLines
from promoter_view.dashboard.streams.frames import ObjectFrames, PageFragments, PageFrames
from promoter_view.dashboard.streams.requests import (
    Resume,
    parse_filter,
    parse_part,
    parse_since,
    require_known,
    same_scope,
    text,
)
from promoter_view.dashboard.streams.resource import RHYTHM, StreamResource
from promoter_view.dashboard.streams.topics import TopicError, parse_topics
from promoter_view.dashboard.visitors.visitors import Visitor
from promoter_view.reading.answering import answer
from promoter_view.reading.feed import Feed
from promoter_view.reading.pages import ListMeta, PageReader, page
from promoter_view.reading.pump import Pump
from promoter_view.reading.seen import Seen
from promoter_view.reading.selection import Selection
from promoter_view.reading.sights import Sights
from promoter_view.reading.wire import Frames, Wire, fixed
from promoter_view.views.history import Expired
from promoter_view.web.encodings import accepts_gzip
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
        now: Callable[[], datetime],
    ) -> None:
        self._views = views
        self._plurals = tuple(plurals)
        self._streams = streams
        self._pages = pages
        self._sights = sights
        self._pump = pump
        self._frames = frames
        self._now = now

    async def serve(self, request: Request, path: str, parameters: Parameters, visitor: Visitor) -> None:
        """Errors: those of ``web.status``."""
        require_known(path, parameters)
        seen = self._sights.of(visitor, *self._plurals)
        match path:
            case "watch":
                wanted = parse_filter(parameters, self._plurals)
                await self._streams.serve(request, parameters, visitor, seen, wanted, ObjectFrames)
            case "changes":
                await self._tell_changes(request, parameters, visitor, seen)
            case "pages/stream":
                await self._page_stream(request, parameters, visitor, seen)
            case "list":
                await self._list(request, parameters, seen)
            case "session":
                await self._session(request, visitor, seen)

    def drain(self) -> None:
        """End all streams, and let none begin."""
        self._streams.streams.drain()

    async def _page_stream(self, request: Request, parameters: Parameters, visitor: Visitor, seen: Seen) -> None:
        try:
            topics = parse_topics(parameters.get("page", ()))
        except TopicError as error:
            raise BadRequest(str(error)) from error
        await self._streams.serve(
            request,
            parameters,
            visitor,
            seen,
            Selection(self._plurals),
            lambda wire, scope: PageFrames(wire, scope, self._pages, topics, now=self._now),
        )

    async def _tell_changes(self, request: Request, parameters: Parameters, visitor: Visitor, seen: Seen) -> None:
        wanted, resume = parse_filter(parameters, self._plurals), parse_since(parameters)
        self._require_ready()
        await seen.look()
        wire, feeds = self._wire(request), self._streams.streams
        lines = ChangeLines(wire, lambda: seen.scope)
        opened = feeds.open(
            lambda _: Feed(seen.views, wanted, lines, wire, begin_slice=self._pump.begin_slice), seen, visitor
        )
        await self._begin_changes(opened.feed, seen, resume, state=text(parameters, "state") in ("true", "1"))
        request.setHeader("Content-Type", "application/x-ndjson")
        request.write(wire.begin())
        if await feeds.run(opened, request, RHYTHM):
            request.finish()

    async def _begin_changes(self, feed: Feed, seen: Seen, resume: Resume | None, *, state: bool) -> None:
        """Behind what a script has read, else with the state or now. Errors: Expired, Ahead, ReviewUnavailable."""
        if resume is not None and not same_scope(resume, seen):
            raise Expired(resume.position, self._views.horizon)
        if resume is None:
            await self._pump.newest()
        if resume is None and state:
            await seen.see(feed.begin)
        else:
            position = 0 if resume is None else resume.position
            await self._pump.fresh(lambda: seen.see(lambda: feed.resume(position)))
            feed.remind()

    async def _list(self, request: Request, parameters: Parameters, seen: Seen) -> None:
        wanted, part = parse_filter(parameters, self._plurals), parse_part(parameters)
        self._require_ready()
        await seen.look()
        if part.token is None or part.token.resource_version is None:
            await self._pump.newest()
        found = await self._pump.fresh(lambda: seen.see(lambda: page(seen.views, wanted, part)))
        request.setHeader("Content-Type", _JSON)
        wire = self._wire(request)
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

    async def _session(self, request: Request, visitor: Visitor, seen: Seen) -> None:
        """Whether a stream would be served, for a page that was left by its own."""
        self._require_ready()
        if self._streams.streams.draining:
            raise Draining()
        await seen.look()
        told = {"user": visitor.user, "resourceVersion": str(self._views.head), "scope": seen.scope}
        if all(map(seen.refuses, self._plurals)):  # the position tells how busy others are
            del told["resourceVersion"]
        body = orjson.dumps(told)
        request.setHeader("Content-Type", _JSON)
        request.setHeader("Content-Length", str(len(body)))
        request.write(body)
        request.finish()

    def _wire(self, request: Request) -> Wire:
        wire = self._frames.wire(gzip=accepts_gzip(request.getHeader("Accept-Encoding")))
        if wire.encoding:
            request.setHeader("Content-Encoding", wire.encoding)
        return wire

    def _require_ready(self) -> None:
        if not self._views.ready:
            raise NotReady()


def _opening(meta: ListMeta) -> bytes:
    metadata = ListMeta(meta.resource_version, meta.token).document()
    return orjson.dumps({"kind": "List", "apiVersion": "v1", "metadata": metadata})[:-1] + b',"items":['
