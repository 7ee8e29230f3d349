"""The paths that are not resources: discovery, health, version, metrics. Thin klein routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import cast

import orjson
from klein import Klein
from prometheus_client import CONTENT_TYPE_LATEST
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from twisted.web.server import Request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from promoter_view.api import answers, discovery
from promoter_view.api.format.layouts import laid_out
from promoter_view.api.format.rendering import layout_of, lenient_layout
from promoter_view.api.negotiation import (
    DISCOVERY_VERSIONS,
    MediaType,
    Verb,
    discovery_version,
    negotiate,
    require_json,
)
from promoter_view.api.openapi.documents import GROUP_PATH, OpenApi
from promoter_view.api.published import Published, has_already, publish
from promoter_view.boundaries import NotificationsDesk
from promoter_view.metrics import Metrics
from promoter_view.views.definition import GROUP, VERSION, ViewDefinition
from promoter_view.web.errors import MethodNotAllowed, ResourceNotFound
from promoter_view.web.health import HealthChecks, HealthReport
from promoter_view.web.parameters import first, parameters_of

_NOT_FOUND = "the server could not find the requested resource"
#: A year, which is how caches write "for good" (RFC 9111, 5.2.2.1; RFC 8246).
_FOR_GOOD = "public, max-age=31536000, immutable"


class Routes:
    """What the API says of itself, and the program's health and metrics."""

    app = Klein()

    def __init__(
        self,
        definitions: Sequence[ViewDefinition],
        *,
        openapi: OpenApi,
        health: HealthChecks,
        metrics: Metrics,
        version: str,
        notifications: NotificationsDesk | None = None,
    ) -> None:
        self._definitions = definitions
        self._openapi = openapi
        self._health = health
        self._metrics = metrics
        self._version = version
        self._notifications = notifications
        self._cores = _aggregated(())
        self._groups = _aggregated(definitions)

    @app.route("/api", methods=["GET"])
    def api(self, request: Request) -> bytes:
        """No core resources; so that kubectl can be pointed straight at us."""
        return _discovery(request, discovery.api_versions(), self._cores)

    @app.route("/apis", methods=["GET"])
    def apis(self, request: Request) -> bytes:
        """The groups."""
        return _discovery(request, discovery.api_group_list(), self._groups)

    @app.route(f"/apis/{GROUP}", methods=["GET"])
    def group(self, request: Request) -> bytes:
        """The group."""
        return _document(request, discovery.api_group())

    @app.route(f"/apis/{GROUP}/{VERSION}", methods=["GET"])
    def resources(self, request: Request) -> bytes:
        """The resources of the group's version."""
        return _document(request, discovery.api_resource_list(self._definitions))

    @app.route("/openapi/v2", methods=["GET"])
    def openapi_v2(self, request: Request) -> bytes:
        """The OpenAPI 2 document, as the aggregator fetches it and merges it into the cluster's."""
        require_json(request.getHeader("Accept"))
        return _published(request, self._openapi.documents.v2, MediaType.JSON)

    @app.route("/openapi/v3", methods=["GET"])
    def openapi_v3(self, request: Request) -> bytes:
        """The index of OpenAPI 3 documents: where each is, with its hash (KEP-2896)."""
        require_json(request.getHeader("Accept"))
        return _published(request, self._openapi.documents.v3_index, MediaType.JSON)

    @app.route(f"/openapi/v3/{GROUP_PATH}", methods=["GET"])
    def openapi_v3_group(self, request: Request) -> bytes:
        """The OpenAPI 3 document; under its hash it may be kept for good, another hash leads to the right one."""
        require_json(request.getHeader("Accept"))
        documents = self._openapi.documents
        asked = first(parameters_of(request.uri), "hash")
        if asked not in ("", documents.v3.hash):
            request.setResponseCode(HTTPStatus.MOVED_PERMANENTLY)
            request.setHeader("Location", documents.v3_url)
            return b""
        if asked:
            request.setHeader("Cache-Control", _FOR_GOOD)
        return _published(request, documents.v3, MediaType.JSON)

    @app.route("/version", methods=["GET"])
    def version(self, request: Request) -> bytes:
        """The program's version."""
        require_json(request.getHeader("Accept"))
        return _document(request, discovery.version_info(self._version))

    @app.route("/metrics", methods=["GET"])
    def metrics(self, request: Request) -> bytes:
        """Prometheus' text format."""
        return _body(request, self._metrics.render(), CONTENT_TYPE_LATEST)

    @app.route("/notifications", methods=["GET"])
    def notifications(self, request: Request) -> bytes:
        """How notifications stand."""
        return _document(request, dict(self._desk().document()))

    @app.route("/notifications/<name>/replay", methods=["POST"])
    async def replay(self, request: Request, name: str) -> bytes:
        """Sends again what has happened since ``?since=``."""
        since = first(parameters_of(request.uri), "since")
        return _document(request, dict(await self._desk().replay(name, since)))

    @app.route("/notifications/<name>/test", methods=["POST"])
    async def test(self, request: Request, name: str) -> bytes:
        """Sends a made-up event."""
        return _document(request, dict(await self._desk().test(name)))

    def _desk(self) -> NotificationsDesk:
        if self._notifications is None:
            raise ResourceNotFound("there are no notifications: --notifications declares them")
        return self._notifications

    @app.route("/<any(livez, readyz, healthz):probe>", methods=["GET"])
    def health(self, request: Request, probe: str) -> bytes:
        """``?verbose`` shows each check, ``?exclude=NAME`` leaves one out."""
        parameters = parameters_of(request.uri)
        exclude = parameters.get("exclude", ())
        return _report(request, self._health.report(probe, verbose="verbose" in parameters, exclude=exclude))

    @app.route("/<any(livez, readyz, healthz):probe>/<check>", methods=["GET"])
    def health_check(self, request: Request, probe: str, check: str) -> bytes:
        """One check."""
        report = self._health.single(probe, check)
        if report is None:
            raise not_found()
        return _report(request, report)

    @app.handle_errors(HTTPException)
    def refused(self, request: IRequest, failure: Failure) -> bytes:
        """No such path, or not with that method."""
        error = MethodNotAllowed() if isinstance(failure.value, WrongMethod) else not_found()
        return answers.refuse(cast(Request, request), Failure(error))

    @app.handle_errors(Exception)
    def failed(self, request: IRequest, failure: Failure) -> bytes:
        """A request's error, or a fault of ours."""
        return answers.refuse(cast(Request, request), failure)


