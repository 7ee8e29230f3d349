"""The meaning of a watch: which events this cursor sees, and in which words. Pure.

In this order: the initial state, its end bookmark (WatchList), then what the cursor reads, bookmarks in between, and
a last one at the end. The position is that of the last change examined; a bookmark never says more.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from promoter_view.api.forms import Form
from promoter_view.api.frames import error_line, event_line
from promoter_view.api.freshness import require
from promoter_view.api.query import WatchQuery
from promoter_view.api.wires import Wire
from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.records import Bundle, BundleChange
from promoter_view.slices import BeginSlice, endless
from promoter_view.views.history import Expired
from promoter_view.views.selection import Selection
from promoter_view.web.errors import Forbidden
from promoter_view.web.status import expired_status, forbidden_status

#: Changes examined in one pull, so that a cursor that selects little lets others have their turn.
_MAX_EXAMINED = 1024


class End(enum.StrEnum):
    """Why a watch ended."""

    TIMEOUT = "timeout"
    DRAINED = "drained"
    EXPIRED = "expired"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Start:
    """From where a watch reads: the state that it shows first, in order, and the cursor behind that state."""

    initial: Sequence[Bundle]
    cursor: Cursor


class Observer(Protocol):
    """Is told what was written, for the metrics."""

    def written(self, size: int) -> None:
        """An event of that many bytes."""

    def examined(self, changes: int) -> None:
        """A pull found that many changes between the position and the head."""


def start(views: ViewReader, view: str, namespace: str, query: WatchQuery) -> Start:
    """Where that watch begins, in one head. Errors: Expired, Ahead."""
    if query.initial:
        require(views, query.resource_version)
        return Start(views.list(view, namespace), views.cursor(view, namespace, views.head))
    return Start((), views.cursor(view, namespace, query.resource_version or views.head))


class Watch:
    """A watch as a ``pump.Reader``: lines of watch events."""

    def __init__(
        self,
        begin: Start,
        query: WatchQuery,
        *,
        selection: Selection,
        form: Form,
        wire: Wire,
        observer: Observer,
        begin_slice: BeginSlice = endless,
    ) -> None:
        self._initial = begin.initial
        self._cursor = begin.cursor
        self._selection = selection
        self._form = form
        self._wire = wire
        self._observer = observer
        self._begin_slice = begin_slice
        self._bookmarks = query.bookmarks
        self._end_initial = query.initial_end
        self._next = 0
        self._first = True
        self._due = False
        self._end: End | None = None
        self._refusal: Forbidden | None = None
        self._finished = False

    @property
    def finished(self) -> bool:
        """The stream is over."""
        return self._finished

    @property
    def ended(self) -> End | None:
        """Why it ends, once that is known."""
        return self._end

    @property
    def idle(self) -> bool:
        """Nothing to write until the head moves or something falls due."""
        waiting = self._due or self._end is not None or self._end_initial or self._next < len(self._initial)
        return not waiting and self._cursor.caught_up

    def remind(self) -> None:
        """A bookmark is due; it is written with the next pull, if the client allows them."""
        self._due = self._bookmarks

    def end(self, why: End) -> None:
        """End with the next pull: cleanly, with a last bookmark, wherever the reader stands."""
        self._end = self._end or why

    def forbid(self, refusal: Forbidden) -> None:
        """End with the next pull, by an ERROR event: its client may no longer read this."""
        self._refusal = refusal
        self._end = End.FORBIDDEN

    def pull(self, max_bytes: int) -> bytes:
        """The next lines, joined."""
        written = self._pull(self._wire.budget(max_bytes))
        return written + self._wire.end() if self._finished else written

    def _pull(self, max_bytes: int) -> bytes:
        if self._end is not None:
            return self._farewell()
        if self._next < len(self._initial):
            return self._pull_initial(max_bytes)
        lines: list[bytes] = []
        if self._end_initial:
            self._end_initial = False
            lines.append(self._bookmark(initial_end=True))
        try:
            self._read(lines, max_bytes)
        except Expired as error:
            lines.append(self._expire(error))
        if self._due and not self._finished:
            lines.append(self._bookmark())
        return lines[0] if len(lines) == 1 else b"".join(lines)

    def _pull_initial(self, max_bytes: int) -> bytes:
        lines: list[bytes] = []
        size, is_over = 0, self._begin_slice()
        while self._next < len(self._initial) and size < max_bytes and not is_over():
            bundle = self._initial[self._next]
            self._next += 1
            if self._selection.admits(bundle):
                lines.append(self._initial_line(bundle))
                size += len(lines[-1])
        if self._next == len(self._initial):
            self._initial, self._next = (), 0
        return b"".join(lines)

    def _initial_line(self, bundle: Bundle) -> bytes:
        line = self._wire.initial(bundle, first=self._first)
        self._first = False
        self._observer.written(len(line))
        return line

    def _read(self, lines: list[bytes], max_bytes: int) -> None:
        size = examined = found = 0
        while not self._cursor.caught_up and size < max_bytes and examined < _MAX_EXAMINED:
            changes = self._cursor.take(1)
            examined += 1
            found += len(changes)
            for change in changes:
                size += self._append(lines, change)
        self._observer.examined(found)

    def _append(self, lines: list[bytes], change: BundleChange) -> int:
        event = self._selection.event(change)
        if event is None:
            return 0
        line = self._wire.event(*event, change.resource_version, first=self._first)
        self._first = False
        lines.append(line)
        self._observer.written(len(line))
        return len(line)

    def _bookmark(self, *, initial_end: bool = False) -> bytes:
        self._due = False
        found = self._form.bookmark(self._cursor.position, initial_end=initial_end)
        return self._wire.line(event_line("BOOKMARK", found))

    def _farewell(self) -> bytes:
        self._finished = True
        if self._refusal is not None:
            return self._wire.line(error_line(forbidden_status(self._refusal)))
        # Before the initial state is whole there is no position from which the client could resume.
        whole = not self._initial and not self._end_initial
        return self._bookmark() if self._bookmarks and whole else b""

    def _expire(self, error: Expired) -> bytes:
        self._end, self._finished = End.EXPIRED, True
        return self._wire.line(error_line(expired_status(error)))
