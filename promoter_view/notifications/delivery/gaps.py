"""What a subscription is told where the journal does not reach back to its cursor. Pure."""

from __future__ import annotations

from promoter_view.journal.entries import EntryIdentity, EventType, Happening, JournalEntry
from promoter_view.records import BundleKey
from promoter_view.views.versions import moment

_EVERYTHING = BundleKey("", "", "")


def gap_between(cursor: EntryIdentity, reach: EntryIdentity) -> JournalEntry:
    """Nobody knows any more what happened behind ``cursor`` and up to ``reach``, which is its identity."""
    began, ended = (moment(max(each.resource_version, 0)) for each in (cursor, reach))
    whole = ended.replace(microsecond=ended.microsecond // 1000 * 1000)
    happening = Happening(
        EventType.GAP, before=began.isoformat(timespec="seconds"), after=ended.isoformat(timespec="seconds")
    )
    return JournalEntry(reach, whole, _EVERYTHING, "", happening)
