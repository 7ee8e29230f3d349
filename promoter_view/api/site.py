"""The aggregated API as a twisted.web Site: every request passes here, is admitted, served and counted."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from werkzeug.exceptions import HTTPException

from promoter_view.access.admission import Access, Admission, Attributes
from promoter_view.access.identity import ANONYMOUS
from promoter_view.api import answers
from promoter_view.api.negotiation import Verb
from promoter_view.api.openapi import OpenApi
from promoter_view.api.paths import PREFIX, attributes_of, is_routable, parse_path, plain_path, verb_of
from promoter_view.api.query import is_watch, selected_name
from promoter_view.api.resource import ApiSettings, Call, ViewResource
from promoter_view.api.routes import Routes, not_found
from promoter_view.boundaries import ViewReader
from promoter_view.clocks import WallClock
from promoter_view.metrics import Metrics
from promoter_view.reading.pump import Pump
from promoter_view.reading.sights import Sights, Unrestricted
from promoter_view.views.definition import ViewDefinition
from promoter_view.web.channel import ApiRequest, channel_of
from promoter_view.web.errors import BadRequest, MethodNotAllowed
from promoter_view.web.health import HealthChecks
from promoter_view.web.limits import Claim, Limits, Shares
from promoter_view.web.parameters import parameters_of
from promoter_view.web.server import HttpSite

_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")


class Gate(Resource):
    """The root: resource paths go to the views, all others to the klein routes."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(
        self,
        definitions: Sequence[ViewDefinition],
        resource: ViewResource,
        routes: Routes,
        *,
        reactor: IReactorTime,
        access: Access,
        metrics: Metrics,
        random: Random,
        limits: Limits,
    ) -> None:
        super().__init__()
        self._shares = Shares(limits)
        self._definitions = {definition.plural: definition for definition in definitions}
        self._resource = resource
        self._routes = routes.app.resource()
        self._reactor = reactor
        self._access = access
        self._metrics = metrics
        self._random = random
        self._under_way: set[Deferred[None]] = set()

    def render(self, request: Request) -> int:
        """Answers every request; what is not over at once is cancelled when the client leaves."""
        answers.begin(request, self._random)
        begun = self._reactor.seconds()
        call, attributes = self._read(request)
        work = Deferred.fromCoroutine(self._serve(request, call, attributes))
        if not work.called:
            self._under_way.add(work)
            request.notifyFinish().addErrback(lambda _: work.cancel())
        work.addErrback(self._failed, request)
        work.addBoth(lambda _: self._over(work, request, attributes, begun))
        return NOT_DONE_YET

    @property
    def watches(self) -> int:
        """How many are open."""
        return len(self._resource.watches)

    def drain(self) -> Deferred[None]:
        """End all watches, each with a last bookmark where it may be; fires when every request under way is over."""
        self._resource.watches.drain()
        return DeferredList(list(self._under_way)).addCallback(lambda _: None)

    def _read(self, request: Request) -> tuple[Call | None, Attributes]:
        target = parse_path(request.path, self._definitions) if request.path.startswith(PREFIX) else None
        if target is None:
            method = request.method if request.method in _METHODS else b"other"
            return None, Attributes(verb=method.decode().lower(), path=plain_path(request.path))
        parameters = parameters_of(request.uri)
        verb = verb_of(target, is_watch(parameters))
        name = selected_name(parameters)
        return Call(target, verb, parameters), attributes_of(request.method, request.path, target, verb, name)

    async def _serve(self, request: Request, call: Call | None, attributes: Attributes) -> None:
        admission = await self._access.admit(request, attributes)
        if admission.identity is not ANONYMOUS:
            channel_of(request).recognize()
        if call is None and not is_routable(attributes.path):
            raise not_found()
        if call is None:
            self._route(request)
        elif not _reads(request.method, call.verb):
            raise MethodNotAllowed(attributes.group, attributes.resource)
        else:
            await self._counted(request, call, admission)

    def _route(self, request: Request) -> None:
        try:
            request.render(self._routes)
        except HTTPException as error:  # werkzeug's, of a Host that it cannot read
            raise BadRequest(f"the Host header is malformed: {error.description}") from error

    async def _counted(self, request: Request, call: Call, admission: Admission) -> None:
        """Serve it as part of what its user has under way; who is system:masters is not counted."""
        identity = admission.identity
        claim = Claim(None if identity.privileged else identity.user, call.verb is Verb.WATCH)
        self._shares.take(claim)
        try:
            await self._resource.serve(request, call, admission)
        finally:
            self._shares.give_back(claim)

    def _failed(self, failure: Failure, request: Request) -> None:
        # Cancelled: the client has left, there is nobody to tell.
        if not failure.check(CancelledError):
            answers.send_error(request, failure)

    def _over(self, work: Deferred[None], request: Request, attributes: Attributes, begun: float) -> None:
        self._under_way.discard(work)
        verb = attributes.verb.upper()
        labels = (verb, attributes.group, attributes.version, attributes.resource)
        self._metrics.requests.labels(*labels, request.code).inc()
        if attributes.verb != Verb.WATCH:
            self._metrics.request_seconds.labels(*labels).observe(self._reactor.seconds() - begun)


def _reads(method: bytes, verb: Verb) -> bool:
    # HEAD of a watch would hold its connection, and say nothing.
    return method == b"GET" or (method == b"HEAD" and verb is not Verb.WATCH)


class ApiSite(HttpSite):
    """The aggregated API's."""

    def __init__(self, gate: Gate, *, reactor: IReactorTime, metrics: Metrics) -> None:
        super().__init__(gate, request_factory=ApiRequest, reactor=reactor, metrics=metrics)
        self._gate = gate

    @property
    def watches(self) -> int:
        """How many are open."""
        return self._gate.watches

    def drain(self) -> Deferred[None]:
        """Before shutdown: end all watches cleanly; fires when every request under way is over."""
        return self._gate.drain()


def make_site(
    views: ViewReader,
    definitions: Sequence[ViewDefinition],
    *,
    reactor: IReactorTime,
    wall: WallClock,
    pump: Pump,
    metrics: Metrics,
    health: HealthChecks,
    openapi: OpenApi,
    access: Access,
    random: Random,
    settings: ApiSettings,
    version: str,
    sights: Sights | None = None,
) -> ApiSite:
    """The whole API. ``random`` spreads time-outs and makes Audit-Ids; ``version`` is the program's.

    ``sights``: what each user may see; None: everybody sees all.
    """
    resource = ViewResource(
        views,
        definitions,
        reactor=reactor,
        wall=wall,
        pump=pump,
        metrics=metrics,
        random=random,
        settings=settings,
        sights=sights or Unrestricted(views),
    )
    routes = Routes(definitions, openapi=openapi, health=health, metrics=metrics, version=version)
    gate = Gate(
        definitions,
        resource,
        routes,
        reactor=reactor,
        access=access,
        metrics=metrics,
        random=random,
        limits=settings.limits,
    )
    return ApiSite(gate, reactor=reactor, metrics=metrics)
