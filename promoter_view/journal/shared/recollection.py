"""What a copy in memory recalls of the journal's entries, also of those that it holds no more: a completing.Recall.

A copy in memory holds the newest entries. Whether something was told before is to be known of all that the journal
has. So a few bytes are kept for each of those that may be asked about, until the journal's retention deletes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promoter_view.journal.completing import LIVE, EntrySubject, Recall, subject_of
from promoter_view.journal.deriving.stages import ENDS
from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.sqlite.queries import milliseconds

#: Of these it may be asked whether they were told: what is told once, and what objects tell of their past.
_ASKED_ABOUT = frozenset((EventType.VERIFIED, *LIVE, *ENDS.values()))
#: Of a check it may be asked which of these was told last.
_OF_CHECKS = (EventType.FAILED, EventType.RECOVERED)
#: Beside the copy's tables, whose size is bounded.
_TABLE = """
    CREATE TEMP TABLE recollection (
        digest INTEGER PRIMARY KEY, resource_version INTEGER NOT NULL, time_ms INTEGER, event TEXT
    )
"""
_NOTE = """
    INSERT INTO recollection VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        resource_version = max(resource_version, excluded.resource_version), time_ms = max(time_ms, excluded.time_ms),
        event = excluded.event
"""
_DIGEST_BYTES = 8


class Recollection:
    """Of one connection."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def make(self) -> None:
        """Its table, which is empty."""
        self._cursor.execute("PRAGMA temp_store = MEMORY")
        self._cursor.execute(_TABLE)

    def note(self, entry: JournalEntry) -> None:
        """It is in the journal, behind all that were noted before."""
        told = (entry.identity.resource_version, milliseconds(entry.time), entry.happening.event.value)
        self._cursor.executemany(_NOTE, ((digest, *told) for digest in _digests_of(entry)))

    def forget(self, resource_version: int) -> None:
        """The journal has nothing of what is before that."""
        self._cursor.execute("DELETE FROM recollection WHERE resource_version < ?", (resource_version,))

    def clear(self) -> None:
        """Another journal is recalled."""
        self._cursor.execute("DELETE FROM recollection")

    def has(self, subject: EntrySubject) -> bool:
        """See Recall."""
        return self._time_of(_told(subject)) is not None

    def has_failed(self, uid: str, environment: str, check: str) -> bool:
        """See Recall."""
        text = "SELECT event FROM recollection WHERE digest = ?"
        row = self._cursor.execute(text, (_checked(uid, environment, check),)).fetchone()
        return row is not None and row[0] == EventType.FAILED

    def last_live(self, uid: str, environments: Sequence[str], sha: str) -> datetime | None:
        """See Recall."""
        found = (self._time_of(_live(uid, environment, sha)) for environment in environments)
        times = [time for time in found if time is not None]
        return datetime.fromtimestamp(max(times) / 1000, UTC) if times else None

    def _time_of(self, digest: int) -> int | None:
        row = self._cursor.execute("SELECT time_ms FROM recollection WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else row[0]


def _digests_of(entry: JournalEntry) -> Iterator[int]:
    it = entry.happening
    if it.event in _ASKED_ABOUT:
        yield _told(subject_of(entry))
    if it.event in LIVE and it.commit is not None and it.commit.sha:
        yield _live(entry.uid, it.environment, it.commit.sha)
    if it.event in _OF_CHECKS and it.check is not None:
        yield _checked(entry.uid, it.environment, it.check.key)


def _told(subject: EntrySubject) -> int:
    cause = () if subject.cause is None else (subject.cause.kind, subject.cause.name)
    return _digest("told", subject.uid, subject.environment, subject.event, subject.hydrated_sha, *cause)


def _live(uid: str, environment: str, sha: str) -> int:
    return _digest("live", uid, environment, sha)


def _checked(uid: str, environment: str, check: str) -> int:
    return _digest("check", uid, environment, check)


def _digest(*words: str) -> int:
    """As SQLite keeps an integer."""
    made = hashlib.blake2b("\0".join(words).encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(made, "big", signed=True)


if TYPE_CHECKING:
    _: type[Recall] = Recollection
