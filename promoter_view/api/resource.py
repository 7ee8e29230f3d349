"""The resource paths: get, list and watch of the views. Thin: parse, ask the pure parts, write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from twisted.internet.task import deferLater
from twisted.web.server import Request

from promoter_view.access.admission import Admission
from promoter_view.api.format.rendering import Rendering, Renderings, list_reader, single_steps
from promoter_view.api.format.tables import Cells
from promoter_view.api.instruments import WatchInstruments
from promoter_view.api.negotiation import Verb
from promoter_view.api.past import past_of
from promoter_view.api.paths import ResourceTarget
from promoter_view.api.query import ListQuery, WatchQuery, parse_get, parse_list, parse_watch, wants_newest
from promoter_view.api.warnings import Warn, unknown_state, warning_header
from promoter_view.api.watching import ApiSettings, Watched, Watches
from promoter_view.boundaries import ViewReader
from promoter_view.reading.answering import PieceReader, answer
from promoter_view.reading.pages import Page, PageReader
from promoter_view.reading.past.moments import Moments
from promoter_view.reading.pump import MAX_WRITE_BYTES, Pump, Reader
from promoter_view.reading.selection import Selection, exactly
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.sights import Sights
from promoter_view.reading.wire import Frames
from promoter_view.records import BundleKey
from promoter_view.runtime import Runtime
from promoter_view.views.definition import GROUP, ViewDefinition
from promoter_view.views.history import require_come
from promoter_view.views.isolation import Isolation
from promoter_view.views.known import SELECTORS
from promoter_view.web.entrance import send
from promoter_view.web.errors import BadRequest, NotReady, ObjectNotFound
from promoter_view.web.parameters import Parameters

#: Smaller answers are sent as they are (kube-apiserver's threshold, KEP-156).
_MIN_GZIP_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A read of a view, as the request line has it."""

    target: ResourceTarget
    verb: Verb
    parameters: Parameters


