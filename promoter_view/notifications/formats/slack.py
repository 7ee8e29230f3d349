"""Slack's incoming webhooks: blocks. What is anybody's is plain text; what is in mrkdwn is escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from promoter_view.journal.entries import JournalEntry
from promoter_view.notifications.formats.words import EntryWords, count_words, words_of
from promoter_view.notifications.links import Links
from promoter_view.notifications.messages import OutgoingMessage

_JSON = "application/json; charset=utf-8"
#: Slack takes 50 blocks a message: two an entry, one before and one behind.
_MOST_SHOWN = 24
#: Characters of a text.
_LONGEST = 3000
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
#: What would end an address in mrkdwn, or begin its text.
_IN_ADDRESS = str.maketrans({"<": "%3C", ">": "%3E", "|": "%7C", "&": "&amp;"})
#: What would make text bold, struck, or code: it stands as another sign of the same look.
_MARKS = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})


def write_slack(entries: Sequence[JournalEntry], links: Links) -> OutgoingMessage:
    """One entry as two blocks, many below a heading."""
    told = [words_of(each, links) for each in entries]
    title = told[0].title if len(told) == 1 else count_words(len(told))
    return OutgoingMessage(orjson.dumps({"text": _escaped(title), "blocks": list(_blocks(told, links))}), _JSON)


def _blocks(told: Sequence[EntryWords], links: Links) -> Iterator[dict[str, Any]]:
    if len(told) > 1:
        yield _section(_link(count_words(len(told)), links.journal))
    for words in told[:_MOST_SHOWN]:
        yield from _entry(words)
    if len(told) > _MOST_SHOWN:
        yield _section(_link(f"and {count_words(len(told) - _MOST_SHOWN)} more", links.journal))


def _entry(words: EntryWords) -> Iterator[dict[str, Any]]:
    mark = ":red_circle:" if words.is_bad else ":large_blue_circle:"
    place = f"*{_link(words.place, words.page)}*"
    told = " ".join(filter(None, (mark, place, _escaped(words.environment), _escaped(words.happened))))
    yield _section(told, words.title)
    elements = [_plain(each) for each in words.details]
    elements += [_mrkdwn(_link(each.text, each.url), each.text) for each in words.links]
    if elements:
        yield {"type": "context", "elements": elements}


def _section(text: str, plain: str = "") -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text, plain)}


def _mrkdwn(text: str, plain: str) -> dict[str, Any]:
    """``verbatim``: Slack makes no links of names and addresses in it. What is too long for Slack is said plainly."""
    return {"type": "mrkdwn", "text": text, "verbatim": True} if len(text) <= _LONGEST else _plain(plain)


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _link(text: str, url: str) -> str:
    return f"<{url.translate(_IN_ADDRESS)}|{_escaped(text)}>" if url else _escaped(text)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES).translate(_MARKS)
