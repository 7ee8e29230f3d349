"""Documents that clients keep: bytes with an entity tag, and whether a client has them already. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Published:
    """A document as it goes on the wire. ``hash`` is the upper-case hexadecimal SHA-512 of its bytes."""

    body: bytes
    hash: str

    @property
    def etag(self) -> str:
        """The strong entity tag (RFC 9110, 8.8.3)."""
        return f'"{self.hash}"'


def publish(document: Any) -> Published:
    """The document as JSON with sorted keys, so that replicas that say the same have the same tag."""
    body = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    return Published(body, hashlib.sha512(body).hexdigest().upper())


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Whether that If-None-Match header names the tag; compared weakly (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or tags == ["*"]
