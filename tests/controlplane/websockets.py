"""A blocking WebSocket client for watches, as fabric8's Java client and consoles are one; its frames are wsproto's."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage

_TIMEOUT_SECONDS = 30.0
TOKEN_PREFIX = "base64url.bearer.authorization.k8s.io."


class RefusedError(Exception):
    """The handshake was answered otherwise than with 101."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered with {status}")
        self.status = status


class WatchSocket:
    """One watch. ``closed``: the code with which the server has closed it; None where the connection broke."""

    def __init__(
        self,
        url: str,
        path: str,
        query: Mapping[str, Any],
        *,
        context: ssl.SSLContext,
        headers: Mapping[str, str] | None = None,
        protocols: Sequence[str] = (),
    ) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        raw = socket.create_connection((address.hostname, address.port or 443), timeout=_TIMEOUT_SECONDS)
        self._socket = context.wrap_socket(raw, server_hostname=address.hostname)
        self._connection = WSConnection(ConnectionType.CLIENT)
        self.closed: int | None = None
        self.protocol: str | None = None
        wanted = {"Origin": url, **(headers or {})}
        request = Request(
            host=address.netloc,
            target=f"{path}?{urlencode({'watch': 'true', **query})}",
            subprotocols=list(protocols),
            extra_headers=[(name.encode(), value.encode()) for name, value in wanted.items()],
        )
        self._socket.sendall(self._connection.send(request))
        self._accept()

    def __enter__(self) -> WatchSocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def events(self) -> Iterator[dict[str, Any]]:
        """Each event as it comes, until the server closes or the connection breaks."""
        text = ""
        while True:
            for event in self._connection.events():
                if isinstance(event, TextMessage):
                    text += event.data
                    if event.message_finished:
                        assert text.endswith("\n")
                        yield json.loads(text)
                        text = ""
                elif isinstance(event, Ping):
                    self._socket.sendall(self._connection.send(event.response()))
                elif isinstance(event, CloseConnection):
                    self.closed = int(event.code)
                    if self._connection.state is ConnectionState.REMOTE_CLOSING:
                        self._socket.sendall(self._connection.send(event.response()))
                    return
            if not self._receive():
                return

    def next(self, count: int) -> list[dict[str, Any]]:
        """So many events; fewer where it ends before."""
        found = []
        for event in self.events():
            found.append(event)
            if len(found) == count:
                break
        return found

    def ping(self) -> None:
        """As OkHttp does each half minute."""
        self._socket.sendall(self._connection.send(Ping(b"still there?")))

    def close(self) -> None:
        """Our half of the closing handshake."""
        self._socket.sendall(self._connection.send(CloseConnection(1000)))

    def _accept(self) -> None:
        while True:
            for event in self._connection.events():
                if isinstance(event, RejectConnection):
                    self._socket.close()
                    raise RefusedError(event.status_code)
                assert isinstance(event, AcceptConnection)
                self.protocol = event.subprotocol
                return
            assert self._receive(), "the server has closed without an answer"

    def _receive(self) -> bool:
        try:
            data = self._socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            data = b""
        if data:
            self._connection.receive_data(data)
        return bool(data)


def token_protocol(token: str) -> str:
    """The subprotocol that carries a bearer token."""
    return TOKEN_PREFIX + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
