"""What is done with the tables, each a transaction of its caller: runs in threads, and touches nothing else.

Who writes locks the journal's one row, and holds its term against that of whoever wrote last: who led before cannot
write after his successor. It also holds the revision against the one that its copy has: what was derived from an older
state, or was carried out already, is not written.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from promoter_view.journal.entries import BEGINNING, EntryIdentity, JournalEntry
from promoter_view.journal.postgresql.schema import require_known
from promoter_view.journal.shared.copy import CopyPlace
from promoter_view.journal.shared.head import JournalHead
from promoter_view.journal.store import Batch, JournalBusyError, JournalError, Retention

if TYPE_CHECKING:
    from psycopg import Connection

#: Entries that are read, or deleted, at once, and about how many bytes of them are read.
_PAGE, _PAGE_BYTES, _PRUNED_AT_ONCE = 500, 4 << 20, 1000
_WRITE_BITS = 62
_COLUMNS = "version, origin, cluster, writer, term, revision, progress, expired, expired_item, entries, bytes, digest"


class Ledger(NamedTuple):
    """The journal's one row. ``origin`` names it for ever; each write makes a ``revision``.

    ``writer``, in ``term``, wrote it last, and mirrors ``cluster``.
    """

    origin: int
    cluster: str
    writer: str
    term: int
    revision: int
    head: JournalHead


class EntryRow(NamedTuple):
    """An entry as it is written, within the write of that number."""

    resource_version: int
    item: int
    time: datetime
    written: int
    body: bytes


class WriteClaim(NamedTuple):
    """Who wants to write: the ``name`` is for people. A later leader has a greater ``term``."""

    name: str
    cluster: str
    term: int


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """What stands behind a place. ``is_same``: the place is one of this journal, as it is now; else there are no rows.

    ``has_more``: further ones follow.
    """

    ledger: Ledger
    is_same: bool
    rows: Sequence[tuple[int, int, int, bytes]] = ()
    has_more: bool = False


def rows_of(entries: Sequence[JournalEntry]) -> Sequence[EntryRow]:
    """As they are written, by one write."""
    written = secrets.randbits(_WRITE_BITS) + 1
    return [EntryRow(*entry.identity, entry.time, written, entry.write()) for entry in entries]


def ledger(connection: Connection[Any], schema: str, *, lock: bool = False) -> Ledger:
    """Errors: JournalError, psycopg's."""
    text = f"SELECT {_COLUMNS} FROM {schema}.journal" + " FOR UPDATE" * lock  # noqa: S608
    row = connection.execute(text).fetchone()
    if row is None:
        raise JournalError(f"the table {schema}.journal is empty")
    version, origin, cluster, writer, term, revision, progress, expired, item, entries, size, digest = row
    require_known(version, schema)
    head = JournalHead(progress, EntryIdentity(expired, item), entries, size, digest)
    return Ledger(origin, cluster, writer, term, revision, head)


def append(
    connection: Connection[Any],
    schema: str,
    claim: WriteClaim,
    *,
    revision: int,
    batch: Batch,
    rows: Sequence[EntryRow],
) -> None:
    """Writes these, of that batch, behind that revision.

    Errors: JournalBusyError, where it is another one's to write, or has moved.
    """
    found = _claimed(connection, schema, claim)
    if found.revision != revision:
        raise JournalBusyError("the journal in PostgreSQL is not as this program has read it: it is read again")
    if rows:
        insert = f"INSERT INTO {schema}.entries VALUES (%s, %s, %s, %s, %s)"  # noqa: S608
        connection.cursor().executemany(insert, rows)
    _put(connection, schema, claim, found.head.grown(batch, len(rows), sum(len(row.body) for row in rows)))


def prune(connection: Connection[Any], schema: str, claim: WriteClaim, retention: Retention, now: datetime) -> int:
    """Deletes some of what is beyond retention, from the front; how many. Errors: JournalBusyError, as append."""
    head = _claimed(connection, schema, claim).head
    began = now - timedelta(seconds=retention.age_seconds)
    oldest = f"SELECT resource_version, item, time, length(body) FROM {schema}.entries ORDER BY 1, 2 LIMIT %s"  # noqa: S608
    excess = head.bytes - retention.max_bytes
    gone = list[tuple[EntryIdentity, int]]()
    for version, item, time, size in connection.execute(oldest, (_PRUNED_AT_ONCE,)):
        # From the front alone: a backfilled entry may be older than those before it, and what is left has no holes.
        if excess <= 0 and time >= began:
            break
        gone.append((EntryIdentity(version, item), size))
        excess -= size
    if gone:
        last, size = gone[-1][0], sum(size for _, size in gone)
        connection.execute(f"DELETE FROM {schema}.entries WHERE (resource_version, item) <= (%s, %s)", last)  # noqa: S608
        left = replace(head, expired=last, count=head.count - len(gone), bytes=head.bytes - size)
        _put(connection, schema, claim, left)
    return len(gone)


