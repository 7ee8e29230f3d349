"""The Promotions of a Stage that are gone, as the journal tells of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from promoter_view.dashboard.journal.earlier import Earlier, WantedEntries
from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.serving.asking import AskedEntries
from promoter_view.journal.store import JournalQuery
from promoter_view.records import BundleKey

_ENDS = (
    EventType.PROMOTION_SUCCEEDED,
    EventType.PROMOTION_FAILED,
    EventType.PROMOTION_ERRORED,
    EventType.PROMOTION_ABORTED,
)
#: Kargo keeps some of them, which are shown as they are; of the others so many.
_MOST_ENTRIES, _MOST_SHOWN = 200, 50


def wanted_ends(key: BundleKey) -> WantedEntries:
    """What the journal is asked for."""
    query = JournalQuery(
        events=frozenset(_ENDS), view=key.view, namespace=key.namespace, name=key.name, newest_first=True
    )
    return WantedEntries(AskedEntries(query, (key.view,)), _MOST_ENTRIES)


def ended_before(told: Earlier, shown: Collection[str]) -> list[JournalEntry]:
    """How Promotions ended that are not among those ``shown``, the newest first."""
    return list(islice(_gone(told, shown), _MOST_SHOWN))


def _gone(told: Earlier, shown: Collection[str]) -> Iterator[JournalEntry]:
    for entry in told.entries:
        cause = entry.happening.cause
        if cause is None or cause.name not in shown:
            yield entry
