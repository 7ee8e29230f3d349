"""What is asked of the activity: which of its entries, from where on, and what the journal calls them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from promoter_view.dashboard.events import Event
from promoter_view.dashboard.nearest import first_unknown
from promoter_view.journal.entries import BEGINNING, LAST, EntryIdentity, EventType
from promoter_view.journal.serving.asking import AskedEntries, beyond, is_behind
from promoter_view.journal.serving.bundles import parse_name
from promoter_view.journal.store import JournalQuery
from promoter_view.views.versions import LIMIT

_LONGEST = 253
#: A resourceVersion is below 2^63.
_POSITION_DIGITS = 20
#: What the journal calls it, where that is another word.
_JOURNAL_EVENTS = {
    Event.STARTED.value: (EventType.PROMOTION_STARTED,),
    Event.ENDED.value: (EventType.MERGED, EventType.CLOSED),
    Event.PASSED.value: (EventType.RECOVERED, EventType.VERIFIED, EventType.APPROVED),
    Event.FAILED.value: (
        *(EventType.FAILED, EventType.PROMOTION_FAILED),
        *(EventType.PROMOTION_ERRORED, EventType.PROMOTION_ABORTED),
    ),
    Event.STATE.value: (EventType.STATE, EventType.HEALTH),
}
EVENTS = tuple(event.value for event in Event)


class ActivityPlace(NamedTuple):
    """By what a page begins or ends: an entry of the journal, or (``item`` None) a change in memory."""

    version: int
    item: int | None = None

    @property
    def front(self) -> EntryIdentity:
        """Where it stands in the journal for what is older: a change in front of its own entries."""
        return EntryIdentity(self.version, -1 if self.item is None else self.item)

    @property
    def back(self) -> EntryIdentity:
        """The same for what is newer."""
        return EntryIdentity(self.version, LAST if self.item is None else self.item)

    def __str__(self) -> str:
        return str(self.version) if self.item is None else f"{self.version}-{self.item}"


NOWHERE = ActivityPlace(0)


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """``name`` is a part of names. ``before``: what is older than that, ``after``: the next ones that are newer.

    ``visited``: only what is newer than that resourceVersion. ``unknown``: what is wrong with the event that was asked
    for, "" where nothing is; then it asks for all events.
    """

    namespace: str = ""
    name: str = ""
    event: str = ""
    unknown: str = ""
    before: ActivityPlace = NOWHERE
    after: ActivityPlace = NOWHERE
    visited: int = 0

    @property
    def journal_events(self) -> frozenset[EventType] | None:
        """Those of the journal, empty for all; None: it has none of them."""
        if not self.event:
            return frozenset()
        known = [each for each in EventType if each.value == self.event]
        return frozenset(_JOURNAL_EVENTS.get(self.event, known)) or None

    def fits(self, namespace: str, name: str, version: int, events: Collection[str]) -> bool:
        """Whether a change in memory is asked for, wherever its page is."""
        if self.namespace not in ("", namespace) or self.name not in name or version <= self.visited:
            return False
        return not self.event or self.event in events

    def entries(self, views: Collection[str], floor: int, since: datetime) -> AskedEntries | None:
        """Those of the journal, where changes behind ``floor``, which is of that moment, are in memory; None: none."""
        events = self.journal_events
        if events is None:
            return None
        visited = EntryIdentity(self.visited, LAST) if self.visited else BEGINNING
        query = JournalQuery(events=events, namespace=self.namespace, after=visited, newest_first=True)
        if self.after.version:
            query = replace(query, after=max(visited, self.after.back), newest_first=False)
        elif self.before.item is not None or 0 < self.before.version <= floor:
            query = replace(query, before=self.before.front)
        return AskedEntries(
            query,
            views,
            gaps=True,
            matches=lambda entry: self.name in entry.key.name and not is_behind(entry, floor),
            parts=beyond(floor, since),
        )


_KNOWN = ("namespace", "name", "event", "before", "after", "since", "at")


def read_activity_query(query: Mapping[str, str]) -> ActivityQuery:
    """What cannot be read counts as not given."""
    namespace, name, event = (query.get(word, "")[:_LONGEST] for word in ("namespace", "name", "event"))
    unknown = first_unknown([event] if event else [], EVENTS, "event")
    visited = _place(query, "since")
    return ActivityQuery(
        namespace,
        name,
        "" if unknown else event,
        unknown or first_unknown(query, _KNOWN, "query parameter"),
        _place(query, "before"),
        _place(query, "after"),
        visited.version if visited.item is None else 0,
    )


def _place(query: Mapping[str, str], name: str) -> ActivityPlace:
    written = query.get(name, "")
    if written.isascii() and written.isdecimal() and len(written) < _POSITION_DIGITS and int(written) < LIMIT:
        return ActivityPlace(int(written))
    found = parse_name(written)
    return NOWHERE if found is None or found.resource_version >= LIMIT else ActivityPlace(*found)
