"""A journal's file as commands read it: nothing is changed, and a program may write it meanwhile."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.places import ETCD, IN_MEMORY, journal_file, parse_place
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.edges import Edges
from promoter_view.journal.sqlite.schema import require_current
from promoter_view.journal.store import JournalError, JournalQuery

_PAGE = 500
_WAIT_SECONDS = 10.0
_FOLDER = "file:"
_SCHEME = re.compile(r"[a-z]+:.*", re.DOTALL)


def resting_file(text: str) -> Path:
    """The file of a journal: ``sqlite:FILE``, ``file:DIR`` of an event log, or a path. Errors: ValueError."""
    if text in (IN_MEMORY, ETCD):
        raise ValueError("a journal in memory is only its process's: expected sqlite:FILE, or the event log's folder")
    if text.startswith(_FOLDER):
        found = journal_file(None, text)
    elif _SCHEME.fullmatch(text):
        found = journal_file(parse_place(text), "")
    else:
        found = journal_file(None, f"{_FOLDER}{text}") if Path(text).is_dir() else Path(text)
    assert found is not None
    return found


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, to tables that this program knows. Errors, also of the block: JournalError."""
    if not path.is_file():
        raise JournalError(f"there is no journal {path}")
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            require_current(connection, str(path))
            yield connection
    except sqlite3.Error as error:
        raise JournalError(f"the journal {path} cannot be read: {error}") from error


def entries(connection: sqlite3.Connection, query: JournalQuery) -> Iterator[list[JournalEntry]]:
    """Pages of the entries, the oldest first, up to the one that is the newest now.

    No page holds up who writes: each is read by itself. Errors: JournalError, where an entry cannot be read, or
    some were deleted meanwhile.
    """
    cursor, edges = connection.cursor(), Edges()
    newest = work.state(cursor).newest
    asked = replace(query, limit=_PAGE)
    while True:
        try:
            found = [each for each in work.query(cursor, asked, edges) if each.identity <= newest]
        except ValueError as error:
            raise JournalError(f"an entry behind {asked.after.name} cannot be read: {error}") from error
        if found:
            yield found
        if len(found) < _PAGE:
            return
        asked = replace(asked, after=found[-1].identity, whole=True)
