"""What is said of an entry in one line of text. Pure."""

from __future__ import annotations

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.views.promotion_strategy.state.words import said_state

#: Of a sha that is shown.
SHORT = 7
_SHA_DIGITS = 40


def sentence(entry: JournalEntry) -> str:
    """An entry in one line of text."""
    it, key = entry.happening, entry.key
    if it.event is EventType.GAP:
        return f"gap: no events are known from {it.before} to {it.after}"
    place = f"{key.namespace}/{key.name}" + (f" {it.environment}" if it.environment else "")
    moved = moved_words(entry)
    words = [f"{place}: {it.event.value}", moved]
    if it.commit:
        words += ["" if moved and it.after == it.commit.sha else short_word(it.commit.sha), it.commit.subject]
        words += [f"by {it.commit.author}" if it.commit.author else ""]
    words += [f"#{it.request.number}" if it.request else "", it.check.key if it.check else ""]
    return with_reason(" ".join(filter(None, words)), it.message)


def with_reason(happened: str, reason: str) -> str:
    """What happened, and why, each as far as it is told."""
    return ": ".join(filter(None, (happened, reason)))


def moved_words(entry: JournalEntry) -> str:
    """From what to what it changed, e.g. ``203de8a -> c82f20a``; "" where it is about a pull request."""
    it = entry.happening
    return "" if it.request else " -> ".join(filter(None, (short_word(it.before), short_word(it.after))))


def short_word(word: str) -> str:
    """A sha and a state as people write them; other words as they are."""
    is_sha = len(word) >= _SHA_DIGITS and word.isalnum()
    return word[:SHORT] if is_sha else said_state(word)
