"""How a message is signed, so that its receiver knows who sent it: Standard Webhooks. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

_PREFIX = "whsec_"
_BYTES = range(24, 65)
_MOST_SECRETS = 2
EXPECTED = "expected one secret on a line, two while they change: whsec_ and 24 to 64 bytes as base64"


class SecretError(ValueError):
    """A file with secrets cannot be used; the message has nothing of what is in it."""


def read_secrets(text: bytes) -> tuple[bytes, ...]:
    """The secrets of a file, one on a line. Errors: SecretError."""
    lines = [line.strip() for line in text.decode("latin-1").splitlines() if line.strip()]
    if not 1 <= len(lines) <= _MOST_SECRETS:
        raise SecretError(EXPECTED)
    return tuple(map(_secret, lines))


def webhook_headers(
    identity: str, timestamp: int, body: bytes, secrets: Sequence[bytes]
) -> tuple[tuple[str, str], ...]:
    """``webhook-id``, ``webhook-timestamp`` (seconds since 1970) and, with secrets, ``webhook-signature`` by each.

    A message that is offered again has the same identity, and a timestamp of its own.
    """
    told = [("webhook-id", identity), ("webhook-timestamp", str(timestamp))]
    signed = f"{identity}.{timestamp}.".encode() + body
    signatures = [b"v1," + base64.b64encode(hmac.digest(each, signed, "sha256")) for each in secrets]
    if signatures:
        told.append(("webhook-signature", b" ".join(signatures).decode()))
    return tuple(told)


def _secret(line: str) -> bytes:
    try:
        found = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SecretError(EXPECTED) from error
    if not line.startswith(_PREFIX) or len(found) not in _BYTES:
        raise SecretError(EXPECTED)
    return found
