"""What every format for people says of an entry, in parts that each escapes by its own rules. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.durations import brief_duration
from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.sentences import moved_words, short_word
from promoter_view.notifications.links import Links
from promoter_view.urls import web_url

_MOST_CHARACTERS = 300
_BAD = frozenset(
    (
        EventType.FAILED,
        EventType.HELD,
        EventType.RESTORED,
        EventType.PROMOTION_FAILED,
        EventType.PROMOTION_ERRORED,
        EventType.GAP,
    )
)
_STATES = (EventType.STATE, EventType.HEALTH)
_BAD_STATES = frozenset(("Failed", "Held", "Unhealthy"))


@dataclass(frozen=True, slots=True)
class WordLink:
    """A text with an address of the web."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class EntryWords:
    """Texts are anybody's, on one line each, and "" where there are none. ``place`` is the object, ``page`` its page.

    ``happened``: what, e.g. ``promoted 203de8a -> c82f20a``. ``details``: commit, author, message, times, in order.
    ``links``: commit, pull request and check, as far as they have addresses.
    """

    place: str
    environment: str
    happened: str
    details: tuple[str, ...]
    links: tuple[WordLink, ...]
    page: str
    is_bad: bool

    @property
    def title(self) -> str:
        """All but the details, on one line."""
        return f"{' '.join(filter(None, (self.place, self.environment)))}: {self.happened}"


def words_of(entry: JournalEntry, links: Links) -> EntryWords:
    """What is said of an entry."""
    it, key = entry.happening, entry.key
    if it.event is EventType.GAP:
        happened = f"no events are known from {it.before} to {it.after}"
        return EntryWords("gap", "", _line(happened), (), (), links.page(entry), is_bad=True)
    return EntryWords(
        _line(f"{key.namespace}/{key.name}"),
        _line(it.environment),
        _line(f"{it.event.value} {moved_words(entry)}"),
        tuple(filter(None, map(_line, _details(entry)))),
        tuple(_links(entry)),
        links.page(entry),
        is_bad=it.event in _BAD or (it.event in _STATES and it.after in _BAD_STATES),
    )


def count_words(number: int) -> str:
    """``1 event``, ``12 events``."""
    return "1 event" if number == 1 else f"{number} events"


def _details(entry: JournalEntry) -> list[str]:
    it = entry.happening
    told = []
    if it.commit:
        told += [it.commit.subject, f"by {it.commit.author}" if it.commit.author else ""]
    if it.check:
        told.append(": ".join(filter(None, (f"{it.check.key} {it.check.phase}".strip(), it.check.message))))
    times = (("lead time", it.lead_seconds), ("hop", it.hop_seconds))
    told += [it.message, *(f"{name} {brief_duration(count)}" for name, count in times if count is not None)]
    return told


def _links(entry: JournalEntry) -> list[WordLink]:
    it = entry.happening
    told = [(short_word(it.commit.sha), it.commit.url)] if it.commit else []
    told += [(f"#{it.request.number}", it.request.url)] if it.request else []
    told += [(it.check.key, it.check.url)] if it.check else []
    return [WordLink(_line(text) or "link", web_url(url)) for text, url in told if web_url(url)]


def _line(words: str) -> str:
    """On one line, and of that so much; what does not show, or turns text around, is left out."""
    kept = "".join(char if char.isprintable() else " " for char in words)
    line = " ".join(kept.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
