"""A replica's copy of the journal's keys: the index that its queries run on. It can be made again at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from promoter_view.journal.entries import BEGINNING, EntryIdentity, JournalEntry
from promoter_view.journal.etcd.layout import JournalHead, JournalPiece, pieces_of, read_piece
from promoter_view.journal.places import MOST_IN_MEMORY
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.store import SqliteJournal
from promoter_view.journal.store import Batch, JournalError, Retention

#: Only the size counts.
_IN_MEMORY, _EVER = Retention(1e11, MOST_IN_MEMORY), datetime(2000, 1, 1, tzinfo=UTC)


class CopyPlace(NamedTuple):
    """Up to which revision of the etcd ``cluster`` the keys are copied; 0, 0 where nothing is.

    ``made`` is the revision that made the newest of them, whose first entry is ``first``.
    """

    cluster: int = 0
    revision: int = 0
    first: EntryIdentity = BEGINNING
    made: int = 0


@dataclass(frozen=True, slots=True)
class Copying:
    """To be taken over at once: the values of keys, in order, up to what ``head`` says.

    ``progress`` is the copy's then.
    """

    place: CopyPlace
    head: JournalHead
    values: Sequence[bytes]
    progress: int


class CopyTaken(NamedTuple):
    """What is new in the copy, and how it stands: ``expired`` may be newer than the journal's in memory."""

    entries: Sequence[JournalEntry]
    expired: EntryIdentity


class Derived(NamedTuple):
    """Entries as they are to be written, and the keys for them."""

    entries: Sequence[JournalEntry]
    pieces: Sequence[JournalPiece]


class JournalCopy(SqliteJournal):
    """In a file, or in memory, which holds the newest entries."""

    def place(self) -> Deferred[CopyPlace]:
        """Where it stands. Errors: JournalError, where the file has a journal that is no copy."""
        return self._write(self._place_of)

    def derive(self, batch: Batch) -> Deferred[Derived]:
        """What would be written of the batch; nothing is."""
        return self._write(lambda cursor: _derive(cursor, batch))

    def take(self, copying: Copying) -> Deferred[CopyTaken]:
        """Takes that over, whole or not at all."""
        return self._write(lambda cursor: self._take(cursor, copying))

    def clear(self) -> Deferred[None]:
        """Begins anew: another journal is to be copied."""
        return self._write(_clear)

    def _place_of(self, cursor: Any) -> CopyPlace:
        facts = work.facts(cursor)
        if "cluster" not in facts:
            if work.state(cursor).progress:
                raise JournalError(
                    f"{self._place} is a journal of its own, and no copy of the one in etcd: give another file, or "
                    "--journal sqlite:FILE to go on with it"
                )
            return CopyPlace()
        first = EntryIdentity(facts["copied"], facts["copied_item"])
        return CopyPlace(facts["cluster"] % (1 << 64), facts["revision"], first, facts["made"])

    def _take(self, cursor: Any, copying: Copying) -> CopyTaken:
        head, written = copying.head, list[JournalEntry]()
        newest = work.newest_of(cursor)
        for value in copying.values:
            for entry in read_piece(value):
                if max(newest, head.expired) < entry.identity and entry.identity.resource_version <= head.progress:
                    work.insert(cursor, entry)
                    written.append(entry)
                    newest = entry.identity
        work.expire(cursor, head.expired)
        self._bound(cursor)
        place = copying.place
        told = {"cluster": _signed(place.cluster), "revision": place.revision, "made": place.made}
        told |= {"progress": copying.progress, "copied": place.first.resource_version, "copied_item": place.first.item}
        work.remember(cursor, told)
        return CopyTaken(written, work.expired(cursor))

    def _bound(self, cursor: Any) -> None:
        while self._path is None and work.prune(cursor, _IN_MEMORY, _EVER):
            pass


def _derive(cursor: Any, batch: Batch) -> Derived:
    cursor.execute("SAVEPOINT derived")
    try:
        entries = work.append(cursor, batch)
        return Derived(entries, tuple(pieces_of(entries)))
    finally:
        cursor.execute("ROLLBACK TO derived")
        cursor.execute("RELEASE derived")


def _clear(cursor: Any) -> None:
    for table in ("commits", "entries", "facts"):
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608


def _signed(number: int) -> int:
    """As SQLite keeps one of 64 bits."""
    return number - (1 << 64) if number >= 1 << 63 else number