def page(connection: Connection[Any], schema: str, place: CopyPlace, progress: int) -> LedgerPage:
    """What stands behind the place of a copy that has come to ``progress``; all of one moment."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    found = ledger(connection, schema)
    if not _goes_on(connection, schema, found, place, progress):
        return LedgerPage(found, is_same=False)
    behind = max(place.first, found.head.expired)
    asked = (
        f"SELECT resource_version, item, written, body FROM {schema}.entries "  # noqa: S608
        "WHERE (resource_version, item) > (%s, %s) ORDER BY 1, 2 LIMIT %s"
    )
    sizes = f"SELECT length(body) FROM ({asked}) AS page"  # noqa: S608
    wanted = (behind.resource_version, behind.item, _PAGE)
    total, count = 0, 0
    for (size,) in connection.execute(sizes, wanted):
        total += size
        if count and total > _PAGE_BYTES:
            break
        count += 1
    rows = connection.execute(asked, (*wanted[:2], count)).fetchall() if count else []
    return LedgerPage(
        found, is_same=True, rows=rows, has_more=bool(rows) and not _is_last(connection, schema, rows[-1])
    )


def listen(connection: Connection[Any], schema: str, told: Callable[[object], None]) -> None:
    """``told`` is called for writes, as the connection reads of them. Behind a pooler of transactions it never is."""
    connection.add_notify_handler(told)
    connection.execute(f"LISTEN {channel(schema)}")


def channel(schema: str) -> str:
    """Where writes are told."""
    return f'"promoter-view {schema}"'


def _is_last(connection: Connection[Any], schema: str, row: tuple[int, int, int, bytes]) -> bool:
    text = f"SELECT 1 FROM {schema}.entries WHERE (resource_version, item) > (%s, %s) LIMIT 1"  # noqa: S608
    return connection.execute(text, row[:2]).fetchone() is None


def _goes_on(connection: Connection[Any], schema: str, found: Ledger, place: CopyPlace, progress: int) -> bool:
    """Whether a copy is of this journal: the database may be another one, or restored from a backup."""
    if not place.cluster:
        return True
    if place.cluster != found.origin or place.revision > found.revision or progress > found.head.progress:
        return False
    if place.first <= max(BEGINNING, found.head.expired):
        return True  # all that it had is deleted, or it had nothing
    text = f"SELECT written FROM {schema}.entries WHERE (resource_version, item) = (%s, %s)"  # noqa: S608
    row = connection.execute(text, place.first).fetchone()
    return row is not None and row[0] == place.made


def _claimed(connection: Connection[Any], schema: str, claim: WriteClaim) -> Ledger:
    """The journal's row, locked. Errors: JournalBusyError, where it is not this writer's to change."""
    found = ledger(connection, schema, lock=True)
    require_cluster(found, claim.cluster, schema)
    if found.term > claim.term:
        raise JournalBusyError(
            f"another process writes the journal: {found.writer}. Each installation needs a schema of its own "
            "(schema=NAME in --journal)"
        )
    return found


def require_cluster(found: Ledger, cluster: str, schema: str) -> None:
    """It is the journal of that cluster, or of none yet. Errors: JournalBusyError: somebody may put it right."""
    if found.cluster and cluster and found.cluster != cluster:
        raise JournalBusyError(
            f"the schema {schema} of PostgreSQL has the journal of another cluster: give another schema (schema=NAME), "
            f"or, if only the cluster's CA has changed, set {schema}.journal.cluster to ''"
        )


def _put(connection: Connection[Any], schema: str, claim: WriteClaim, head: JournalHead) -> None:
    connection.execute(
        f"UPDATE {schema}.journal SET revision = revision + 1, cluster = %s, writer = %s, term = %s, "  # noqa: S608
        "progress = %s, expired = %s, expired_item = %s, entries = %s, bytes = %s, digest = %s",
        (claim.cluster, claim.name, claim.term, head.progress, *head.expired, head.count, head.bytes, head.digest),
    )
    connection.execute(f"NOTIFY {channel(schema)}")
