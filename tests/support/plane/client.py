"""A small Kubernetes client for tests: the standard library's, so that it shares nothing with what it tests."""

from __future__ import annotations

import http.client
import json
import select
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

Document = dict[str, Any]

MERGE_PATCH = "application/merge-patch+json"
_TIMEOUT_SECONDS = 30.0
_RETRY_SECONDS = 0.2


class RefusedError(Exception):
    """An answer that is not 2xx. ``status`` is the HTTP status, ``document`` the Status object, or text."""

    def __init__(self, status: int, document: Any, headers: Mapping[str, str]) -> None:
        super().__init__(f"{status}: {document}")
        self.status = status
        self.document = document
        self.headers = headers


class Client:
    """Requests to one server; a connection a thread. ``context`` is None for plain HTTP.

    ``patience_seconds``: how long a request that is answered 429 is tried again. kube-apiserver answers so while the
    watch cache of a custom resource begins anew, which it may at any time after a start.
    """

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext | None = None,
        token: str = "",
        *,
        patience_seconds: float = 0.0,
    ) -> None:
        self.url = url
        self._context = context
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._patience_seconds = patience_seconds
        self._local = threading.local()

    def get(self, path: str, **query: Any) -> Document:
        """``GET``. Errors: RefusedError."""
        return self.request("GET", path + _query(query))

    def create(self, path: str, document: Document) -> Document:
        """``POST``. Errors: RefusedError."""
        return self.request("POST", path, document)

    def update(self, path: str, document: Document) -> Document:
        """``PUT``. Errors: RefusedError."""
        return self.request("PUT", path, document)

    def patch(self, path: str, patch: Any, content_type: str = MERGE_PATCH) -> Document:
        """``PATCH``. Errors: RefusedError."""
        return self.request("PATCH", path, patch, content_type)

    def delete(self, path: str, document: Document | None = None) -> Document:
        """``DELETE``. Errors: RefusedError."""
        return self.request("DELETE", path, document)

    def request(self, method: str, path: str, document: Any = None, content_type: str = "application/json") -> Document:
        """Any request with a JSON answer. Errors: RefusedError."""
        body = None if document is None else json.dumps(document).encode()
        headers = {**self._headers, "Content-Type": content_type, "Accept": "application/json"}
        deadline = time.monotonic() + self._patience_seconds
        response = self._exchange(method, path, body, headers)
        data = response.read()
        while response.status == 429 and time.monotonic() < deadline:
            time.sleep(_RETRY_SECONDS)
            response = self._exchange(method, path, body, headers)
            data = response.read()
        found = json.loads(data) if response.headers.get_content_type() == "application/json" else data.decode()
        if response.status >= 300:
            raise RefusedError(response.status, found, dict(response.headers))
        return found

    @contextmanager
    def watch(self, path: str, **query: Any) -> Iterator[Iterator[Document]]:
        """Opens a watch on a connection of its own; in the block its events can be iterated. Errors: RefusedError."""
        connection = self._connect()
        try:
            connection.request("GET", path + _query({"watch": 1, **query}), headers=self._headers)
            response = connection.getresponse()
            if response.status != 200:
                raise RefusedError(response.status, json.loads(response.read()), dict(response.headers))
            yield (json.loads(line) for line in response)
        finally:
            connection.close()

    def create_all(self, documents: Iterable[Document], connections: int = 8) -> list[Document]:
        """Creates objects with their statuses over several connections; namespaces, and what is before them, first."""
        waiting = list(documents)
        first = [document for document in waiting if document["kind"] == "Namespace"]
        rest = [document for document in waiting if document["kind"] != "Namespace"]
        with ThreadPoolExecutor(connections) as pool:
            return [*pool.map(self.create_whole, first), *pool.map(self.create_whole, rest)]

    def create_whole(self, document: Document) -> Document:
        """Creates an object and then its status, as far as it has one: two writes, as controllers make them."""
        path = collection_path(document)
        created = self.create(path, document)
        if "status" not in document or document["kind"] == "Namespace":
            return created
        return self.patch(f"{path}/{created['metadata']['name']}/status", {"status": document["status"]})

    def close(self) -> None:
        """Closes this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """On this thread's connection; once more on a new one where the kept one turns out to be closed."""
        connection = getattr(self._local, "connection", None)
        reused = connection is not None and not _closed_by_peer(connection)
        if not reused:
            self.close()
            connection = self._local.connection = self._connect()
        sent = False
        try:
            connection.request(method, path, body, headers)
            sent = True
            return connection.getresponse()
        except (http.client.HTTPException, OSError):
            self._local.connection = None
            connection.close()
            # What was not sent whole was not carried out. What was may have been: only a POST is not the same twice.
            if not reused or (sent and method == "POST"):
                raise
        return self._exchange(method, path, body, headers)

    def _connect(self) -> http.client.HTTPConnection:
        address = urlsplit(self.url).netloc
        if self._context is None:
            return http.client.HTTPConnection(address, timeout=_TIMEOUT_SECONDS)
        return http.client.HTTPSConnection(address, timeout=_TIMEOUT_SECONDS, context=self._context)


def _closed_by_peer(connection: http.client.HTTPConnection) -> bool:
    """Whether an idle connection has something to read: its end, for no answer is under way."""
    if connection.sock is None:
        return False
    waiting = select.poll()  # select.select takes no file descriptor above 1,023
    waiting.register(connection.sock, select.POLLIN)
    return bool(waiting.poll(0))


def collection_path(document: Mapping[str, Any]) -> str:
    """Where an object is created, by the plural that its kind has in this API group."""
    api_version = document["apiVersion"]
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    namespace = document["metadata"].get("namespace")
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{scope}/{plural(document['kind'])}"


def plural(kind: str) -> str:
    """The plural as Kubernetes forms it: ``PromotionStrategy`` becomes ``promotionstrategies``."""
    lower = kind.lower()
    if lower.endswith("s"):
        return lower + "es"
    return lower[:-1] + "ies" if lower.endswith("y") else lower + "s"


def _query(query: Mapping[str, Any]) -> str:
    return f"?{urlencode(query)}" if query else ""
