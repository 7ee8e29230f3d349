"""An entry that tells of nothing that has happened: to try a subscription with. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from promoter_view.journal.entries import EntryIdentity, EventCommit, EventType, Happening, JournalEntry
from promoter_view.records import BundleKey
from promoter_view.views.known import DEFINITIONS

_TIME = datetime(2026, 1, 2, 15, 4, 5, tzinfo=UTC)
_LEAD = timedelta(minutes=42)
_COMMIT = EventCommit(
    sha="5a" * 20,
    hydrated_sha="a5" * 20,
    subject="feat: a sample, to try a notification with",
    author="Sample Author",
    url="https://git.example.com/sample/commit/5a5a5a5",
    committed=_TIME - _LEAD,
)
_PROMOTED = Happening(
    EventType.PROMOTED,
    environment="environment/sample",
    before="0f" * 20,
    after=_COMMIT.sha,
    commit=_COMMIT,
    lead_seconds=int(_LEAD.total_seconds()),
)
#: A commit comes live in an environment of a strategy.
SAMPLE = JournalEntry(
    EntryIdentity(1, 0),
    _TIME,
    BundleKey(DEFINITIONS[0].plural, "sample", "sample"),
    "00000000-0000-0000-0000-000000000000",
    _PROMOTED,
)
