"""A process's copy of a journal that is elsewhere: the index of its queries. It can be made again at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from promoter_view.journal.completing import Recall
from promoter_view.journal.entries import BEGINNING, EntryIdentity, JournalEntry
from promoter_view.journal.places import MOST_IN_MEMORY
from promoter_view.journal.shared.head import JournalHead
from promoter_view.journal.shared.recollection import Recollection
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.ownership import JournalReplacedError
from promoter_view.journal.sqlite.store import SqliteJournal
from promoter_view.journal.store import Batch, JournalBusyError, JournalError, JournalState, Retention

#: Only the size counts.
_Written = TypeVar("_Written")
_IN_MEMORY, _EVER = Retention(1e11, MOST_IN_MEMORY), datetime(2000, 1, 1, tzinfo=UTC)
#: The fact that a file is a copy: of which journal.
_CLUSTER = "cluster"


class CopyPlace(NamedTuple):
    """Up to which revision of the journal in ``cluster`` it is copied; 0, 0 where nothing is.

    ``cluster`` is the number of the etcd, or of the journal in a database. ``made`` is the number of the write that
    brought the newest entries, the first of which, of an etcd's key, or last of which, of a database, is ``first``.
    """

    cluster: int = 0
    revision: int = 0
    first: EntryIdentity = BEGINNING
    made: int = 0


@dataclass(frozen=True, slots=True)
class Copying:
    """To be taken over at once: entries in order, of which those count up to what ``head`` says.

    They are read in the copy's thread. ``behind`` is where the copy stands before, ``progress`` is its then.
    """

    behind: CopyPlace
    place: CopyPlace
    head: JournalHead
    entries: Iterable[JournalEntry]
    progress: int


class CopyTaken(NamedTuple):
    """What is new in the copy, and how it stands: ``expired`` may be newer than the journal's in memory."""

    entries: Sequence[JournalEntry]
    expired: EntryIdentity


class JournalCopy(SqliteJournal):
    """In a file, or in memory, which holds the newest entries, and recalls the others."""

    advice = "delete it, it is only a copy"

    def __init__(self, path: Path | None, *, reactor: Any) -> None:
        super().__init__(path, reactor=reactor)
        self._forgotten = BEGINNING

    def place(self) -> Deferred[CopyPlace]:
        """Where it stands, in whatever file is there. Errors: JournalError, where that is a journal that is no copy."""
        return self._write(self._place_of).addErrback(self._place_again)

    def derive(
        self, batch: Batch, write: Callable[[Sequence[JournalEntry]], _Written]
    ) -> Deferred[tuple[Sequence[JournalEntry], _Written]]:
        """The entries that would be written of the batch, and what ``write`` makes of them in the thread; none is."""
        return self._write(lambda cursor: _derive(cursor, batch, write, self._beyond(cursor)))

    def take(self, copying: Copying) -> Deferred[CopyTaken]:
        """Takes that over, whole or not at all. Errors: JournalBusyError, where it stands somewhere else."""
        return self._write(lambda cursor: self._take(cursor, copying))

    def clear(self) -> Deferred[None]:
        """Begins anew: another journal is to be copied."""
        return self._write(self._clear)

    def _open(self, cursor: Any) -> JournalState:
        try:
            found = super()._open(cursor)
        except JournalError as error:
            if _CLUSTER not in work.facts(cursor):
                raise
            raise JournalError(f"{error}; or delete the file, which is only a copy") from error
        if self._path is None:
            Recollection(cursor).make()
        return found

    def _place_again(self, failure: Failure) -> Deferred[CopyPlace]:
        failure.trap(JournalReplacedError)
        return self._write(self._place_of)

    def _beyond(self, cursor: Any) -> Recollection | None:
        """A file has all entries."""
        return Recollection(cursor) if self._path is None else None

    def _place_of(self, cursor: Any) -> CopyPlace:
        facts = work.facts(cursor)
        if _CLUSTER not in facts:
            if work.state(cursor).progress:
                raise JournalError(
                    f"{self._place} is a journal of its own, and no copy of another: give another file for the copy, "
                    "or --journal sqlite:FILE to go on with it"
                )
            return CopyPlace()
        first = EntryIdentity(facts["copied"], facts["copied_item"])
        return CopyPlace(facts[_CLUSTER] % (1 << 64), facts["revision"], first, facts["made"])

    def _take(self, cursor: Any, copying: Copying) -> CopyTaken:
        if self._place_of(cursor) != copying.behind:
            raise JournalBusyError(f"the copy {self._place} is not as it was left: it is made again")
        head, written = copying.head, list[JournalEntry]()
        newest, beyond = work.newest_of(cursor), self._beyond(cursor)
        for entry in copying.entries:
            if max(newest, head.expired) < entry.identity and entry.identity.resource_version <= head.progress:
                work.insert(cursor, entry)
                if beyond is not None:
                    beyond.note(entry)
                written.append(entry)
                newest = entry.identity
        work.expire(cursor, head.expired)
        if beyond is not None:
            self._forget(beyond, head.expired)
            while work.prune(cursor, _IN_MEMORY, _EVER):
                pass
        place = copying.place
        told = {_CLUSTER: _signed(place.cluster), "revision": place.revision, "made": place.made}
        told |= {"progress": copying.progress, "copied": place.first.resource_version, "copied_item": place.first.item}
        work.remember(cursor, told)
        return CopyTaken(written, work.expired(cursor))

    def _forget(self, beyond: Recollection, expired: EntryIdentity) -> None:
        """All of it is looked through: only where the journal has less than it had."""
        if expired > self._forgotten:
            beyond.forget(expired.resource_version)
            self._forgotten = expired

    def _clear(self, cursor: Any) -> None:
        for table in ("commits", "entries", "facts"):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        beyond = self._beyond(cursor)
        if beyond is not None:
            beyond.clear()
            self._forgotten = BEGINNING


def _derive(
    cursor: Any, batch: Batch, write: Callable[[Sequence[JournalEntry]], _Written], beyond: Recall | None
) -> tuple[Sequence[JournalEntry], _Written]:
    cursor.execute("SAVEPOINT derived")
    try:
        entries = work.append(cursor, batch, beyond=beyond)
        return entries, write(entries)
    finally:
        cursor.execute("ROLLBACK TO derived")
        cursor.execute("RELEASE derived")


def _signed(number: int) -> int:
    """As SQLite keeps one of 64 bits."""
    return number - (1 << 64) if number >= 1 << 63 else number
