"""A page of the activity: changes in memory, and behind them what the journal tells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promoter_view.dashboard.activity import Entry
from promoter_view.dashboard.journal.activity_query import ActivityPlace, ActivityQuery
from promoter_view.dashboard.journal.earlier import Earlier
from promoter_view.journal.entries import JournalEntry
from promoter_view.views.versions import moment

ENTRIES_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class ActivityWindow:
    """The entries of a page that are in memory, the newest first; ``wanted``: so many the journal is asked for.

    ``has_newer``, ``has_older``: there are others in memory.
    """

    entries: Sequence[Entry]
    wanted: int = 0
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class ActivityShown:
    """What a page shows: ``told`` by the journal, behind ``entries``. Both the newest first.

    ``newer`` and ``older`` name the places from which the pages before and after it go on, None: there is none.
    ``looked``: back to when the journal was looked through, None: as far as it was asked to.
    """

    entries: Sequence[Entry]
    told: Sequence[JournalEntry]
    newer: ActivityPlace | None
    older: ActivityPlace | None
    looked: datetime | None = None


def window_of(fitting: Sequence[Entry], query: ActivityQuery, floor: int) -> ActivityWindow:
    """Of all entries in memory that are asked for, which are of changes behind ``floor``."""
    after, before = query.after, query.before
    if after.item is not None or 0 < after.version <= floor:
        return ActivityWindow(fitting, ENTRIES_A_PAGE)
    newer = [entry for entry in fitting if entry.resource_version > after.version] if after.version else []
    if len(newer) > ENTRIES_A_PAGE:
        return ActivityWindow(newer[-ENTRIES_A_PAGE:], has_newer=True, has_older=True)
    if after.version or not before.version:
        return _filled(ActivityWindow(fitting))
    if before.item is not None:
        return ActivityWindow((), ENTRIES_A_PAGE, has_newer=True)
    return _filled(
        ActivityWindow([entry for entry in fitting if entry.resource_version < before.version], has_newer=True)
    )


def _filled(window: ActivityWindow) -> ActivityWindow:
    """What has room on a page, and how much the journal has."""
    entries = window.entries[:ENTRIES_A_PAGE]
    room = ENTRIES_A_PAGE - len(entries)
    return replace(window, entries=entries, wanted=room, has_older=not room)


def shown_of(window: ActivityWindow, query: ActivityQuery, told: Earlier) -> ActivityShown:
    """The page, with what the journal has told of it."""
    if window.wanted and query.after.version and not _is_whole(window, query):
        return _upward(window, told)
    places = _places(window.entries, told.entries)
    older = places[-1] if window.has_older else None if told.edge is None else ActivityPlace(*told.edge)
    newer = (places[0] if places else query.before) if window.has_newer else None
    is_short = told.edge is not None and len(told.entries) < window.wanted
    return ActivityShown(window.entries, told.entries, newer, older, _moment(told) if is_short else None)


def _is_whole(window: ActivityWindow, query: ActivityQuery) -> bool:
    """It is the newest page, though another was asked for: all that is newer has room on it."""
    return query.after.item is None and len(window.entries) + window.wanted == ENTRIES_A_PAGE


def _upward(window: ActivityWindow, told: Earlier) -> ActivityShown:
    """The journal was read forward from a place: where it ends memory goes on."""
    entries = told.entries[::-1]
    if told.edge is not None:
        return ActivityShown(
            (), entries, ActivityPlace(*told.edge), _places((), entries)[-1] if entries else None, _moment(told)
        )
    room = max(ENTRIES_A_PAGE - len(entries), 0)
    kept = window.entries[max(len(window.entries) - room, 0) :]
    places = _places(kept, entries)
    newer = places[0] if places and len(kept) < len(window.entries) else None
    return ActivityShown(kept, entries, newer, places[-1] if places else None)


def _places(entries: Sequence[Entry], told: Sequence[JournalEntry]) -> list[ActivityPlace]:
    return [
        *(ActivityPlace(each.resource_version) for each in entries),
        *(ActivityPlace(*each.identity) for each in told),
    ]


def _moment(told: Earlier) -> datetime | None:
    return None if told.edge is None else moment(told.edge.resource_version)
