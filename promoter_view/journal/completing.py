"""What an entry gets from earlier ones of the journal: how long it took, and whether it was told before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, Protocol

from promoter_view.journal.deriving.policies import FAILURE
from promoter_view.journal.entries import EventCause, EventType, JournalEntry

#: Happens once to a commit in an environment, however often it is seen.
_ONCE = frozenset((EventType.VERIFIED,))
#: What makes a commit live.
LIVE = (EventType.PROMOTED, EventType.RESTORED)


class EntrySubject(NamedTuple):
    """What an entry tells: another one of the same subject tells the same. Without a commit, its cause tells which."""

    uid: str
    environment: str
    event: EventType
    hydrated_sha: str
    cause: EventCause | None = None


def subject_of(entry: JournalEntry) -> EntrySubject:
    """What it tells."""
    it = entry.happening
    sha = "" if it.commit is None else it.commit.hydrated_sha
    return EntrySubject(entry.uid, it.environment, it.event, sha, None if sha else it.cause)


class Recall(Protocol):
    """What is asked of earlier entries: those that are written, and those of the same transaction before this one."""

    def has(self, subject: EntrySubject) -> bool:
        """Whether there is an entry of it. One without commit and cause is any that has no commit."""

    def has_failed(self, uid: str, environment: str, check: str) -> bool:
        """Whether the last that was told of that check there is that it failed."""

    def last_live(self, uid: str, environments: Sequence[str], sha: str) -> datetime | None:
        """When that dry commit came to the last of those environments that it came to; None for to none of them."""


def completed(entry: JournalEntry, recall: Recall) -> JournalEntry | None:
    """The entry as it is written; None where the journal has it already, or nothing has recovered."""
    it, commit = entry.happening, entry.happening.commit
    if (entry.backfilled or (it.event in _ONCE and commit is not None)) and recall.has(subject_of(entry)):
        return None
    if it.event is EventType.RECOVERED and not _did_fail(entry, recall):
        return None
    if commit is None or it.event is not EventType.PROMOTED:
        return entry
    arrived = recall.last_live(entry.uid, it.awaited, commit.sha) if it.awaited else None
    return replace(
        entry,
        happening=replace(
            it,
            lead_seconds=_between(commit.committed, entry.time),
            hop_seconds=_between(arrived, entry.time),
        ),
    )


def _did_fail(entry: JournalEntry, recall: Recall) -> bool:
    """A check that succeeds has recovered where it failed before: just now, or before it was pending."""
    it = entry.happening
    assert it.check is not None
    return it.before == FAILURE or recall.has_failed(entry.uid, it.environment, it.check.key)


def _between(began: datetime | None, ended: datetime) -> int | None:
    """In whole seconds; None where that is not known, or the clocks disagree."""
    seconds = None if began is None else int((ended - began).total_seconds())
    return seconds if seconds is not None and seconds >= 0 else None
