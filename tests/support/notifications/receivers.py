"""Receivers of notifications: real HTTP servers on loopback that take, fail, hang and go away; and what they took."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.ports import free_port


@dataclass(frozen=True)
class Received:
    """A request; ``status`` is what was answered, 0 for nothing."""

    at: float
    headers: dict
    body: bytes
    status: int

    @property
    def identity(self):
        return self.headers["webhook-id"]


@dataclass
class ReceiverServer:
    """Answers as ``answer(number of the request)`` says: a status, or (status, headers); None: hangs for a while."""

    answer: object = lambda _: 204
    port: int = field(default_factory=free_port)
    received: list = field(default_factory=list)
    hang_seconds: float = 1.0
    #: An SSLContext; None: it speaks no TLS.
    context: object = None

    def __post_init__(self):
        self._lock = threading.Lock()
        self._server = None
        self.open()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook/secret-part"

    @property
    def taken(self):
        """In the order in which they were answered with success."""
        return [each for each in list(self.received) if 200 <= each.status < 300]

    def open(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with receiver._lock:
                    number = len(receiver.received)
                    found = receiver.answer(number)
                    status, headers = found if isinstance(found, tuple) else (found, {})
                    told = {name.lower(): value for name, value in self.headers.items()}
                    receiver.received.append(Received(time.time(), told, body, status or 0))
                if status is None:
                    time.sleep(receiver.hang_seconds)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True

            def handle_error(self, *args):
                """The sender was killed."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        if self.context is not None:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        """Away: nobody listens."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def failing_at_random(seed, share=0.3):
    """500 for that share of the requests."""
    chance = random.Random(seed)
    return lambda _: 500 if chance.random() < share else 204
