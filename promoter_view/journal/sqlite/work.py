"""What is done with the tables, each a transaction of its caller: runs in threads, and touches nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, takewhile
from typing import Any

from promoter_view.journal.completing import Recall, completed
from promoter_view.journal.entries import BEGINNING, LAST, EntryIdentity, JournalEntry, read_entry
from promoter_view.journal.sqlite.edges import Edges
from promoter_view.journal.sqlite.queries import is_by_branch, milliseconds, select
from promoter_view.journal.sqlite.recall import EntryRecall
from promoter_view.journal.store import (
    Batch,
    JournalBusyError,
    JournalExpiredError,
    JournalQuery,
    JournalState,
    Retention,
)

#: Entries of one resourceVersion between two pauses.
_WRITTEN_AT_ONCE = 10
#: Entries that one transaction deletes.
_PRUNED_AT_ONCE = 1000
_CURSOR, _CURSOR_ITEM = "cursor:", "cursor-item:"
#: Branches of one short name, each of which is looked for by itself.
_FEW_BRANCHES = 8
#: From one environment to the next, by the index: the entries of each are not read.
_BRANCHES = """
    WITH RECURSIVE branches (branch) AS (
        SELECT min(environment) FROM entries
        UNION ALL
        SELECT (SELECT min(environment) FROM entries WHERE environment > branch) FROM branches WHERE branch IS NOT NULL
    )
    SELECT branch FROM branches WHERE branch = ? OR substr(branch, ?) = ?
    LIMIT ?
"""


def append(
    cursor: Any, batch: Batch, pause: Callable[[], None] = lambda: None, *, beyond: Recall | None = None
) -> Sequence[JournalEntry]:
    """See JournalStore. What is at or before the progress is in the journal already, and not written again.

    A copy of another journal is one no more. ``pause`` is called after every few entries of one resourceVersion.
    ``beyond`` recalls entries that are in the journal, and not here. Errors: JournalBusyError, see Batch.
    """
    (known,) = cursor.execute("SELECT coalesce(max(value), 0) FROM facts WHERE name = 'progress'").fetchone()
    if known < batch.behind:
        raise JournalBusyError("the journal is not as it was left: it is read again")
    recall, written = EntryRecall(cursor, beyond), list[JournalEntry]()
    for version, of_it in groupby(batch.entries, key=lambda entry: entry.identity.resource_version):
        if version > known:
            written += _append_change(cursor, recall, list(of_it), pause)
    remember(cursor, {"progress": max(known, batch.progress)})
    if batch.digest is not None and batch.progress >= known:
        remember(cursor, {"digest": batch.digest, "digest_at": batch.progress})
    cursor.execute("DELETE FROM facts WHERE name = 'cluster'")
    return written


def _append_change(
    cursor: Any, recall: Recall, entries: Sequence[JournalEntry], pause: Callable[[], None]
) -> list[JournalEntry]:
    """Writes those of one resourceVersion: each but the last has more to follow."""
    written = list[JournalEntry]()
    for place, entry in enumerate(entries, 1):
        if (whole := completed(entry, recall)) is not None:
            written.append(replace(whole, has_more=entry is not entries[-1]))
            insert(cursor, written[-1])
        if place % _WRITTEN_AT_ONCE == 0:
            pause()
    if written and written[-1].has_more:  # what followed was in the journal already
        written[-1] = _without_more(cursor, written[-1])
    return written


def insert(cursor: Any, entry: JournalEntry) -> None:
    """One more, as it is."""
    cursor.execute(f"INSERT INTO entries VALUES ({', '.join('?' * 12)})", row_of(entry))  # noqa: S608
    cursor.executemany(
        "INSERT OR IGNORE INTO commits VALUES (?, ?, ?)", [(sha.lower(), *entry.identity) for sha in entry.shas]
    )


def row_of(entry: JournalEntry) -> tuple[Any, ...]:
    """The columns of its row, the body last."""
    it, commit = entry.happening, entry.happening.commit
    return (
        *entry.identity,
        milliseconds(entry.time),
        *entry.key,
        entry.uid,
        it.environment,
        it.event.value,
        commit.sha if commit is not None else "",
        commit.hydrated_sha if commit is not None else "",
        entry.write(),
    )


def _without_more(cursor: Any, entry: JournalEntry) -> JournalEntry:
    entry = replace(entry, has_more=False)
    text = "UPDATE entries SET body = ? WHERE resource_version = ? AND item = ?"
    cursor.execute(text, (entry.write(), *entry.identity))
    return entry


def remember(cursor: Any, told: Mapping[str, int]) -> None:
    """Numbers that are no entries' own."""
    cursor.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", told.items())


def facts(cursor: Any) -> Mapping[str, int]:
    """All that was remembered."""
    return dict(cursor.execute("SELECT name, value FROM facts"))


def query(cursor: Any, asked: JournalQuery, edges: Edges | None = None) -> Sequence[JournalEntry]:
    """See JournalStore. ``edges``: what is known of times, by who asks again."""
    part = (edges or Edges()).within(cursor, asked)
    found = [] if part is None else [read_entry(body) for _, _, body in _rows(cursor, part)]
    # Looked at afterwards: what was deleted before is in the facts by now.
    if asked.whole and expired(cursor) > asked.after:
        raise JournalExpiredError
    return found