class ViewResource:
    """Serves the views of ``definitions`` on their resource paths."""

    def __init__(
        self,
        views: ViewReader,
        definitions: Sequence[ViewDefinition],
        *,
        runtime: Runtime,
        pump: Pump,
        settings: ApiSettings,
        sights: Sights,
        moments: Moments,
        warn: Warn,
    ) -> None:
        self._views = views
        self._warn = warn
        self._sights = sights
        self._moments = moments
        self._reactor = runtime.reactor
        self._pump = pump
        self._frames = Frames()
        self._definitions = {it.plural: it for it in definitions}
        isolation = Isolation(runtime.metrics)
        self._renderings = {it.plural: Renderings(it, Cells(it, isolation), now=runtime.now) for it in definitions}
        self._instruments = {it.plural: WatchInstruments(runtime.metrics, it.plural) for it in definitions}
        self._watching = Watches(pump, self._frames, runtime=runtime, settings=settings)
        self.watches = self._watching.feeds

    async def serve(self, request: Request, call: Call, admission: Admission) -> None:
        """Answers the request; a watch ends also when its admission is revoked. Errors: those of ``status``."""
        self._require_ready()
        if wants_newest(call.parameters):
            await self._pump.newest()
            self._require_ready()
        if words := self._warn(call.target.view):
            request.setHeader("Warning", warning_header(words))
        sighted = self._sights.of(admission, call.target.view)
        match call.verb:
            case Verb.GET:
                await self._get(request, call, sighted)
            case Verb.LIST:
                await self._list(request, call, sighted)
            case Verb.WATCH:
                await self._watch(request, call, sighted)

    async def _get(self, request: Request, call: Call, sighted: SightedViews) -> None:
        rendering = self._rendering(request, call)
        version = parse_get(call.parameters)
        past = await past_of(call.parameters, self._moments)
        if past is not None:
            rendering = rendering.as_of(past.now)
            sighted = self._moments.sights(past.state).of(sighted.admission, call.target.view)
        elif version:
            await self._pump.fresh(sighted.see, lambda: require_come(version, self._views.head))
        target = call.target
        key = BundleKey(target.view, target.namespace, target.name)
        bundle = await sighted.see(lambda: sighted.views.get(key))
        if bundle is None:
            raise ObjectNotFound(GROUP, target.view, target.name)
        body = await self._in_slices(single_steps(rendering, bundle))
        if rendering.gzip and len(body) > _MIN_GZIP_BYTES:
            await self._compressed(request, _deflated(body), rendering)
        else:
            send(request, body, rendering.layout.content_type)

    async def _in_slices(self, pieces: Iterator[bytes]) -> bytes:
        """All of them, joined, a slice a turn."""
        parts: list[bytes] = []
        is_over = self._pump.begin_slice()
        for piece in pieces:
            parts.append(piece)
            if is_over():
                await deferLater(self._reactor, 0)
                is_over = self._pump.begin_slice()
        return b"".join(parts)

    async def _list(self, request: Request, call: Call, sighted: SightedViews) -> None:
        rendering = self._rendering(request, call)
        query = parse_list(call.parameters, SELECTORS[call.target.view])
        wanted = self._selection(request, call.target, query)
        past = await past_of(call.parameters, self._moments)
        if past is not None:
            rendering = rendering.as_of(past.now)
        found = await self._moments.page(sighted, wanted, query, past, self._pump)
        reader = self._reader(found, rendering, gzip=False)
        beginning = await self._beginning(reader, _MIN_GZIP_BYTES if rendering.gzip else 0)
        if reader.finished and not (rendering.gzip and len(beginning) > _MIN_GZIP_BYTES):
            send(request, beginning, rendering.layout.content_type)
        elif rendering.gzip:
            joined = self._reader(found, rendering, gzip=True) if rendering.as_they_are else None
            await self._compressed(request, joined or _deflated(beginning, reader), rendering)
        else:
            request.setHeader("Content-Type", rendering.layout.content_type)
            request.write(beginning)
            await answer(self._pump, reader, request)

    def _reader(self, found: Page, rendering: Rendering, *, gzip: bool) -> PageReader:
        return list_reader(found.meta, found.bundles, rendering, self._frames.wire(gzip=gzip), self._pump.begin_slice)

    async def _beginning(self, reader: PageReader, enough: int) -> bytes:
        """One slice, and more until it is whole or more than ``enough``."""
        parts = [reader.pull(MAX_WRITE_BYTES)]
        size = len(parts[0])
        while size <= enough and not reader.finished:
            await deferLater(self._reactor, 0)
            parts.append(reader.pull(MAX_WRITE_BYTES))
            size += len(parts[-1])
        return b"".join(parts)

    async def _compressed(self, request: Request, reader: Reader, rendering: Rendering) -> None:
        request.setHeader("Content-Type", rendering.layout.content_type)
        request.setHeader("Content-Encoding", "gzip")
        await answer(self._pump, reader, request)

    async def _watch(self, request: Request, call: Call, sighted: SightedViews) -> None:
        rendering, view = self._rendering(request, call), call.target.view
        if "at" in call.parameters:
            raise BadRequest("at: a moment of the past does not change; leave out watch")
        query = parse_watch(call.parameters, SELECTORS[view])
        wanted = self._selection(request, call.target, query)
        await self._watching.serve(request, Watched(wanted, query, rendering), sighted, self._instruments[view])

    def _require_ready(self) -> None:
        if not self._views.ready:
            raise NotReady()

    def _rendering(self, request: Request, call: Call) -> Rendering:
        return self._renderings[call.target.view].choose(request, call.verb, call.parameters)

    def _selection(self, request: Request, target: ResourceTarget, query: ListQuery | WatchQuery) -> Selection:
        """What is asked for; says so where nothing can be that."""
        if words := unknown_state(query.fields, self._definitions[target.view]):
            request.responseHeaders.addRawHeader("Warning", warning_header(words))
        return Selection((target.view,), exactly(target.namespace), labels=query.labels, fields=query.fields)


def _deflated(begun: bytes, rest: Reader | None = None) -> PieceReader:
    """What was begun with, and what another reader says after it.

    Not of bundles as they are: those are joined from the bundles' own runs (``reading.wire``), so that only what has
    changed since the last such list is compressed.
    """
    return PieceReader(_slices(begun, rest), gzip=True)


def _slices(begun: bytes, rest: Reader | None) -> Iterator[bytes]:
    for start in range(0, len(begun), MAX_WRITE_BYTES):
        yield begun[start : start + MAX_WRITE_BYTES]
    while rest is not None and not rest.finished:
        yield rest.pull(MAX_WRITE_BYTES)