def not_found() -> ResourceNotFound:
    """What is said of a path that names nothing."""
    return ResourceNotFound(_NOT_FOUND)


def _aggregated(definitions: Sequence[ViewDefinition]) -> Mapping[str, Published]:
    return {it: publish(discovery.group_discovery_list(definitions, it)) for it in DISCOVERY_VERSIONS}


def _discovery(request: Request, plain: discovery.Document, aggregated: Mapping[str, Published]) -> bytes:
    version = discovery_version(request.getHeader("Accept"))
    if version is not None:
        return _published(request, aggregated[version], discovery.aggregated_type(version))
    layout = lenient_layout(request, parameters_of(request.uri))
    return _body(request, laid_out(layout, orjson.dumps(plain)), layout.content_type)


def _published(request: Request, document: Published, content_type: str) -> bytes:
    """The document, or 304 for a client that has it."""
    request.setHeader("Vary", "Accept")
    request.setHeader("ETag", document.etag)
    if has_already(request.getHeader("If-None-Match"), document.etag):
        request.setResponseCode(HTTPStatus.NOT_MODIFIED)
        return b""
    return _body(request, document.body, content_type)


def _document(request: Request, document: discovery.Document) -> bytes:
    layout = layout_of(negotiate(request.getHeader("Accept"), Verb.GET), request, parameters_of(request.uri))
    return _body(request, laid_out(layout, orjson.dumps(document)), layout.content_type)


def _report(request: Request, report: HealthReport) -> bytes:
    if not report.healthy:
        request.setResponseCode(HTTPStatus.INTERNAL_SERVER_ERROR)
    request.setHeader("X-Content-Type-Options", "nosniff")
    return _body(request, report.text.encode(), "text/plain; charset=utf-8")


def _body(request: Request, body: bytes, content_type: str) -> bytes:
    # klein sends what a route returns without a length, that is in chunks.
    request.setHeader("Content-Type", content_type)
    request.setHeader("Content-Length", str(len(body)))
    return body
