"""The entrance of the aggregated API: every request is admitted, served and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from twisted.web.server import Request
from werkzeug.exceptions import HTTPException

from promoter_view.access.admission import Access, Admission, Attributes
from promoter_view.access.identity import ANONYMOUS
from promoter_view.api import answers
from promoter_view.api.commits.resource import CommitCall, CommitResource
from promoter_view.api.events.resource import EventCall, EventResource
from promoter_view.api.negotiation import Verb
from promoter_view.api.paths import (
    PREFIX,
    CommitTarget,
    EventTarget,
    ResourceTarget,
    attributes_of,
    is_routable,
    parse_commit_path,
    parse_event_path,
    parse_path,
    plain_path,
    verb_of,
)
from promoter_view.api.query import is_watch, selected_name
from promoter_view.api.resource import Call, ViewResource
from promoter_view.api.routes import Routes, not_found
from promoter_view.measures.resource import MEASURES, MeasuresResource
from promoter_view.runtime import Runtime
from promoter_view.views.definition import ViewDefinition
from promoter_view.web.channel import channel_of
from promoter_view.web.entrance import Entrance
from promoter_view.web.errors import BadRequest, MethodNotAllowed
from promoter_view.web.limits import Claim, Limits
from promoter_view.web.parameters import parameters_of
from promoter_view.web.status import Status


class Beside(Protocol):
    """What the port serves beside the views: the cluster of a demo, that tools ask first."""

    def serves(self, path: bytes) -> bool:
        """Whether that path is its."""

    def render(self, request: Request) -> int:
        """Answers it, now or later."""


_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a review has it; ``call`` where it is for a view or a commit. ``begun`` is the clock's."""

    attributes: Attributes
    call: Call | CommitCall | EventCall | None
    begun: float


class Resources(NamedTuple):
    """What serves resource paths."""

    views: ViewResource
    commits: CommitResource
    events: EventResource


class ApiEntrance(Entrance[Asked]):
    """Resource paths go to the views, that of measures to these, all others to the klein routes."""

    def __init__(
        self,
        definitions: Sequence[ViewDefinition],
        resources: Resources,
        routes: Routes,
        measures: MeasuresResource | None,
        *,
        runtime: Runtime,
        access: Access,
        limits: Limits,
        beside: Beside | None = None,
    ) -> None:
        super().__init__(limits, end_streams=self._drain)
        self._definitions = {definition.plural: definition for definition in definitions}
        self._resources = resources
        self._routes = routes.app.resource()
        self._measures = measures
        self._reactor = runtime.reactor
        self._access = access
        self._metrics = runtime.metrics
        self._random = runtime.random
        self._beside = beside

    def _drain(self) -> None:
        self._resources.views.watches.drain()
        self._resources.events.watches.drain()

    def begin(self, request: Request) -> Asked:
        """Errors: none, whatever the path is."""
        answers.begin(request, self._random)
        begun = self._reactor.seconds()
        target = self._target(request.path) if request.path.startswith(PREFIX) else None
        if target is None:
            method = request.method if request.method in _METHODS else b"other"
            return Asked(Attributes(verb=method.decode().lower(), path=plain_path(request.path)), None, begun)
        parameters = parameters_of(request.uri)
        verb = verb_of(target, is_watch(parameters))
        attributes = attributes_of(request.method, request.path, target, verb, selected_name(parameters))
        if isinstance(target, CommitTarget):
            return Asked(attributes, CommitCall(target, verb, parameters), begun)
        if isinstance(target, EventTarget):
            return Asked(attributes, EventCall(target, verb, parameters), begun)
        return Asked(attributes, Call(target, verb, parameters), begun)

    def _target(self, path: bytes) -> ResourceTarget | CommitTarget | EventTarget | None:
        return parse_path(path, self._definitions) or parse_commit_path(path) or parse_event_path(path)

    async def serve(self, request: Request, asked: Asked) -> None:
        """Errors: those of ``web.status``."""
        attributes, call = asked.attributes, asked.call
        identity = (admission := await self._access.admit(request, attributes)).identity
        if identity is not ANONYMOUS:
            channel_of(request).recognize()
        if call is None and self._beside is not None and self._beside.serves(request.path):
            self._beside.render(request)
            return
        if call is None and not is_routable(attributes.path):
            raise not_found()
        # Who is system:masters is not counted: there must be a way in when all else is full.
        claim = Claim(None if identity.privileged else identity.user, call is not None and call.verb is Verb.WATCH)
        if attributes.path == MEASURES and self._measures is not None:
            with self.counted(claim):
                await self._measures.serve(request)
        elif call is None:
            self._route(request)
        elif not _reads(request.method, call.verb):
            raise MethodNotAllowed(attributes.group, attributes.resource)
        else:
            with self.counted(claim):
                await self._answer(request, call, admission)

    async def _answer(self, request: Request, call: Call | CommitCall | EventCall, admission: Admission) -> None:
        if isinstance(call, CommitCall):
            await self._resources.commits.serve(request, call, admission)
        elif isinstance(call, EventCall):
            await self._resources.events.serve(request, call, admission)
        else:
            await self._resources.views.serve(request, call, admission)

    def _route(self, request: Request) -> None:
        try:
            request.render(self._routes)
        except HTTPException as error:  # werkzeug's, of a Host that it cannot read
            raise BadRequest(f"the Host header is malformed: {error.description}") from error

    def tell(self, request: Request, asked: Asked, status: Status) -> None:  # noqa: ARG002
        """As the request's Accept has it."""
        answers.send_status(request, status)

    def reference(self, request: Request) -> str:
        """The Audit-Id."""
        return answers.reference(request)

    def over(self, request: Request, asked: Asked) -> None:
        """Counts it."""
        attributes = asked.attributes
        labels = (attributes.verb.upper(), attributes.group, attributes.version, attributes.resource)
        self._metrics.requests.labels(*labels, request.code).inc()
        if attributes.verb != Verb.WATCH:
            self._metrics.request_seconds.labels(*labels).observe(self._reactor.seconds() - asked.begun)


def _reads(method: bytes, verb: Verb) -> bool:
    # HEAD of a watch would hold its connection, and say nothing.
    return method == b"GET" or (method == b"HEAD" and verb is not Verb.WATCH)
