"""The tables, and how those of older programs become them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from promoter_view.journal.postgresql.driver import transaction
from promoter_view.journal.store import JournalError

if TYPE_CHECKING:
    from psycopg import Connection

#: From nothing to the tables of this program: each leads to the next version. {0} is the schema.
STEPS = (
    """
    CREATE TABLE {0}.journal (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        version integer NOT NULL,
        origin bigint NOT NULL,
        cluster text NOT NULL DEFAULT '',
        writer text NOT NULL DEFAULT '',
        term bigint NOT NULL DEFAULT 0,
        revision bigint NOT NULL DEFAULT 0,
        progress bigint NOT NULL DEFAULT 0,
        expired bigint NOT NULL DEFAULT 0,
        expired_item bigint NOT NULL DEFAULT -1,
        entries bigint NOT NULL DEFAULT 0,
        bytes bigint NOT NULL DEFAULT 0
    );
    COMMENT ON TABLE {0}.journal IS 'promoter-view: how far the journal goes, and who writes it';
    CREATE TABLE {0}.entries (
        resource_version bigint NOT NULL,
        item bigint NOT NULL,
        time timestamptz NOT NULL,
        written bigint NOT NULL,
        body bytea NOT NULL,
        PRIMARY KEY (resource_version, item)
    );
    COMMENT ON TABLE {0}.entries IS 'promoter-view: the journal; body is JSON in UTF-8';
    """,
    # By which it is known whether anything has changed since.
    """
    ALTER TABLE {0}.journal ADD COLUMN digest bigint;
    """,
)
#: The version of the tables that this program writes.
VERSION = len(STEPS)
#: The lock of those who make tables, whatever their schema.
_LOCK = 0x70726F6D6F746572
_ORIGIN_BITS = 62


def prepare(connection: Connection[Any], schema: str) -> None:
    """Makes the tables those of this program. Errors: JournalError, psycopg's."""
    with transaction(connection):
        found = version(connection, schema)
    if found == VERSION:
        return
    with transaction(connection):
        # Before anything else: what the transaction sees of others is then as of when it has the lock.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        found = version(connection, schema)
        if not connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", (schema,)).rowcount:
            connection.execute(f"CREATE SCHEMA {schema}")
        for number, step in enumerate(STEPS[found:], found + 1):
            connection.execute(step.format(schema))
            if number == 1:
                origin = secrets.randbits(_ORIGIN_BITS) + 1
                connection.execute(f"INSERT INTO {schema}.journal (version, origin) VALUES (1, %s)", (origin,))  # noqa: S608
            connection.execute(f"UPDATE {schema}.journal SET version = %s", (number,))  # noqa: S608


def version(connection: Connection[Any], schema: str) -> int:
    """Of the tables, 0 for none. Errors: JournalError, where they are newer than this program, or no journal's."""
    text = (
        "SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
        "WHERE relname = 'journal' AND nspname = %s"
    )
    if not connection.execute(text, (schema,)).rowcount:
        return 0
    row = connection.execute(f"SELECT version FROM {schema}.journal").fetchone()  # noqa: S608
    if row is None:
        raise JournalError(f"the table {schema}.journal is empty: drop the schema, or give another one (schema=NAME)")
    require_known(int(row[0]), schema)
    return int(row[0])


def require_known(found: int, schema: str) -> None:
    """This program knows tables of that version. Errors: JournalError."""
    if found > VERSION:
        raise JournalError(
            f"the journal in the schema {schema} of PostgreSQL was written by a newer program (its tables are of "
            f"version {found}, this program knows {VERSION}): start that program, or give another --journal"
        )
