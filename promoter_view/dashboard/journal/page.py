"""What the page and the feed say of entries. Pure; the templates have the words around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from promoter_view.dashboard.page_table import page_path
from promoter_view.dashboard.rendering import span
from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.decoded import parse_time
from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.urls import web_url

_SHA_DIGITS = 40
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
        _short(it.before),
        _short(it.after),
        (parse_time(it.before), parse_time(it.after)) if it.event is EventType.GAP else None,
        _times(entry),
        web_url(it.commit.url) if it.commit else "",
        web_url(it.request.url) if it.request else "",
        web_url(it.check.url) if it.check else "",
    )


def sentence(entry: JournalEntry) -> str:
    """An entry in one line of text."""
    it, key = entry.happening, entry.key
    if it.event is EventType.GAP:
        return f"gap: nobody knows what happened from {it.before} to {it.after}"
    place = f"{key.namespace}/{key.name}" + (f" {it.environment}" if it.environment else "")
    moved = "" if it.request else " -> ".join(filter(None, (_short(it.before), _short(it.after))))
    words = [f"{place}: {it.event.value}", moved]
    if it.commit:
        words += ["" if moved and it.after == it.commit.sha else _short(it.commit.sha), it.commit.subject]
        words += [f"by {it.commit.author}" if it.commit.author else ""]
    words += [f"#{it.request.number}" if it.request else "", it.check.key if it.check else "", it.message]
    return " ".join(filter(None, words))


def _look(event: EventType) -> str:
    """The class of one that looks the same, of what pages have."""
    if event in _WELL:
        return "passed"
    return "failed" if event in _FAILED else event.value


def _short(word: str) -> str:
    is_sha = len(word) >= _SHA_DIGITS and word.isalnum()
    return word[:SHORT] if is_sha else word


def _times(entry: JournalEntry) -> list[str]:
    it = entry.happening
    told = (("lead time", it.lead_seconds), ("hop", it.hop_seconds))
    return [f"{name} {span(timedelta(seconds=count))}" for name, count in told if count is not None]
