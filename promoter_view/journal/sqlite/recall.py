"""What the entries of the tables tell of earlier ones: a completing.Recall. Runs in threads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from promoter_view.journal.completing import LIVE, EntrySubject, Recall
from promoter_view.journal.entries import EventType

#: Entries of an environment that name a commit: few, however long the journal is.
_OF_SHA = (
    "FROM commits CROSS JOIN entries USING (resource_version, item) "
    "WHERE commits.sha = ? AND uid = ? AND environment = ?"
)
_WITHOUT_SHA = "FROM entries WHERE uid = ? AND environment = ? AND event = ? AND hydrated_sha = ''"

#: Entries of an environment's checks that are looked through, the newest first. A check that is in none of these has
#: not failed as far as anybody looks: one that never failed costs no more, however long the journal is.
_MOST_OF_CHECKS = 4000
_OF_CHECKS = """
    SELECT event, instr(body, ?) FROM entries
    WHERE uid = ? AND environment = ? AND event IN ('failed', 'recovered')
    ORDER BY resource_version DESC, item DESC
    LIMIT ?
"""


class EntryRecall:
    """``beyond`` is asked for what these tables do not have."""

    def __init__(self, cursor: Any, beyond: Recall | None = None) -> None:
        self._cursor = cursor
        self._beyond = beyond

    def has(self, subject: EntrySubject) -> bool:
        """See Recall."""
        return self._has(subject) or (self._beyond is not None and self._beyond.has(subject))

    def has_failed(self, uid: str, environment: str, check: str) -> bool:
        """See Recall."""
        # As JournalEntry.write writes it: quotes in a text are escaped, so that no text looks like it.
        key = b'"check":' + orjson.dumps({"key": check}).removesuffix(b"}")
        rows = self._cursor.execute(_OF_CHECKS, (key, uid, environment, _MOST_OF_CHECKS))
        found = next((event for event, place in rows if place), None)
        if found is None:
            return self._beyond is not None and self._beyond.has_failed(uid, environment, check)
        return bool(found == EventType.FAILED)

    def last_live(self, uid: str, environments: Sequence[str], sha: str) -> datetime | None:
        """See Recall."""
        text = f"SELECT max(time_ms) {_OF_SHA} AND event IN (?, ?) AND entries.sha = ?"
        asked = [(sha.lower(), uid, each, *LIVE, sha) for each in environments]
        times = [time for each in asked for (time,) in self._cursor.execute(text, each) if time is not None]
        found = [datetime.fromtimestamp(max(times) / 1000, UTC)] if times else []
        earlier = None if self._beyond is None else self._beyond.last_live(uid, environments, sha)
        return max(found if earlier is None else (*found, earlier), default=None)

    def _has(self, subject: EntrySubject) -> bool:
        asked = (subject.uid, subject.environment, subject.event.value)
        if subject.hydrated_sha:
            text = f"SELECT 1 {_OF_SHA} AND event = ? AND hydrated_sha = ? LIMIT 1"
            found = self._cursor.execute(text, (subject.hydrated_sha.lower(), *asked, subject.hydrated_sha))
        elif subject.cause is None:
            found = self._cursor.execute(f"SELECT 1 {_WITHOUT_SHA} LIMIT 1", asked)
        else:
            # As JournalEntry.write writes it: quotes in a text are escaped, so that no text looks like it.
            cause = orjson.dumps({"kind": subject.cause.kind, "name": subject.cause.name})
            text = f"SELECT 1 {_WITHOUT_SHA} AND instr(body, ?) LIMIT 1"
            found = self._cursor.execute(text, (*asked, b'"cause":' + cause))
        return found.fetchone() is not None


if TYPE_CHECKING:
    _: type[Recall] = EntryRecall
