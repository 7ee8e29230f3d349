"""The paths that are not resources: discovery, health, version, metrics. Thin klein routes."""

from __future__ import annotations

from collections.abc import Sequence
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
from promoter_view.api.errors import MethodNotAllowed, ResourceNotFound
from promoter_view.api.health import HealthChecks, Report
from promoter_view.api.negotiation import Verb, negotiate, wants_aggregated_discovery
from promoter_view.api.query import parameters_of
from promoter_view.metrics import Metrics
from promoter_view.views.definition import GROUP, VERSION, ViewDefinition

_NOT_FOUND = "the server could not find the requested resource"
_NO_METHOD = "the server does not allow this method on the requested resource"


class Routes:
    """Documents that are made from what is known at start, and the program's health and metrics."""

    app = Klein()

    def __init__(
        self, definitions: Sequence[ViewDefinition], *, health: HealthChecks, metrics: Metrics, version: str
    ) -> None:
        self._definitions = definitions
        self._health = health
        self._metrics = metrics
        self._version = version

    @app.route("/api", methods=["GET"])
    def api(self, request: Request) -> bytes:
        """No core resources; so that kubectl can be pointed straight at us."""
        return _discovery(request, discovery.api_versions(), discovery.group_discovery_list(()))

    @app.route("/apis", methods=["GET"])
    def apis(self, request: Request) -> bytes:
        """The groups."""
        return _discovery(request, discovery.api_group_list(), discovery.group_discovery_list(self._definitions))

    @app.route(f"/apis/{GROUP}", methods=["GET"])
    def group(self, request: Request) -> bytes:
        """The group."""
        return _document(request, discovery.api_group())

    @app.route(f"/apis/{GROUP}/{VERSION}", methods=["GET"])
    def resources(self, request: Request) -> bytes:
        """The resources of the group's version."""
        return _document(request, discovery.api_resource_list(self._definitions))

    @app.route("/version", methods=["GET"])
    def version(self, request: Request) -> bytes:
        """The program's version."""
        return _document(request, discovery.version_info(self._version))

    @app.route("/metrics", methods=["GET"])
    def metrics(self, request: Request) -> bytes:
        """Prometheus' text format."""
        return _body(request, self._metrics.render(), CONTENT_TYPE_LATEST)

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
        error = wrong_method() if isinstance(failure.value, WrongMethod) else not_found()
        return answers.refuse(cast(Request, request), Failure(error))

    @app.handle_errors(Exception)
    def failed(self, request: IRequest, failure: Failure) -> bytes:
        """A request's error, or a fault of ours."""
        return answers.refuse(cast(Request, request), failure)


def not_found() -> ResourceNotFound:
    """What is said of a path that names nothing."""
    return ResourceNotFound(_NOT_FOUND)


def wrong_method() -> MethodNotAllowed:
    """What is said to a write."""
    return MethodNotAllowed(_NO_METHOD)


def _discovery(request: Request, plain: discovery.Document, aggregated: discovery.Document) -> bytes:
    if wants_aggregated_discovery(request.getHeader("Accept")):
        return _body(request, orjson.dumps(aggregated) + b"\n", discovery.AGGREGATED_TYPE)
    return _body(request, orjson.dumps(plain) + b"\n", answers.JSON)


def _document(request: Request, document: discovery.Document) -> bytes:
    negotiate(request.getHeader("Accept"), Verb.GET)
    return _body(request, orjson.dumps(document) + b"\n", answers.JSON)


def _report(request: Request, report: Report) -> bytes:
    if not report.healthy:
        request.setResponseCode(HTTPStatus.INTERNAL_SERVER_ERROR)
    request.setHeader("X-Content-Type-Options", "nosniff")
    return _body(request, report.text.encode(), "text/plain; charset=utf-8")


def _body(request: Request, body: bytes, content_type: str) -> bytes:
    # klein sends what a route returns without a length, that is in chunks.
    request.setHeader("Content-Type", content_type)
    request.setHeader("Content-Length", str(len(body)))
    return body
