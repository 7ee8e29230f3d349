"""The resource paths: get, list and watch of the views. Thin: parse, ask the pure parts, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.web.server import Request

from promoter_view.access.admission import Admission
from promoter_view.access.outlook import Outlook, Outlooks
from promoter_view.api import answers
from promoter_view.api.carriers import Carrier, carrier_of
from promoter_view.api.compression import MIN_BYTES, Deflated, Spliced, Whole
from promoter_view.api.forms import Form
from promoter_view.api.frames import FrameCache, error_line
from promoter_view.api.freshness import require
from promoter_view.api.instruments import WatchInstruments
from promoter_view.api.layouts import Layout
from promoter_view.api.listing import ListReader, Page, page
from promoter_view.api.negotiation import Verb
from promoter_view.api.paths import Target
from promoter_view.api.query import WatchQuery, parse_get, parse_list, parse_watch, wants_newest
from promoter_view.api.rendering import Rendering, Renderings
from promoter_view.api.watches import OpenWatch, OpenWatches
from promoter_view.api.watching import End, Start, Watch, start
from promoter_view.boundaries import ViewReader
from promoter_view.clocks import WallClock
from promoter_view.metrics import Metrics
from promoter_view.reading.answering import answer
from promoter_view.reading.pump import MAX_WRITE_BYTES, Pump, Reader
from promoter_view.records import BundleKey
from promoter_view.views.definition import GROUP, ViewDefinition
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.isolation import Isolation
from promoter_view.views.selection import Selection
from promoter_view.web.errors import Draining, NotReady, ObjectNotFound
from promoter_view.web.limits import Limits
from promoter_view.web.parameters import Parameters
from promoter_view.web.status import expired_status

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``--bookmark-interval``, ``--min-request-timeout``, and what one user may have under way."""

    bookmark_interval_seconds: float = 60.0
    min_request_timeout_seconds: float = 1800.0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Call:
    """A read of a view, as the request line has it."""

    target: Target
    verb: Verb
    parameters: Parameters


