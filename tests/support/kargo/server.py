"""An admission server on loopback: AdmissionReviews over HTTPS, a thread a connection."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.kargo.requests import DeniedError, Document
from tests.support.plane.client import RefusedError

#: Answers an AdmissionReview with what becomes of the object; None leaves it. Errors: DeniedError.
Answer = Callable[[Document], Document | None]
_TAKEN = ("metadata", "spec")


class AdmissionServer:
    """Started at once. ``answers`` by path; ``asked`` counts them; ``failures`` are this server's, not denials."""

    def __init__(self, host: str, context: ssl.SSLContext, answers: Mapping[str, Answer]) -> None:
        self.asked: Counter[str] = Counter()
        self.failures: list[BaseException] = []
        self._answers = answers
        self._server = _Server((host, 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address, without a path."""
        host, port = self._server.server_address[:2]
        return f"https://[{host!s}]:{port}" if ":" in str(host) else f"https://{host!s}:{port}"

    def close(self) -> None:
        """Ends it. Connections that are open end with the test."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def answer(self, path: str, review: Document) -> Document:
        """The review with its response."""
        uid = review["request"]["uid"]
        try:
            response = _allowed(review, self._answers[path](review))
        except DeniedError as error:
            status = {"code": error.code, "reason": error.reason, "message": str(error)}
            response = {"allowed": False, "status": status}
        self.asked[path] += 1
        return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": {"uid": uid, **response}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, body = server._answered(self.path.partition("?")[0], review)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing: kube-apiserver logs what it refuses."""

        return Handler

    def _answered(self, path: str, review: Document) -> tuple[int, bytes]:
        try:
            return 200, json.dumps(self.answer(path, review)).encode()
        except (RefusedError, OSError, http.client.HTTPException) as error:
            # kube-apiserver is away, as tests will have it: it is told so, and fails the request.
            return 500, json.dumps(str(error)).encode()
        except BaseException as failure:
            self.failures.append(failure)
            return 500, json.dumps(repr(failure)).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def handle_error(self, *_: Any) -> None:
        """Nothing: a connection that ends in the middle is kube-apiserver's affair."""


def _allowed(review: Document, changed: Document | None) -> Document:
    before = review["request"].get("object") or {}
    patch = [
        {"op": "add", "path": f"/{part}", "value": changed[part]}
        for part in _TAKEN
        if changed is not None and changed.get(part) != before.get(part)
    ]
    if not patch:
        return {"allowed": True}
    return {"allowed": True, "patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
