"""Microsoft Teams' workflows: an Adaptive Card. Texts are TextRuns, in which nothing is markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.formats.words import EntryWords, count_words, words_of
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import OutgoingMessage

_JSON = "application/json; charset=utf-8"
#: Teams takes 28 KB a message.
_MOST_BYTES = 24 * 1024
_MOST_SHOWN = 20
_CARD = "application/vnd.microsoft.card.adaptive"
_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def write_teams(entries: Sequence[JournalEntry], links: Links) -> OutgoingMessage:
    """One entry with its links as buttons, many below a heading; as many as there is room for."""
    told = [words_of(each, links) for each in entries]
    shown = min(len(told), _MOST_SHOWN)
    body = _card(told, shown, links)
    while len(body) > _MOST_BYTES and shown > 1:
        shown //= 2
        body = _card(told, shown, links)
    return OutgoingMessage(body, _JSON)


def _card(told: Sequence[EntryWords], shown: int, links: Links) -> bytes:
    buttons = list(_buttons(told[0]) if len(told) == 1 else _button("Journal", links.journal))
    card: dict[str, Any] = {
        "$schema": _SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": list(_body(told, shown)),
        **({"actions": buttons} if buttons else {}),
    }
    return orjson.dumps({"type": "message", "attachments": [{"contentType": _CARD, "content": card}]})


def _body(told: Sequence[EntryWords], shown: int) -> Iterator[dict[str, Any]]:
    if len(told) > 1:
        yield _block(_run(count_words(len(told)), weight="Bolder", size="Medium"))
    for words in told[:shown]:
        yield from _entry(words, is_linked=len(told) > 1)
    if len(told) > shown:
        yield _block(_run(f"and {count_words(len(told) - shown)} more"))


def _entry(words: EntryWords, *, is_linked: bool) -> Iterator[dict[str, Any]]:
    linked = {"selectAction": _open("", words.page)} if is_linked and words.page else {}
    rest = " ".join(filter(None, (words.environment, words.happened)))
    place = _run(words.place, weight="Bolder", color="Attention" if words.is_bad else "Default", **linked)
    yield {**_block(place, _run(f" {rest}")), "separator": is_linked}
    for each in words.details:
        yield {**_block(_run(each, isSubtle=True)), "spacing": "Small"}


def _buttons(words: EntryWords) -> Iterator[dict[str, Any]]:
    yield from _button("Open", words.page)
    for each in words.links:
        yield from _button(each.text, each.url)


def _button(title: str, url: str) -> Iterator[dict[str, Any]]:
    if url:
        yield _open(title, url)


def _open(title: str, url: str) -> dict[str, Any]:
    return {"type": "Action.OpenUrl", "url": url, **({"title": title} if title else {})}


def _block(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **looks}
