"""Entries as lines and as Server-Sent Events: the formats of what follows the journal, and of what has an end. Pure."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from promoter_view.dashboard.streams import sse
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.serving.bundles import EventBundle
from promoter_view.reading.format import Format
from promoter_view.reading.wire import Wire, fixed
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.history import Expired
from promoter_view.web.errors import Forbidden
from promoter_view.web.status import expired_status, forbidden_status

LINES_TYPE = "application/x-ndjson"
_LINES_A_PIECE = 100
_HEARTBEAT = fixed(sse.HEARTBEAT)


def line(entry: JournalEntry) -> bytes:
    """An entry as a line."""
    return orjson.dumps(entry.document()) + b"\n"


def line_pieces(entries: Sequence[JournalEntry]) -> Iterator[bytes]:
    """Lines, some at a time."""
    for first in range(0, len(entries), _LINES_A_PIECE):
        yield b"".join(map(line, entries[first : first + _LINES_A_PIECE]))


class _JournalFormat(Format):
    """What both have alike: there is no state to tell, and an entry is told to all clients in the same bytes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def present(self, bundle: Bundle) -> bytes:  # noqa: ARG002
        """There is no state to tell."""
        return b""

    def complete(self, position: int) -> bytes:
        """Where the client stands."""
        return self.bookmark(position)

    def changed(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:  # noqa: ARG002
        """One for all clients."""
        assert isinstance(bundle, EventBundle)
        entry = bundle.entry
        return self._wire.shared((type(self), entry.identity), lambda: self.said(entry))

    @abstractmethod
    def said(self, entry: JournalEntry) -> bytes:
        """An entry."""


class JournalLines(_JournalFormat):
    """A line each. One without ``event`` says up to which resourceVersion all was told, or why it ends."""

    def said(self, entry: JournalEntry) -> bytes:
        """A line."""
        return line(entry)

    def bookmark(self, position: int) -> bytes:
        """Where the client stands."""
        return self._line({"resourceVersion": str(position)})

    def expired(self, error: Expired) -> bytes:
        """410: begin anew."""
        return self._line({"error": orjson.Fragment(expired_status(error).encode())})

    def farewell(self, position: int | None, refusal: Forbidden | None) -> bytes:
        """Where the client stands, or 403."""
        if refusal is not None:
            return self._line({"error": orjson.Fragment(forbidden_status(refusal).encode())})
        return b"" if position is None else self.bookmark(position)

    def _line(self, document: dict[str, Any]) -> bytes:
        return self._wire.text(orjson.dumps(document) + b"\n")


class JournalFrames(_JournalFormat):
    """Events without a name of their own, so that every browser's ``onmessage`` gets them; ids are ``RV-ITEM``."""

    begins_anew = True

    def said(self, entry: JournalEntry) -> bytes:
        """A frame with its id."""
        return sse.frame("message", orjson.dumps(entry.document()), entry.identity.name)

    def bookmark(self, position: int) -> bytes:
        """BOOKMARK."""
        return self._wire.text(sse.frame("BOOKMARK", orjson.dumps({"resourceVersion": str(position)}), position))

    def beat(self) -> bytes:
        """A comment."""
        return self._wire.fixed(_HEARTBEAT)

    def expired(self, error: Expired) -> bytes:  # noqa: ARG002
        """RESET: what was told is not all that there is; what comes is told."""
        return self._wire.text(sse.frame("RESET", b"{}", 0))

    def farewell(self, position: int | None, refusal: Forbidden | None) -> bytes:  # noqa: ARG002
        """A last BOOKMARK, and GOODBYE: why, the answer to the next request says."""
        last = b"" if position is None else self.bookmark(position)
        return last + self._wire.text(sse.frame("GOODBYE", b"{}"))
