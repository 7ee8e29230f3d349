"""The simulated cluster's HTTP side: a Twisted resource that answers as kube-apiserver does. No rules of its own here.

What is asked is read by ``query``, what is there comes from ``cluster`` and ``listing``, watches are ``stream``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import orjson
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from promoter_view.simulator.kubernetes import discovery
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.errors import (
    StatusError,
    bad_request,
    details,
    method_not_allowed,
    unsupported_media_type,
)
from promoter_view.simulator.kubernetes.faults import AnyFault, ArmedFaults, Cut, Delay, Refuse, Shuffle, Silence
from promoter_view.simulator.kubernetes.listing import TablePage, list_page
from promoter_view.simulator.kubernetes.query import RequestTarget, is_true, read_options, read_target
from promoter_view.simulator.kubernetes.reviews import review
from promoter_view.simulator.kubernetes.stream import WatchStream
from promoter_view.simulator.kubernetes.table import Table
from promoter_view.simulator.kubernetes.tabular import table_of, wants_table
from promoter_view.simulator.kubernetes.watch import WatchCursor

_MAX_BODY = 3 * 1024 * 1024
_HEALTH = (["healthz"], ["livez"], ["readyz"])
_WRITES = {b"POST": "create", b"PUT": "update", b"PATCH": "patch", b"DELETE": "delete"}


class ApiServer(Resource):
    """Serves a cluster. ``faults`` is where tests arm what shall go wrong; intervals in seconds."""

    isLeaf = True  # noqa: N815 (Twisted's name)

    def __init__(
        self,
        cluster: ObjectStore,
        *,
        clock: IReactorTime,
        random: random.Random,
        faults: ArmedFaults | None = None,
        bookmark_interval: float = 60.0,
        min_request_timeout: float = 1800.0,
    ) -> None:
        super().__init__()
        self.cluster = cluster
        self.faults = faults or ArmedFaults()
        self.bookmark_interval = bookmark_interval
        self._min_request_timeout = min_request_timeout
        self._clock = clock
        self._random = random
        self._streams: set[WatchStream] = set()

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return len(self._streams)

    def drop_watches(self) -> None:
        """Cuts every open watch, as a restart of the server does."""
        for stream in tuple(self._streams):
            stream.cut()

    def end_watches(self) -> None:
        """Ends every open watch cleanly, as a graceful shutdown does."""
        for stream in tuple(self._streams):
            stream.end()

    def render(self, request: Request) -> int:
        """Answers any request. Nothing is ever returned directly: faults may delay it."""
        path = request.path.decode("ascii", "replace")
        segments = [unquote(part) for part in path.split("/") if part]
        if segments in _HEALTH:
            _send(request, 200, b"ok", b"text/plain")
            return NOT_DONE_YET
        target = read_target(segments)
        table = None if target is None else self.cluster.table(target.group, target.plural)
        if target is None or table is None or table.kind.version != target.version:
            self._answer(request, lambda: self._document(request, segments))
            return NOT_DONE_YET
        self._admit(request, target, table)
        return NOT_DONE_YET

    def _admit(self, request: Request, target: RequestTarget, table: Table) -> None:
        fault = self.faults.of_request(_verb(request, target), request.path.decode("ascii", "replace"))
        if isinstance(fault, Silence):
            return
        if isinstance(fault, Delay):
            delayed = self._clock.callLater(fault.seconds, self._serve, request, target, table, None)
            request.notifyFinish().addErrback(lambda _: _cancel(delayed))
            return
        self._serve(request, target, table, fault)

    def _serve(self, request: Request, target: RequestTarget, table: Table, fault: AnyFault | None) -> None:
        if isinstance(fault, Refuse):
            _refuse(request, fault)
        elif isinstance(fault, Cut):
            _cut_short(request)
        elif _verb(request, target) in ("watch", "watchlist"):
            self._answer(request, lambda: self._watch(request, target, table, fault))
        else:
            self._answer(request, lambda: self._call(request, target, table, fault))

    def _answer(self, request: Request, call: Callable[[], tuple[int, Any] | None]) -> None:
        try:
            answer = call()
        except StatusError as error:
            _send_json(request, error.code, error.document())
            return
        if answer is not None:
            _send_json(request, *answer)

    def _document(self, request: Request, segments: list[str]) -> tuple[int, Any] | None:
        reviewed = review(segments) if request.method == b"POST" else None
        if reviewed is not None:
            return 201, reviewed
        found = discovery.find(segments, self.cluster.kinds)
        if found is None:
            _send(request, 404, b"404 page not found\n", b"text/plain; charset=utf-8")
            return None
        return 200, found

    def _watch(self, request: Request, target: RequestTarget, table: Table, fault: AnyFault | None) -> None:
        options = read_options(_query(request))
        longest = self._min_request_timeout * (1 + self._random.random())
        reorder = self._random.shuffle if isinstance(fault, Shuffle) else None
        stream = WatchStream(
            request,
            WatchCursor(self.cluster, table, target.namespace, options, reorder),
            cluster=self.cluster,
            faults=self.faults,
            clock=self._clock,
            bookmark_interval=self.bookmark_interval if options.bookmarks else None,
            timeout_seconds=options.timeout_seconds or longest,
            done=self._streams.discard,
        )
        self._streams.add(stream)
        stream.start()

    def _call(
        self, request: Request, target: RequestTarget, table: Table, fault: AnyFault | None
    ) -> tuple[int, Any] | None:
        if request.method in (b"GET", b"HEAD"):
            if target.name:
                return 200, self._get(request, target, table)
            self._list(request, target, table, shuffled=isinstance(fault, Shuffle))
            return None
        return self._write(request, target, table)

    def _get(self, request: Request, target: RequestTarget, table: Table) -> Any:
        found = self.cluster.get(table.kind, target.namespace, target.name)
        if not wants_table(request.getHeader("Accept")):
            return found
        metadata = {"resourceVersion": found["metadata"]["resourceVersion"]}
        return table_of([orjson.dumps(found)], metadata, self.cluster.seconds())

    def _list(self, request: Request, target: RequestTarget, table: Table, *, shuffled: bool) -> None:
        page = list_page(table, target.namespace, read_options(_query(request)), self.cluster.resource_version)
        bodies = [found.body for found in page.items]
        if shuffled:
            self._random.shuffle(bodies)
        if wants_table(request.getHeader("Accept")):
            _send_json(request, 200, table_of(bodies, _list_metadata(page), self.cluster.seconds()))
        else:
            _send(request, 200, _list_body(table, page, bodies), b"application/json")

    def _write(self, request: Request, target: RequestTarget, table: Table) -> tuple[int, Any]:
        if "dryRun" in _query(request):
            raise bad_request("dryRun is not simulated")
        kind, namespace = table.kind, target.namespace
        verb = _WRITES.get(request.method)
        if verb == "create" and not target.name:
            return 201, self.cluster.create(kind, namespace, _body(request))
        if verb is None or verb == "create" or not target.name:
            raise method_not_allowed()
        if verb == "update":
            return 200, self.cluster.update(kind, namespace, _named(_body(request), target), target.subresource)
        if verb == "patch":
            patch = _patch(request)
            return 200, self.cluster.patch(kind, namespace, target.name, patch, target.subresource)
        return self._delete(request, target, table)

    def _delete(self, request: Request, target: RequestTarget, table: Table) -> tuple[int, Any]:
        conditions = (_body(request, required=False).get("preconditions")) or {}
        found = self.cluster.delete(
            table.kind,
            target.namespace,
            target.name,
            uid=conditions.get("uid"),
            resource_version=conditions.get("resourceVersion"),
        )
        if found["metadata"].get("finalizers"):
            return 200, found
        about = {**details(table.kind, target.name), "uid": found["metadata"]["uid"]}
        return 200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": about}


def _verb(request: Request, target: RequestTarget) -> str:
    if request.method not in (b"GET", b"HEAD"):
        return _WRITES.get(request.method, "")
    if target.name:
        return "get"
    query = _query(request)
    if not is_true(query.get("watch")):
        return "list"
    return "watchlist" if is_true(query.get("sendInitialEvents")) else "watch"


def _cancel(delayed: IDelayedCall) -> None:
    if delayed.active():
        delayed.cancel()


def _query(request: Request) -> dict[str, str]:
    return {
        key.decode("utf-8", "replace"): values[0].decode("utf-8", "replace") for key, values in request.args.items()
    }


def _body(request: Request, *, required: bool = True) -> dict[str, Any]:
    if b"protobuf" in (request.getHeader(b"content-type") or b""):
        raise unsupported_media_type("application/json")
    data = request.content.read(_MAX_BODY + 1) if request.content else b""
    if len(data) > _MAX_BODY:
        raise StatusError(413, "RequestEntityTooLarge", f"limit is {_MAX_BODY}")
    if not data and not required:
        return {}
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"error decoding the body: {error}") from error
    if not isinstance(found, dict):
        raise bad_request("the body must be an object")
    return found


def _named(document: dict[str, Any], target: RequestTarget) -> dict[str, Any]:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("name") != target.name:
        raise bad_request(f"the name of the object does not match the name on the URL ({target.name})")
    return document


def _patch(request: Request) -> dict[str, Any]:
    sent = request.getHeader(b"content-type") or b""
    if sent.split(b";")[0].strip() != b"application/merge-patch+json":
        raise unsupported_media_type("application/merge-patch+json")
    return _body(request)


def _list_body(table: Table, page: TablePage, bodies: list[bytes]) -> bytes:
    kind = table.kind
    head = {"apiVersion": kind.api_version.lstrip("/"), "kind": f"{kind.kind}List", "metadata": _list_metadata(page)}
    return b"".join((orjson.dumps(head)[:-1], b',"items":[', b",".join(bodies), b"]}\n"))


def _list_metadata(page: TablePage) -> dict[str, Any]:
    metadata: dict[str, Any] = {"continue": page.token, "resourceVersion": str(page.resource_version)}
    if page.remaining is not None:
        metadata["remainingItemCount"] = page.remaining
    return metadata


def _refuse(request: Request, fault: Refuse) -> None:
    about = dict(fault.details)
    if fault.retry_after_seconds is not None:
        request.setHeader(b"retry-after", b"%d" % fault.retry_after_seconds)
        about.setdefault("retryAfterSeconds", fault.retry_after_seconds)
    _send_json(request, fault.code, StatusError(fault.code, fault.reason, fault.message, about).document())


def _cut_short(request: Request) -> None:
    request.setHeader(b"content-type", b"application/json")
    request.setHeader(b"content-length", b"1000")
    request.write(b'{"kind":"')
    request.loseConnection()


def _send_json(request: Request, code: int, document: Any) -> None:
    _send(request, code, orjson.dumps(document) + b"\n", b"application/json")


def _send(request: Request, code: int, body: bytes, content_type: bytes) -> None:
    request.setResponseCode(code)
    request.setHeader(b"content-type", content_type)
    request.setHeader(b"cache-control", b"no-cache, private")
    request.setHeader(b"content-length", b"%d" % len(body))
    request.write(body)
    request.finish()
