"""Journals for tests: entries in few words, and a store that has no threads."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import Deferred, execute

from promoter_view.journal.entries import EntryIdentity, EventCommit, EventType, Happening, JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.schema import migrate
from promoter_view.journal.store import Batch, JournalError, JournalQuery, JournalState, JournalStore, Retention
from promoter_view.records import BundleKey

_Result = TypeVar("_Result")
BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)
KEY = BundleKey("promotionstrategydetails", "shop", "search")


def commit(letter: str, hydrated: str = "") -> EventCommit:
    """A commit whose shas are of one letter each, made an hour before the time began."""
    return EventCommit(
        letter * 40, (hydrated or letter) * 40, (), f"change {letter}", "Ann", "", BEGAN - timedelta(hours=1)
    )


def entry(
    version: int,
    item: int = 0,
    event: EventType = EventType.PROMOTED,
    *,
    environment: str = "env/dev",
    letter: str = "a",
    key: BundleKey = KEY,
    minutes: float | None = None,
    awaited: tuple[str, ...] = (),
    backfilled: bool = False,
) -> JournalEntry:
    """One; ``minutes`` after the time began, by default as many as its version."""
    time = BEGAN + timedelta(minutes=version if minutes is None else minutes)
    happening = Happening(event, environment, after=letter * 40, commit=commit(letter), awaited=awaited)
    return JournalEntry(EntryIdentity(version, item), time, key, f"uid-{key.name}", happening, backfilled=backfilled)


class DirectJournal:
    """A JournalStore in memory whose answers are there at once. It outlives those who open and close it.

    ``fault``: as long as it is set, nothing can be written.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:")
        self.fault = ""

    def open(self) -> Deferred[JournalState]:
        migrate(self._connection, "in memory")
        return self._do(work.state)

    def append(self, batch: Batch) -> Deferred[Sequence[JournalEntry]]:
        return self._do(lambda cursor: self._append(cursor, batch))

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        return self._do(lambda cursor: work.query(cursor, query))

    def state(self) -> Deferred[JournalState]:
        return self._do(work.state)

    def prune(self, retention: Retention, now: datetime) -> Deferred[int]:
        return self._do(lambda cursor: work.prune(cursor, retention, now))

    def close(self) -> Deferred[None]:
        return self._do(lambda _: None)

    def entries(self) -> Sequence[JournalEntry]:
        """All of them."""
        return work.query(self._connection.cursor(), JournalQuery(limit=100_000))

    def _append(self, cursor: Any, batch: Batch) -> Sequence[JournalEntry]:
        if self.fault:
            raise JournalError(self.fault)
        return work.append(cursor, batch)

    def _do(self, do: Callable[[Any], _Result]) -> Deferred[_Result]:
        def done() -> _Result:
            with self._connection:
                return do(self._connection.cursor())

        return execute(done)


if TYPE_CHECKING:
    _store: type[JournalStore] = DirectJournal
