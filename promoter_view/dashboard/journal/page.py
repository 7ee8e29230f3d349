"""What the page and the feed say of entries. Pure; the templates have the words around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from promoter_view.dashboard.page_table import page_path
from promoter_view.dashboard.rendering import span
from promoter_view.decoded import parse_time
from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.sentences import short_word
from promoter_view.urls import web_url

_WELL = (EventType.VERIFIED, EventType.APPROVED, EventType.RECOVERED, EventType.PROMOTION_SUCCEEDED)
_FAILED = (EventType.PROMOTION_FAILED, EventType.PROMOTION_ERRORED)
#: What changed from a state to another; of other events it is commits, Freight or phases.
_STATES = (EventType.STATE, EventType.HEALTH)


@dataclass(frozen=True, slots=True)
class EventLine:
    """An entry. ``path`` is that of its object's page, "" where there is none; ``css`` is the class of its look.

    ``gap``: from when to when nobody knows what happened. ``times``: how long it took, in words.
    """

    entry: JournalEntry
    path: str
    css: str
    before: str
    after: str
    gap: tuple[datetime | None, datetime | None] | None
    times: Sequence[str]
    commit_url: str
    request_url: str
    check_url: str

    @property
    def is_state(self) -> bool:
        """It changed from a state to another."""
        return self.entry.happening.event in _STATES


@dataclass(frozen=True, slots=True)
class JournalShown:
    """All that the page shows. ``given``: the filters as they were written.

    ``older``: behind which entry the next page goes on, "" where there is none; ``is_newest``: it is the first page.
    """

    lines: Sequence[EventLine]
    given: Mapping[str, str]
    older: str
    is_newest: bool
    events: Sequence[str] = tuple(each.value for each in EventType)


def event_line(entry: JournalEntry) -> EventLine:
    """What is said of an entry."""
    it = entry.happening
    return EventLine(
        entry,
        page_path(*entry.key) if entry.key.namespace else "",
        _look(it.event),
        short_word(it.before),
        short_word(it.after),
        (parse_time(it.before), parse_time(it.after)) if it.event is EventType.GAP else None,
        _times(entry),
        web_url(it.commit.url) if it.commit else "",
        web_url(it.request.url) if it.request else "",
        web_url(it.check.url) if it.check else "",
    )


def _look(event: EventType) -> str:
    """The class of one that looks the same, of what pages have."""
    if event in _WELL:
        return "passed"
    return "failed" if event in _FAILED else event.value


def _times(entry: JournalEntry) -> list[str]:
    it = entry.happening
    told = (("lead time", it.lead_seconds), ("hop", it.hop_seconds))
    return [f"{name} {span(timedelta(seconds=count))}" for name, count in told if count is not None]
