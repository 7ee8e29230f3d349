"""How far others have come with the entries, kept beside these: for when the event log, which has it too, is gone."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from promoter_view.journal.entries import EntryIdentity
from promoter_view.journal.store import CursorShelf, JournalError

#: What is kept may be so old: it costs a write, and is read when a log was lost.
_KEPT_SECONDS = 10.0


class SecondCursors:
    """``shelf`` None: there is no such place. What cannot be kept is tried again until it is closed."""

    def __init__(self, shelf: CursorShelf | None, *, clock: IReactorTime) -> None:
        self._shelf = shelf
        self._clock = clock
        self._moved: dict[str, EntryIdentity | None] = {}
        self._due: IDelayedCall | None = None
        self._is_closed = False
        #: As it was when the journal was opened, by name.
        self.known: Mapping[str, EntryIdentity] = {}
        #: Of all that there are.
        self.names: set[str] = set()

    async def open(self) -> None:
        """Errors: JournalError."""
        if self._shelf is not None:
            self.known = await self._shelf.cursors()
            self.names = set(self.known)

    def moved(self, places: Mapping[str, EntryIdentity]) -> None:
        """Those have come so far, and the log has it."""
        self._move(places)
        self.names.update(places)

    def forget(self, name: str) -> None:
        """Nobody has it any more."""
        self._move({name: None})
        self.names.discard(name)

    def _move(self, places: Mapping[str, EntryIdentity | None]) -> None:
        if self._shelf is None:
            return
        self._moved.update(places)
        self._arm()

    def _arm(self) -> None:
        if self._due is None and not self._is_closed:
            self._due = self._clock.callLater(_KEPT_SECONDS, self._write)

    async def close(self) -> None:
        """Keeps what has moved since."""
        self._is_closed = True
        if self._due is not None:
            self._due.cancel()
            await self._kept()

    def _write(self) -> None:
        Deferred.fromCoroutine(self._kept())

    async def _kept(self) -> None:
        assert self._shelf is not None
        moved, self._moved, self._due = self._moved, {}, None
        try:
            await self._shelf.keep_cursors(moved)
        except JournalError:
            self._moved = moved | self._moved
            self._arm()
