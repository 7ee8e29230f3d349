"""The tables, and how those of older programs become them."""

from __future__ import annotations

import sqlite3

from promoter_view.journal.store import JournalError

#: From nothing to the tables of this program: each leads to the next version.
STEPS = (
    """
    CREATE TABLE entries (
        resource_version INTEGER NOT NULL,
        item INTEGER NOT NULL,
        time_ms INTEGER NOT NULL,
        view TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        uid TEXT NOT NULL,
        environment TEXT NOT NULL,
        event TEXT NOT NULL,
        sha TEXT NOT NULL,
        hydrated_sha TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (resource_version, item)
    );
    CREATE INDEX entries_by_time ON entries (time_ms);
    CREATE INDEX entries_by_name ON entries (namespace, name, resource_version, item);
    CREATE INDEX entries_by_environment ON entries (uid, environment, event, hydrated_sha);
    CREATE TABLE commits (
        sha TEXT NOT NULL,
        resource_version INTEGER NOT NULL,
        item INTEGER NOT NULL,
        PRIMARY KEY (sha, resource_version, item)
    ) WITHOUT ROWID;
    CREATE INDEX commits_by_entry ON commits (resource_version, item);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """,
    # Whatever is asked for alone is found in the order of the journal: nothing is sorted, and nothing else is read.
    """
    DROP INDEX entries_by_time;
    DROP INDEX entries_by_environment;
    CREATE INDEX entries_by_time ON entries (time_ms, resource_version);
    CREATE INDEX entries_by_view ON entries (view, resource_version, item);
    CREATE INDEX entries_by_namespace ON entries (namespace, resource_version, item);
    CREATE INDEX entries_by_name_alone ON entries (name, resource_version, item);
    CREATE INDEX entries_by_event ON entries (event, resource_version, item);
    CREATE INDEX entries_by_environment ON entries (environment, event, resource_version, item);
    CREATE INDEX entries_without_commit ON entries (uid, environment, event) WHERE hydrated_sha = '';
    """,
    # What was last told of a check is found however long ago it was.
    """
    CREATE INDEX entries_of_checks ON entries (uid, environment, resource_version, item)
    WHERE event IN ('failed', 'recovered');
    """,
)
#: Entries of a kilobyte fill pages of this size better than SQLite's own.
_PAGE_BYTES = 8192
#: The version of the tables that this program writes.
VERSION = len(STEPS)


def prepare(connection: sqlite3.Connection) -> None:
    """How each connection behaves: a commit is on the disk, and readers don't wait for the writer."""
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 10000")


def migrate(connection: sqlite3.Connection, place: str) -> None:
    """Makes the tables those of this program, in one transaction. Errors: JournalError."""
    found = _version(connection, place)
    for number, step in enumerate(STEPS[found:], found + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {number}; COMMIT;")


def require_current(connection: sqlite3.Connection, place: str) -> None:
    """The tables are those of this program. Errors: JournalError."""
    found = _version(connection, place)
    if not found:
        raise JournalError(f"{place} is no journal: it has no tables of one")
    if found < VERSION:
        raise JournalError(
            f"the journal {place} was written by an older program (its tables are of version {found}, "
            f"this program reads {VERSION}): start promoter-view on it once, which brings it up to date"
        )


def _version(connection: sqlite3.Connection, place: str) -> int:
    """Of the tables, 0 for none. Errors: JournalError, where they are newer than this program."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise JournalError(
            f"the journal {place} was written by a newer program (its tables are of version {found}, "
            f"this program knows {VERSION}): start that program, or give another --journal"
        )
    return int(found)
