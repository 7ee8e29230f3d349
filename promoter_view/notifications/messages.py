"""What is sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


class FormatError(Exception):
    """No message can be made of those entries, and none ever will: in one line why. It names no secret."""


class NotYetError(Exception):
    """No message can be made now, and it may pass: a file cannot be read. In one line why. It names no secret."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """What is sent: by POST to the receiver's address, or, with ``path``, to that one of the cluster's API.

    ``headers`` come beside the receiver's own; no value has a line end or a NUL.
    """

    body: bytes = field(repr=False)
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    path: str = ""
