"""What an entry gets from earlier ones of the journal: how long it took, and whether it was told before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from promoter_view.journal.entries import EventType, JournalEntry

#: Happens once to a commit in an environment, however often it is seen.
_ONCE = frozenset((EventType.VERIFIED,))
_LIVE = frozenset((EventType.PROMOTED, EventType.RESTORED))


class Recall(Protocol):
    """What is asked of earlier entries: those that are written, and those of the same transaction before this one."""

    def has(self, uid: str, environment: str, event: EventType, hydrated_sha: str) -> bool:
        """Whether there is such an entry."""

    def last_live(self, uid: str, environments: Sequence[str], sha: str) -> datetime | None:
        """When that dry commit came to the last of those environments that it came to; None for to none of them."""


def completed(entry: JournalEntry, recall: Recall) -> JournalEntry | None:
    """The entry as it is written; None where the journal has it already."""
    it, commit = entry.happening, entry.happening.commit
    told_once = entry.backfilled or it.event in _ONCE
    if commit is None:
        known = entry.backfilled and recall.has(entry.uid, it.environment, it.event, "")
        return None if known else entry
    if told_once and recall.has(entry.uid, it.environment, it.event, commit.hydrated_sha):
        return None
    if it.event is not EventType.PROMOTED:
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


def _between(began: datetime | None, ended: datetime) -> int | None:
    """In whole seconds; None where that is not known, or the clocks disagree."""
    seconds = None if began is None else int((ended - began).total_seconds())
    return seconds if seconds is not None and seconds >= 0 else None
