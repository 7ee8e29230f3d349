"""A Kubernetes client of its own: lists and watches over HTTP/1.1, plain or TLS, by the standard library and blocking.

It shares nothing with the program, so a mistake is not made on both sides.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from tests.support.program.recording import Bookmark, Change, Entry, Listing, Refusal, Seen

GROUP_PATH = "/apis/view.promoter.argoproj.io/v1alpha1"
RESOURCE = "promotionstrategydetails"
_END_OF_STATE = "k8s.io/initial-events-end"
#: What a broken connection, a server that is not there, or an answer cut short may raise here.
BROKEN = (OSError, HTTPException)


class Endpoint(NamedTuple):
    """Where the API listens. ``tls``: encrypted, the certificate is not verified (it is self-signed)."""

    host: str
    port: int
    tls: bool = True


class RefusedError(Exception):
    """The server answered a request with a Status."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code} {refusal.reason}: {refusal.message}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Client:
    """``timeout_seconds``: how long nothing may come. ``receive_buffer``: the socket's, in bytes, for slow readers."""

    endpoint: Endpoint
    timeout_seconds: float = 10.0
    receive_buffer: int | None = None

    def get(self, path: str) -> bytes:
        """The body of an answer of 200. Errors: RefusedError, BROKEN."""
        with Exchange(self._connect(), path) as exchange:
            return exchange.body()

    def list(self, namespace: str = "", *, limit: int = 0) -> Listing:
        """All objects, in pages of ``limit`` where that is not 0. Errors: RefusedError, BROKEN."""
        items: list[Seen] = []
        query = {"limit": str(limit)} if limit else {}
        while True:
            page = orjson.loads(self.get(f"{path_of(namespace)}?{urlencode(query)}"))
            items += map(seen, page["items"])
            token = page["metadata"].get("continue")
            if not token:
                return Listing(namespace, int(page["metadata"]["resourceVersion"]), tuple(items))
            query["continue"] = token

    def watch(self, namespace: str, query: Mapping[str, str]) -> Exchange:
        """Opens a watch. Errors: RefusedError, BROKEN."""
        return Exchange(self._connect(), f"{path_of(namespace)}?{urlencode({'watch': '1', **query})}")

    def open(self, target: str) -> Exchange:
        """Any GET. Errors: RefusedError, BROKEN."""
        return Exchange(self._connect(), target)

    def _connect(self) -> HTTPConnection:
        """A connection over a socket of our making, so that its receive buffer is set before it is connected."""
        family = socket.AF_INET6 if ":" in self.endpoint.host else socket.AF_INET
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.settimeout(self.timeout_seconds)
            if self.receive_buffer is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
            raw.connect((self.endpoint.host, self.endpoint.port))
            connection = HTTPConnection(self.endpoint.host, self.endpoint.port)
            connection.sock = _unverified().wrap_socket(raw) if self.endpoint.tls else raw
        except BaseException:
            raw.close()
            raise
        return connection


class Exchange:
    """One request and its answer, on a connection of its own. Errors on entry: RefusedError, BROKEN."""

    def __init__(self, connection: HTTPConnection, target: str) -> None:
        self._connection = connection
        self._response: HTTPResponse | None = None
        self._target = target

    def __enter__(self) -> Exchange:
        try:
            self._connection.request("GET", self._target, headers={"Accept": "application/json"})
            self._response = self._connection.getresponse()
            if self._response.status != 200:
                raise RefusedError(_refusal(self._response.status, self._response.read()))
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._response is not None:
            self._response.close()
        self._connection.close()

    def body(self) -> bytes:
        """All of it. Errors: BROKEN."""
        assert self._response is not None
        return self._response.read()

    def entries(self) -> Iterator[Entry]:
        """The events of a watch, as they come; a last line that was cut is left out. Errors: BROKEN."""
        return map(entry, self.lines())

    def lines(self) -> Iterator[bytes]:
        """The same as bytes."""
        assert self._response is not None
        while (line := self._response.readline()).endswith(b"\n"):
            yield line

    def documents(self) -> Iterator[Any]:
        """The lines of a watch, decoded as they come. Errors: BROKEN."""
        assert self._response is not None
        while (line := self._response.readline()).endswith(b"\n"):
            yield orjson.loads(line)

    def cut(self) -> None:
        """Ends the connection under whoever reads from it, from any thread."""
        # The reader's thread closes it; here it may be closed already.
        try:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            return


def path_of(namespace: str) -> str:
    """The path of the list, "" for all namespaces."""
    return f"{GROUP_PATH}/namespaces/{namespace}/{RESOURCE}" if namespace else f"{GROUP_PATH}/{RESOURCE}"


def entry(line: bytes) -> Entry:
    """One line of a watch."""
    event = orjson.loads(line)
    kind, found = event["type"], event["object"]
    if kind == "ERROR":
        return Refusal(found["code"], found["reason"], found["message"])
    if kind == "BOOKMARK":
        annotations = found["metadata"].get("annotations", {})
        return Bookmark(int(found["metadata"]["resourceVersion"]), annotations.get(_END_OF_STATE) == "true")
    return Change(kind, seen(found))


def seen(found: Mapping[str, Any]) -> Seen:
    """An object, with a digest of all of it."""
    metadata = found["metadata"]
    digest = hashlib.sha256(orjson.dumps(found, option=orjson.OPT_SORT_KEYS)).hexdigest()
    key = (metadata["namespace"], metadata["name"])
    return Seen(key, metadata["uid"], int(metadata["resourceVersion"]), digest[:24])


def _refusal(code: int, body: bytes) -> Refusal:
    """From a Status, or from whatever came instead."""
    try:
        status = orjson.loads(body)
        return Refusal(code, status["reason"], status["message"])
    except (ValueError, KeyError, TypeError):
        return Refusal(code, "", body[:200].decode(errors="replace"))


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