def _rows(cursor: Any, asked: JournalQuery) -> Sequence[Any]:
    """Those of a few branches are found branch by branch; where there are many, each entry is looked at."""
    branches = list[str]()
    if is_by_branch(asked):
        ending = f"/{asked.environment}"
        values = (asked.environment, -len(ending), ending, _FEW_BRANCHES + 1)
        branches = [each for (each,) in cursor.execute(_BRANCHES, values)]
        if not branches:
            return ()
    if not branches or len(branches) > _FEW_BRANCHES:
        return list(cursor.execute(*select(asked)))
    rows = [row for branch in branches for row in cursor.execute(*select(asked, branch))]
    return sorted(rows, reverse=asked.newest_first)[: asked.limit]


def state(cursor: Any) -> JournalState:
    """See JournalStore."""
    newest = newest_of(cursor)
    oldest = _identity(cursor, "ASC")
    (count,) = cursor.execute("SELECT count(*) FROM entries").fetchone()
    (first,) = cursor.execute("SELECT min(time_ms) FROM entries").fetchone()
    since = None if first is None else datetime.fromtimestamp(first / 1000, UTC)
    told = facts(cursor)
    progress = told.get("progress", 0)
    digest = told.get("digest") if told.get("digest_at") == progress else None
    return JournalState(progress, newest, oldest, expired(cursor), since, count, _used_bytes(cursor), digest)


def newest_of(cursor: Any) -> EntryIdentity:
    """The identity of the last entry, BEGINNING where there is none."""
    return _identity(cursor, "DESC")


def expired(cursor: Any) -> EntryIdentity:
    """The newest that was deleted, BEGINNING where none was."""
    found = facts(cursor)
    return EntryIdentity(found["expired"], found["expired_item"]) if "expired" in found else BEGINNING


def _identity(cursor: Any, order: str) -> EntryIdentity:
    text = f"SELECT resource_version, item FROM entries ORDER BY resource_version {order}, item {order} LIMIT 1"  # noqa: S608
    found = cursor.execute(text).fetchone()
    return BEGINNING if found is None else EntryIdentity(*found)


def _used_bytes(cursor: Any) -> int:
    (size,), (pages,), (free,) = (
        cursor.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "page_count", "freelist_count")
    )
    return int(size * (pages - free))


def prune(cursor: Any, retention: Retention, now: datetime) -> int:
    """See JournalStore."""
    oldest_kept = milliseconds(now) - int(retention.age_seconds * 1000)
    is_too_large = _used_bytes(cursor) > retention.max_bytes
    chosen = "SELECT resource_version, item, time_ms FROM entries ORDER BY resource_version, item LIMIT ?"
    found = cursor.execute(chosen, (_PRUNED_AT_ONCE,)).fetchall()
    # From the front alone: a backfilled entry may be older than those before it, and what is left has no holes.
    gone = takewhile(lambda row: is_too_large or row[2] < oldest_kept, found)
    return _delete(cursor, [EntryIdentity(*row[:2]) for row in gone])


def expire(cursor: Any, last: EntryIdentity) -> None:
    """Deletes all up to that one, which is deleted too."""
    found = cursor.execute("SELECT resource_version, item FROM entries WHERE (resource_version, item) <= (?, ?)", last)
    if not _delete(cursor, [EntryIdentity(*row) for row in found]) and last > expired(cursor):
        remember(cursor, _expired(last))


def _delete(cursor: Any, gone: Sequence[EntryIdentity]) -> int:
    if not gone:
        return 0
    for table in ("commits", "entries"):
        cursor.executemany(f"DELETE FROM {table} WHERE resource_version = ? AND item = ?", gone)  # noqa: S608
    remember(cursor, _expired(max(gone)))
    cursor.execute("PRAGMA incremental_vacuum")
    return len(gone)


def _expired(last: EntryIdentity) -> Mapping[str, int]:
    return {"expired": last.resource_version, "expired_item": last.item}


def keep_cursors(cursor: Any, places: Mapping[str, EntryIdentity | None]) -> None:
    """How far others have come with the entries, by name; None: it is not kept any more."""
    kept = {name: place for name, place in places.items() if place is not None}
    told = {_CURSOR + name: place.resource_version for name, place in kept.items()}
    remember(cursor, told | {_CURSOR_ITEM + name: place.item for name, place in kept.items()})
    gone = [(part + name,) for name in places.keys() - kept.keys() for part in (_CURSOR, _CURSOR_ITEM)]
    cursor.executemany("DELETE FROM facts WHERE name = ?", gone)


def cursors(cursor: Any) -> Mapping[str, EntryIdentity]:
    """What was kept of that."""
    known = facts(cursor)
    named = {name.removeprefix(_CURSOR): value for name, value in known.items() if name.startswith(_CURSOR)}
    return {name: EntryIdentity(version, known.get(_CURSOR_ITEM + name, LAST)) for name, version in named.items()}
