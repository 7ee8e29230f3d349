"""What was asked of the journal, page by page: one is held, and the next is read once that is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.serving.asking import FoundEntries

#: Gives what follows behind an entry.
ReadOn = Callable[[EntryIdentity], Coroutine[Deferred[Any], Any, FoundEntries]]


def _nobody() -> None:
    """Nobody waits."""


class EntryPages:
    """``first`` is the first page, ``read`` gives the next ones."""

    def __init__(self, first: FoundEntries, read: ReadOn) -> None:
        self._held = deque(first.entries)
        self._edge = first.edge
        self._read = read
        self._fault: Failure | None = None
        self._wake: Callable[[], None] = _nobody
        #: The next page is on its way.
        self.is_waiting = False

    def listen(self, wake: Callable[[], None]) -> None:
        """Call that when a page has come."""
        self._wake = wake

    @property
    def is_over(self) -> bool:
        """All was given."""
        return not self._held and self._edge is None and self._fault is None

    def look(self) -> bool:
        """Whether there is something to take now; else it is over, or the next page is on its way."""
        if not self._held and self._fault is None and self._edge is not None and not self.is_waiting:
            self.is_waiting = True
            reading = Deferred.fromCoroutine(self._read(self._edge))
            reading.addCallbacks(self._come, self._failed)
        return bool(self._held) or self._fault is not None

    def take(self) -> JournalEntry:
        """The next one. Errors: those of reading: what was given before is not all."""
        if self._fault is not None:
            self._fault.raiseException()
        return self._held.popleft()

    def _come(self, found: FoundEntries) -> None:
        self._held.extend(found.entries)
        self._edge = found.edge
        self._told()

    def _failed(self, failure: Failure) -> None:
        self._fault = failure
        self._told()

    def _told(self) -> None:
        self.is_waiting = False
        self._wake()
