"""The cookie that keeps a token: in chunks, for browsers keep no more than 4 KB in one. Pure but for the request."""

from __future__ import annotations

import base64
import binascii
import re

import orjson
from twisted.web.server import Request

_NAME = "__Host-promoter-view-token"
_CHUNK = 3800
_MAX_CHUNKS = 8
#: What may stand in a cookie's value (RFC 6265, 4.1.1); tokens are of these characters.
_TOKEN = re.compile(r"[!#-+\--:<-\[\]-~]+\Z", re.ASCII)
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def is_token(text: str) -> bool:
    """It can be kept in cookies."""
    return len(text) <= _CHUNK * _MAX_CHUNKS and _TOKEN.match(text) is not None


def token_of(request: Request) -> str | None:
    """The token that was kept; None where there is none, or where a part of it is missing."""
    head = request.getCookie(_NAME.encode())
    if head is None:
        return None
    count, _, first = head.decode("latin-1").partition(".")
    if not re.fullmatch(r"[1-9]", count):
        return None
    rest = [request.getCookie(_chunk(number).encode()) for number in range(1, int(count))]
    token = first + "".join(part.decode("latin-1") for part in rest if part is not None)
    return token if None not in rest and is_token(token) else None


def keep(token: str, now: float) -> list[str]:
    """Values of Set-Cookie that keep it until it expires, or as long as the browser runs where it does not say when."""
    expiry = _expiry(token)
    age = "" if expiry is None else f"; Max-Age={max(0, int(expiry - now))}"
    chunks = [token[start : start + _CHUNK] for start in range(0, len(token), _CHUNK)]
    chunks[0] = f"{len(chunks)}.{chunks[0]}"
    return [f"{_chunk(number)}={chunk}; {_ATTRIBUTES}{age}" for number, chunk in enumerate(chunks)]


def forget() -> list[str]:
    """Values of Set-Cookie that take all chunks away."""
    return [f"{_chunk(number)}=; {_ATTRIBUTES}; Max-Age=0" for number in range(_MAX_CHUNKS)]


def _chunk(number: int) -> str:
    return f"{_NAME}-{number}" if number else _NAME


def _expiry(token: str) -> float | None:
    """A JWT's ``exp`` (RFC 7519), unverified: how long the cookie is kept is all that hangs on it."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    return float(expiry) if isinstance(expiry, int | float) else None
