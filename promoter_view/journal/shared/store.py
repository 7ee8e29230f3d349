"""A journal that is elsewhere, as its processes have it: one of them writes, each has a copy that answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, DeferredLock

from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.shared.copy import JournalCopy
from promoter_view.journal.shared.following import CopyFollowing
from promoter_view.journal.store import Batch, JournalQuery, JournalState, Retention, SharedJournalStore, Told

OVERTAKEN = "another replica writes the journal"


class CopiedJournal:
    """A SharedJournalStore. ``copy`` is its alone. A kind of place says how it is opened, read, written and closed."""

    def __init__(self, copy: JournalCopy, following: CopyFollowing) -> None:
        self._copy = copy
        self._copied = following
        #: Writes of one process come one after the other: each compares with what the one before has left.
        self._lock = DeferredLock()

    @property
    def progress(self) -> int:
        """See SharedJournalStore."""
        return self._copied.tail.head.progress

    @property
    def expired(self) -> EntryIdentity:
        """See SharedJournalStore."""
        return self._copied.expired

    @property
    def problem(self) -> str:
        """See SharedJournalStore."""
        return self._copied.problem

    def listen(self, told: Told) -> None:
        """See SharedJournalStore."""
        self._copied.listen(told)

    def open(self) -> Deferred[JournalState]:
        """See JournalStore."""
        return Deferred.fromCoroutine(self._open())

    def append(self, batch: Batch) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._lock.run(lambda: Deferred.fromCoroutine(self._append(batch)))

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore: of the copy."""
        return self._copy.query(query)

    def state(self) -> Deferred[JournalState]:
        """See JournalStore: of all that any process had written when this was called."""
        return Deferred.fromCoroutine(self._state())

    def prune(self, retention: Retention, now: datetime) -> Deferred[int]:
        """See JournalStore. ``max_bytes`` are those of the journal's own head."""
        return self._lock.run(lambda: Deferred.fromCoroutine(self._prune(retention, now)))

    def close(self) -> Deferred[None]:
        """See JournalStore; idempotent."""
        return Deferred.fromCoroutine(self._close())

    async def _open(self) -> JournalState:
        opened = await self._copy.open()
        await self._begin(opened)
        return await self._as_copied()

    async def _state(self) -> JournalState:
        await self._copied.stand()
        await self._refresh()
        return await self._as_copied()

    async def _as_copied(self) -> JournalState:
        found, head = await self._copy.state(), self._copied.tail.head
        digest = head.digest if head.progress == found.progress else None
        return found._replace(bytes=head.bytes, digest=digest)

    async def _close(self) -> None:
        self._copied.stop()
        await self._copy.close()
        await self._end()

    async def _begin(self, opened: JournalState) -> None:
        await self._copied.begin(opened)

    async def _refresh(self) -> None:
        """Returns once all that there is now is copied. Errors: JournalBusyError."""
        raise NotImplementedError

    async def _append(self, batch: Batch) -> Sequence[JournalEntry]:
        raise NotImplementedError

    async def _prune(self, retention: Retention, now: datetime) -> int:
        raise NotImplementedError

    async def _end(self) -> None:
        """Closes its connections."""
        raise NotImplementedError


if TYPE_CHECKING:
    _: type[SharedJournalStore] = CopiedJournal
