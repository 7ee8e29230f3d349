"""The paths of ``promotionevents``. Thin: parse, ask the journal, write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from twisted.web.server import Request

from promoter_view.access.admission import Admission
from promoter_view.api.events.hints import hint, of_branches
from promoter_view.api.events.listing import EventLister, EventListing, ListedEvents
from promoter_view.api.events.shape import EventRows, EventShape
from promoter_view.api.events.watching import EventLines
from promoter_view.api.format.rendering import Rendering, Renderings, list_reader, single_steps
from promoter_view.api.instruments import WatchInstruments
from promoter_view.api.negotiation import Verb
from promoter_view.api.paths import EventTarget
from promoter_view.api.query import parse_get, parse_list, parse_watch
from promoter_view.api.warnings import warning_header
from promoter_view.api.watching import ApiSettings, Watched, Watches
from promoter_view.boundaries import ViewReader
from promoter_view.journal.serving.beginning import BeginningViews
from promoter_view.journal.serving.bundles import PLURAL, SELECTABLE, EventBundles, EventMask
from promoter_view.journal.serving.paging import EntryPages
from promoter_view.journal.serving.views import EventViews
from promoter_view.journal.store import JournalError
from promoter_view.kubernetes.selectors import FieldSelector
from promoter_view.moments import parse_moment
from promoter_view.reading.answering import answer
from promoter_view.reading.pump import Pump
from promoter_view.reading.selection import Selection, exactly
from promoter_view.reading.sight import Sight
from promoter_view.reading.sighted import SightedViews
from promoter_view.reading.sights import Sights
from promoter_view.reading.wire import Frames
from promoter_view.runtime import Runtime
from promoter_view.views.definition import GROUP
from promoter_view.views.history import require_come
from promoter_view.web.entrance import send
from promoter_view.web.errors import BadRequest, JournalUnavailable, MethodNotAllowed, ObjectNotFound
from promoter_view.web.parameters import Parameters, first

#: What a list without ``since`` is of.
DEFAULT = timedelta(hours=24)
_WARNING = (
    '299 - "only the events of the last 24 hours are listed: give since=, such as since=-7d, for more '
    '(kubectl get --raw), or watch from a resourceVersion"'
)


@dataclass(frozen=True, slots=True)
class EventCall:
    """A read of events, as the request line has it."""

    target: EventTarget
    verb: Verb
    parameters: Parameters


class EventResource:
    """Serves PromotionEvents of those views."""

    def __init__(
        self,
        entries: EventViews,
        views: Sequence[str],
        *,
        runtime: Runtime,
        settings: ApiSettings,
        sights: Sights,
    ) -> None:
        self._plurals = tuple(views)
        self._views = entries
        self._sights = sights
        self._now = runtime.now
        self._reactor = runtime.reactor
        self._frames = Frames()
        self._masks = {view: EventMask() for view in self._plurals}
        self.pump = Pump(self._views, reactor=runtime.reactor)
        self._renderings = Renderings(EventShape(), EventRows(), now=runtime.now)
        self._instruments = WatchInstruments(runtime.metrics, PLURAL)
        self._lister = EventLister(entries.journal, views)
        self._watching = Watches(self.pump, self._frames, runtime=runtime, settings=settings)
        self.watches = self._watching.feeds

    async def serve(self, request: Request, call: EventCall, admission: Admission) -> None:
        """Errors: those of ``status``."""
        if "at" in call.parameters:
            raise BadRequest("at: events have no past of their own; use since, such as since=-2h")
        if not self._views.ready:
            raise JournalUnavailable()
        sight = self._sights.sight(admission.identity, *self._plurals)
        with _as_unavailable():
            match call.verb:
                case Verb.GET:
                    await self._get(request, call, sight)
                case Verb.LIST:
                    await self._list(request, call, sight)
                case Verb.WATCH:
                    await self._watch(request, call, sight, admission)
                case _:
                    raise MethodNotAllowed(GROUP, PLURAL)

    async def _get(self, request: Request, call: EventCall, sight: Sight) -> None:
        rendering = self._rendering(request, call)
        await self._come(parse_get(call.parameters))
        target = call.target
        bundle = await self._lister.one(target.namespace, target.name, sight)
        if bundle is None:
            raise ObjectNotFound(GROUP, PLURAL, target.name)
        send(request, b"".join(single_steps(rendering, bundle)), rendering.layout.content_type)

    async def _list(self, request: Request, call: EventCall, sight: Sight) -> None:
        rendering = self._rendering(request, call)
        query = parse_list(call.parameters, SELECTABLE)
        await self._come(query.at_least or query.exact or 0)
        if not query.labels.empty:
            raise BadRequest("promotionevents have no labels: select by field instead, such as name or environment")
        listing = self._listing(request, call, self._fields(request, query.fields))
        found: EventBundles | ListedEvents
        if query.limit or query.token is not None:
            meta, found = await self._lister.page(listing, query, sight)
        else:
            meta, pages = await self._lister.all(listing, sight)
            found = ListedEvents(pages)
        reader = list_reader(meta, found, rendering, self._frames.wire(gzip=False), self.pump.begin_slice)
        request.setHeader("Content-Type", rendering.layout.content_type)
        await answer(self.pump, reader, request, listen=found.listen if isinstance(found, ListedEvents) else None)

    async def _watch(self, request: Request, call: EventCall, sight: Sight, admission: Admission) -> None:
        rendering = self._rendering(request, call)
        query = parse_watch(call.parameters, SELECTABLE)
        await self._come(query.resource_version)
        fields = self._fields(request, query.fields)
        wanted = Selection(self._plurals, exactly(call.target.namespace), labels=query.labels, fields=fields)
        views: ViewReader = self._views
        pages: EntryPages | None = None
        if query.initial:
            listing = EventListing(call.target.namespace, fields, self._since(call.parameters))
            meta, pages = await self._lister.all(listing, sight)
            views = BeginningViews(self._views, meta.resource_version, pages)
        sighted = SightedViews(views, self._masks, sight, admission)
        watched = Watched(wanted, query, rendering, EventLines, pages)
        await self._watching.serve(request, watched, sighted, self._instruments)

    def _listing(self, request: Request, call: EventCall, fields: FieldSelector) -> EventListing:
        """What is listed; says so where that is not all."""
        if not first(call.parameters, "since"):
            request.responseHeaders.addRawHeader("Warning", _WARNING)
        return EventListing(call.target.namespace, fields, self._since(call.parameters))

    def _fields(self, request: Request, fields: FieldSelector) -> FieldSelector:
        """As events are selected by them. What is wrong is said beside the other warning: kubectl prints both."""
        if words := hint(fields, self._plurals):
            request.responseHeaders.addRawHeader("Warning", warning_header(words))
        return of_branches(fields)

    def _since(self, parameters: Parameters) -> datetime:
        """Errors: BadRequest."""
        text, now = first(parameters, "since"), self._now()
        try:
            return parse_moment(text, now) if text else now - DEFAULT
        except ValueError as error:
            raise BadRequest(f"since: {error}") from error

    async def _come(self, version: int) -> None:
        """What is read is as new as it has to be. Errors: Ahead."""
        await self._views.reach(version, self._reactor)
        require_come(version, self._views.head)

    def _rendering(self, request: Request, call: EventCall) -> Rendering:
        return self._renderings.choose(request, call.verb, call.parameters)


@contextmanager
def _as_unavailable() -> Iterator[None]:
    """A journal that cannot be read is no fault of who asks. Errors: JournalUnavailable."""
    try:
        yield
    except JournalError as error:
        raise JournalUnavailable(str(error)) from error