class ViewResource:
    """Serves the views of ``definitions`` on their resource paths."""

    def __init__(
        self,
        views: ViewReader,
        definitions: Sequence[ViewDefinition],
        *,
        reactor: IReactorTime,
        wall: WallClock,
        pump: Pump,
        metrics: Metrics,
        random: Random,
        settings: ApiSettings,
        outlooks: Outlooks,
    ) -> None:
        self._views = views
        self._outlooks = outlooks
        self._reactor = reactor
        self._wall = wall
        self._pump = pump
        self._random = random
        self._settings = settings
        self._frames = FrameCache()
        isolation = Isolation(metrics)
        self._renderings = {it.plural: Renderings(it, isolation=isolation, now=self._now) for it in definitions}
        self._instruments = {it.plural: WatchInstruments(metrics, it.plural) for it in definitions}
        self.watches = OpenWatches()

    async def serve(self, request: Request, call: Call, admission: Admission) -> None:
        """Answers the request; a watch ends also when its admission is revoked. Errors: those of ``status``."""
        self._require_ready()
        if wants_newest(call.parameters):
            await self._pump.newest()
            self._require_ready()
        outlook = self._outlooks.of(admission, call.target.view)
        match call.verb:
            case Verb.GET:
                await self._get(request, call, outlook)
            case Verb.LIST:
                await self._list(request, call, outlook)
            case Verb.WATCH:
                await self._watch(request, call, admission, outlook)

    async def _get(self, request: Request, call: Call, outlook: Outlook) -> None:
        rendering = self._rendering(request, call)
        version = parse_get(call.parameters)
        if version:
            await self._fresh(outlook, lambda: require(self._views, version))
        target = call.target
        key = BundleKey(target.view, target.namespace, target.name)
        bundle = await outlook.see(lambda: outlook.views.get(key))
        if bundle is None:
            raise ObjectNotFound(GROUP, target.view, target.name)
        body = await self._laid_out(rendering.layout, rendering.form.single(bundle))
        if rendering.gzip and len(body) > MIN_BYTES:
            await self._compressed(request, Deflated(body, Whole()), rendering)
        else:
            answers.send(request, body, rendering.layout.content_type)

    async def _laid_out(self, layout: Layout, document: bytes) -> bytes:
        """The whole document, a slice a turn."""
        parts: list[bytes] = []
        is_over = self._pump.begin_slice()
        for piece in layout.steps(document):
            parts.append(piece)
            if is_over():
                await deferLater(self._reactor, 0)
                is_over = self._pump.begin_slice()
        return b"".join(parts)

    async def _list(self, request: Request, call: Call, outlook: Outlook) -> None:
        rendering = self._rendering(request, call)
        query = parse_list(call.parameters)
        target = call.target
        found = await self._fresh(outlook, lambda: page(outlook.views, target.view, target.namespace, query))
        reader = ListReader(found, rendering.form, rendering.layout, self._pump.begin_slice)
        beginning = await self._beginning(reader, MIN_BYTES if rendering.gzip else 0)
        if reader.finished and not (rendering.gzip and len(beginning) > MIN_BYTES):
            answers.send(request, beginning, rendering.layout.content_type)
        elif rendering.gzip:
            compressed = self._compressing(found, rendering, beginning, reader)
            await self._compressed(request, compressed, rendering)
        else:
            request.setHeader("Content-Type", rendering.layout.content_type)
            request.write(beginning)
            await answer(self._pump, reader, request)

    async def _beginning(self, reader: ListReader, enough: int) -> bytes:
        """One slice, and more until it is whole or more than ``enough``."""
        parts = [reader.pull(MAX_WRITE_BYTES)]
        size = len(parts[0])
        while size <= enough and not reader.finished:
            await deferLater(self._reactor, 0)
            parts.append(reader.pull(MAX_WRITE_BYTES))
            size += len(parts[-1])
        return b"".join(parts)

    def _compressing(self, found: Page, rendering: Rendering, beginning: bytes, rest: ListReader) -> Reader:
        if rendering.runs is not None:
            return Spliced(found, rendering.form, rendering.runs, self._pump.begin_slice)
        return Deflated(beginning, rest)

    async def _compressed(self, request: Request, reader: Reader, rendering: Rendering) -> None:
        request.setHeader("Content-Type", rendering.layout.content_type)
        request.setHeader("Content-Encoding", "gzip")
        await answer(self._pump, reader, request)

    async def _watch(self, request: Request, call: Call, admission: Admission, outlook: Outlook) -> None:
        rendering = self._rendering(request, call)
        query = parse_watch(call.parameters)
        if self.watches.draining:
            raise Draining()
        carrier = carrier_of(request, admission, rendering, self._frames, reactor=self._reactor)
        begin = await self._begin(call.target, query, outlook)
        if isinstance(begin, Start):
            await self._run(request, call.target, query, begin, rendering.form, carrier, admission, outlook)
        else:
            carrier.begin(lambda: None)
            request.write(carrier.wire.line(begin) + carrier.wire.end())
            await carrier.end()

    async def _begin(self, target: Target, query: WatchQuery, outlook: Outlook) -> Start | bytes:
        """Where the watch begins, or the ERROR event that is all of it. Errors: Ahead, ReviewUnavailable."""
        opened = self._instruments[target.view].opened
        try:
            begin = await self._fresh(outlook, lambda: start(outlook.views, target.view, target.namespace, query))
        except Expired as error:
            opened("expired")
            return error_line(expired_status(error))
        except Ahead:
            opened("ahead")
            raise
        opened("initial" if query.initial else "resumed")
        return begin

    async def _run(
        self,
        request: Request,
        target: Target,
        query: WatchQuery,
        begin: Start,
        form: Form,
        carrier: Carrier,
        admission: Admission,
        outlook: Outlook,
    ) -> None:
        instruments = self._instruments[target.view]
        selection = Selection(target.namespace, labels=query.labels, fields=query.fields)
        watch = Watch(
            begin,
            query,
            selection=selection,
            form=form,
            wire=carrier.wire,
            observer=instruments,
            begin_slice=self._pump.begin_slice,
        )
        stream = self._pump.open(watch, request)
        carrier.begin(stream.close)
        opened = OpenWatch(watch, stream, admission, outlook, reactor=self._reactor, random=self._random)
        opened.start(timeout_seconds=self._timeout(query), bookmark_seconds=self._settings.bookmark_interval_seconds)
        self.watches.add(opened)
        instruments.open.inc()
        try:
            complete = await stream.done
        finally:
            self.watches.discard(opened)
            instruments.open.dec()
        if watch.ended in (End.DRAINED, End.EXPIRED, End.FORBIDDEN):
            instruments.terminated.inc()
        if complete or carrier.parted:
            await carrier.end()

    def _timeout(self, query: WatchQuery) -> float:
        if query.timeout_seconds is not None:
            return query.timeout_seconds
        return self._settings.min_request_timeout_seconds * self._random.uniform(1, 2)

    async def _fresh(self, outlook: Outlook, ask: Callable[[], _Result]) -> _Result:
        """What ``ask`` gives, a little later where it is ahead of the head. Errors: those of ``ask`` and ``see``."""
        return await self._pump.fresh(lambda: outlook.see(ask))

    def _require_ready(self) -> None:
        if not self._views.ready:
            raise NotReady()

    def _rendering(self, request: Request, call: Call) -> Rendering:
        return self._renderings[call.target.view].choose(request, call.verb, call.parameters)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)
