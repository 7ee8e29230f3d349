"""The joint between what writes messages and what delivers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from twisted.internet.defer import Deferred

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.links import Links


class FormatError(Exception):
    """No message can be made of those entries, and none ever will: in one line why. It names no secret."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """What is sent: by POST to the receiver's address, or, with ``path``, to the cluster's API.

    ``headers`` come beside the receiver's own; no value has a line end or a NUL.
    """

    body: bytes = field(repr=False)
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    path: str = ""


class MessageFormat(Protocol):
    """Writes entries as one message."""

    def write(self, entries: Sequence[JournalEntry], links: Links) -> Deferred[OutgoingMessage]:
        """Of one entry, or of all of a digest, in order; never of none. Errors: FormatError."""
