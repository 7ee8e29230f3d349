"""The journal in SQLite: one connection writes, some read, each in a thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.schema import migrate, prepare
from promoter_view.journal.store import Batch, JournalError, JournalQuery, JournalState, JournalStore, Retention

_READERS = 3
_Result = TypeVar("_Result")


class SqliteJournal:
    """A JournalStore. ``path`` None: in memory, and gone with the process. ``reactor`` runs the threads."""

    def __init__(self, path: Path | None, *, reactor: Any) -> None:
        self._path = path
        self._place = "in memory" if path is None else str(path)
        self._is_open = False
        # A database in memory is one connection's.
        self._writing = self._pool(1, reactor)
        self._reading = self._writing if path is None else self._pool(_READERS, reactor)

    def open(self) -> Deferred[JournalState]:
        """See JournalStore."""
        self._is_open = True
        self._writing.start()
        if self._reading is not self._writing:
            self._reading.start()
        return self._run(self._writing, self._open)

    def append(self, batch: Batch) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._run(self._writing, lambda cursor: work.append(cursor, batch))

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._run(self._reading, lambda cursor: work.query(cursor, query))

    def state(self) -> Deferred[JournalState]:
        """See JournalStore."""
        return self._run(self._reading, work.state)

    def prune(self, retention: Retention, now: datetime) -> Deferred[int]:
        """See JournalStore."""
        return self._run(self._writing, lambda cursor: work.prune(cursor, retention, now))

    def close(self) -> Deferred[None]:
        """See JournalStore; idempotent."""
        if not self._is_open:
            return succeed(None)
        self._is_open = False
        closing = self._run(self._writing, _nothing)
        return closing.addErrback(lambda _: None).addCallback(lambda _: self._close())

    def _close(self) -> None:
        for pool in {id(each): each for each in (self._reading, self._writing)}.values():
            pool.close()

    def _open(self, cursor: Any) -> JournalState:
        migrate(cursor.connection, self._place)
        return work.state(cursor)

    def _pool(self, connections: int, reactor: Any) -> ConnectionPool:
        return ConnectionPool(
            "sqlite3",
            ":memory:" if self._path is None else str(self._path),
            check_same_thread=False,
            cp_min=1,
            cp_max=connections,
            cp_reactor=reactor,
            cp_noisy=False,
            cp_openfun=prepare,
        )

    def _run(self, pool: ConnectionPool, do: Callable[[Any], _Result]) -> Deferred[_Result]:
        done: Deferred[_Result] = pool.runInteraction(do)
        return done.addErrback(self._named)

    def _named(self, failure: Failure) -> Failure:
        failure.trap(sqlite3.Error, OSError, JournalError)
        if failure.check(JournalError):
            return failure
        raise JournalError(f"the journal {self._place} cannot be used: {failure.getErrorMessage()}") from failure.value


def _nothing(_: Any) -> None:
    """What comes before it is done."""


if TYPE_CHECKING:
    _store: type[JournalStore] = SqliteJournal
