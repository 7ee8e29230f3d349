"""The journal in PostgreSQL as commands read it: as of one moment, while a program writes it; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from promoter_view.journal.entries import EntryIdentity, JournalEntry, read_entries
from promoter_view.journal.postgresql import work
from promoter_view.journal.postgresql.address import DatabaseAddress, is_database, parse_address
from promoter_view.journal.postgresql.driver import connect, driver
from promoter_view.journal.postgresql.faults import named
from promoter_view.journal.postgresql.schema import VERSION, version
from promoter_view.journal.shared.verifying import HeadReading
from promoter_view.journal.sqlite.verifying import JournalCheck
from promoter_view.journal.store import JournalError, JournalQuery

if TYPE_CHECKING:
    from psycopg import Connection

_PAGE = 500


def address_of(text: str) -> DatabaseAddress | None:
    """The place that ``--journal`` names so; None for another one. Errors: ValueError."""
    return parse_address(text) if is_database(text) else None


@contextmanager
def opened(address: DatabaseAddress) -> Iterator[Connection[Any]]:
    """A connection that only reads, as of one moment. Errors, also of what the block reads: JournalError."""
    try:
        with closing(connect(address, "commands")) as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = version(connection, address.schema)
            if not found:
                raise JournalError(f"there is no journal in {address.shown}")
            if found < VERSION:
                raise JournalError(
                    f"the journal in {address.shown} was written by an older program: start promoter-view on it once, "
                    "which brings it up to date"
                )
            yield connection
    except JournalError:  # also where there is no driver
        raise
    except driver().Error as error:
        raise named(error, address) from error


def entries(connection: Connection[Any], schema: str, query: JournalQuery) -> Iterator[list[JournalEntry]]:
    """Pages of the entries of the query's times, the oldest first."""
    text = f"SELECT body FROM {schema}.entries"  # noqa: S608
    conditions = {"time >= %s": query.since, "time < %s": query.until}
    asked = {condition: time for condition, time in conditions.items() if time is not None}
    text += " WHERE " * bool(asked) + " AND ".join(asked)
    with connection.cursor("entries") as cursor:
        cursor.execute(f"{text} ORDER BY resource_version, item", list(asked.values()))
        while rows := cursor.fetchmany(_PAGE):
            yield list(read_entries(body for (body,) in rows))


def verify(connection: Connection[Any], schema: str) -> Iterator[JournalCheck]:
    """Reads all of it."""
    yield JournalCheck("tables", f"version {VERSION}", True)
    reading = HeadReading(work.ledger(connection, schema).head)
    with connection.cursor("entries") as cursor:
        cursor.execute(f"SELECT resource_version, item, body FROM {schema}.entries ORDER BY 1, 2")  # noqa: S608
        while rows := cursor.fetchmany(_PAGE):
            for resource_version, item, body in rows:
                identity = EntryIdentity(resource_version, item)
                reading.read(identity.name, identity, list(read_entries([body])), len(body))
    yield from reading.checks()
