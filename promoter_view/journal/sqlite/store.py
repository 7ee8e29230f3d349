"""The journal in SQLite: one connection writes, some read, each in a thread."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.edges import Edges
from promoter_view.journal.sqlite.ownership import FileOwnership, JournalReplacedError
from promoter_view.journal.sqlite.schema import migrate, prepare
from promoter_view.journal.store import (
    Batch,
    CursorShelf,
    JournalBusyError,
    JournalError,
    JournalQuery,
    JournalState,
    JournalStore,
    Retention,
)

_READERS = 3
_PAUSE_SECONDS = 0.003
_FILE_MODE = 0o600
_PASSING = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE))
_DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_Result = TypeVar("_Result")


class _Pools(NamedTuple):
    """Connections in threads; one may be both."""

    writing: ConnectionPool
    reading: ConnectionPool

    def close(self) -> None:
        """Waits for what is under way."""
        self.reading.close()
        if self.writing is not self.reading:
            self.writing.close()


class SqliteJournal:
    """A JournalStore. ``path`` None: in memory, and gone with the process. ``reactor`` runs the threads."""

    #: What is said of a damaged file.
    advice = "put a backup in its place, or move the file away and a new journal begins"

    def __init__(self, path: Path | None, *, reactor: Any) -> None:
        self._path = path
        self._place = "in memory" if path is None else str(path)
        self._reactor = reactor
        self._pools: _Pools | None = None
        self._edges = Edges()
        self._ownership = None if path is None else FileOwnership(path)
        #: Its file was replaced, and could not be opened again yet.
        self._is_lost = False

    def open(self) -> Deferred[JournalState]:
        """See JournalStore."""
        self._is_lost = False
        try:
            self._make()
        except OSError as error:
            kind = JournalBusyError if error.errno in _PASSING else JournalError
            return fail(kind(f"the journal {self._place} cannot be used: {error.strerror or error}"))
        # A database in memory is one connection's. A pool has threads from its beginning.
        writing = self._pool(1)
        self._pools = _Pools(writing, writing if self._path is None else self._pool(_READERS))
        return self._run(writing, self._open)

    def append(self, batch: Batch) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._write(lambda cursor: work.append(cursor, batch, _pause))

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._read(lambda cursor: work.query(cursor, query, self._edges))

    def state(self) -> Deferred[JournalState]:
        """See JournalStore."""
        return self._read(work.state)

    def prune(self, retention: Retention, now: datetime) -> Deferred[int]:
        """See JournalStore."""
        return self._write(lambda cursor: work.prune(cursor, retention, now))

    def keep_cursors(self, places: Mapping[str, EntryIdentity | None]) -> Deferred[None]:
        """See CursorShelf."""
        return self._write(lambda cursor: work.keep_cursors(cursor, places))

    def cursors(self) -> Deferred[Mapping[str, EntryIdentity]]:
        """See CursorShelf."""
        return self._read(work.cursors)

    def close(self) -> Deferred[None]:
        """See JournalStore; idempotent."""
        pools, self._pools, self._is_lost = self._pools, None, False
        if pools is None:
            return succeed(None)
        closing = self._run(pools.writing, _nothing)
        return closing.addErrback(lambda _: None).addCallback(lambda _: pools.close())

    def _make(self) -> None:
        """The file, which nobody else may read. Errors: OSError."""
        if self._path is not None and self._ownership is not None:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, _FILE_MODE))
            self._ownership.begin()

    def _open(self, cursor: Any) -> JournalState:
        migrate(cursor.connection, self._place)
        return work.state(cursor)

    def _pool(self, connections: int) -> ConnectionPool:
        return ConnectionPool(
            "sqlite3",
            ":memory:" if self._path is None else str(self._path),
            check_same_thread=False,
            cp_min=1,
            cp_max=connections,
            cp_reactor=self._reactor,
            cp_noisy=False,
            cp_openfun=prepare,
        )

    def _write(self, do: Callable[[Any], _Result]) -> Deferred[_Result]:
        return self._in_pools(lambda pools: self._run(pools.writing, partial(self._owned, do)))

    def _read(self, do: Callable[[Any], _Result]) -> Deferred[_Result]:
        return self._in_pools(lambda pools: self._run(pools.reading, do))

    def _in_pools(self, run: Callable[[_Pools], Deferred[_Result]]) -> Deferred[_Result]:
        if self._pools is not None:
            return run(self._pools)
        if self._is_lost:
            return self._open_again().addCallback(lambda _: self._in_pools(run))
        return fail(JournalError(f"the journal {self._place} is closed"))

    def _open_again(self) -> Deferred[JournalState]:
        return self.open().addErrback(self._not_opened)

    def _not_opened(self, failure: Failure) -> Failure:
        pools, self._pools, self._is_lost = self._pools, None, True
        if pools is not None:
            pools.close()
        return failure

    def _owned(self, do: Callable[[Any], _Result], cursor: Any) -> _Result:
        if self._ownership is not None:
            self._ownership.require(cursor)
        return do(cursor)

    def _run(self, pool: ConnectionPool, do: Callable[[Any], _Result]) -> Deferred[_Result]:
        done: Deferred[_Result] = pool.runInteraction(do)
        return done.addErrback(self._named)

    def _named(self, failure: Failure) -> Failure:
        # ValueError: an entry that cannot be read, such as a newer program's.
        failure.trap(sqlite3.Error, OSError, ValueError, OverflowError, JournalError)
        if failure.check(JournalReplacedError):
            self._not_opened(failure)
        if failure.check(JournalError):
            return failure
        kind = JournalBusyError if failure.check(sqlite3.OperationalError, OSError) else JournalError
        said = failure.getErrorMessage()
        advice = f": {self.advice}" if getattr(failure.value, "sqlite_errorcode", 0) in _DAMAGES else ""
        raise kind(f"the journal {self._place} cannot be used: {said}{advice}") from failure.value


def _pause() -> None:
    """A thread that writes the past of a whole fleet leaves the interpreter to the reactor for most of the time."""
    time.sleep(_PAUSE_SECONDS)  # noqa: TID251 - in a thread of the pool


def _nothing(_: Any) -> None:
    """What comes before it is done."""


if TYPE_CHECKING:
    _store: type[JournalStore] = SqliteJournal
    _shelf: type[CursorShelf] = SqliteJournal
