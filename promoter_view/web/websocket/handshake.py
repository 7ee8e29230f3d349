"""The opening handshake of a WebSocket, as kube-apiserver takes it (RFC 6455, 4.2). Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1

from promoter_view.web.errors import BadRequest
from promoter_view.web.headers import Headers

#: Browsers cannot set Authorization on a WebSocket: a subprotocol with this prefix is a token in base64url
#: (k8s.io/apiserver, pkg/authentication/request/websocket).
TOKEN_PREFIX = "base64url.bearer.authorization.k8s.io."  # noqa: S105 - a prefix
_VERSION = b"13"
#: What proves that the key was read as one of a WebSocket (RFC 6455, 1.3).
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class Opening:
    """``key`` is what the answer proves to have read; ``protocol`` the subprotocol of the answer, "" for none."""

    key: bytes
    protocol: str

    @property
    def answer(self) -> Mapping[str, str]:
        """The headers of the answer 101."""
        found = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": b64encode(sha1(self.key + _GUID).digest()).decode(),  # noqa: S324 - RFC 6455, 4.2.2
        }
        return found | ({"Sec-WebSocket-Protocol": self.protocol} if self.protocol else {})


def asks_for_websocket(headers: Headers) -> bool:
    """Whether the client wants to go on with a WebSocket; where nothing can, that is ignored (RFC 9110, 7.8)."""
    wanted = {value.strip().lower() for value in headers.get("upgrade", ())}
    return b"websocket" in wanted and b"upgrade" in {part.lower() for part in _parts(headers, "connection")}


def offered_protocols(headers: Headers) -> list[str]:
    """The subprotocols that the client offers, the best first."""
    return [part.decode("latin-1") for part in _parts(headers, "sec-websocket-protocol")]


def open_websocket(headers: Headers) -> Opening:
    """The answer to a client that asks for a WebSocket. Errors: BadRequest.

    kube-apiserver takes any one subprotocol, and its watches look the same under each. Of several the first is taken.
    """
    if list(headers.get("sec-websocket-version", ())) != [_VERSION]:
        raise BadRequest("Sec-WebSocket-Version: only 13 is supported")
    keys = headers.get("sec-websocket-key", ())
    if len(keys) != 1 or not keys[0]:
        raise BadRequest("Sec-WebSocket-Key: exactly one is needed")
    protocols = [each for each in offered_protocols(headers) if not each.startswith(TOKEN_PREFIX)]
    return Opening(keys[0], protocols[0] if protocols else "")


def _parts(headers: Headers, name: str) -> list[bytes]:
    parts = (part.strip() for value in headers.get(name, ()) for part in value.split(b","))
    return [part for part in parts if part]
