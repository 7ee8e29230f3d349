"""Entries in Teams: a card in which nothing is markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.journal.entries import EventType, Happening, JournalEntry
from promoter_view.notifications.formats.teams import write_teams
from promoter_view.notifications.links import Links
from tests.notifications.formats.attacks import GAP, hostile
from tests.support.journal.journals import commit, entry

LINKS = Links("https://promoter.example.com")
PAGE = "https://promoter.example.com/strategies/shop/search"


def card(*entries: JournalEntry, links: Links = LINKS) -> dict[str, Any]:
    """The card that is sent."""
    message = orjson.loads(write_teams(entries, links).body)
    assert message["type"] == "message"
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    found: dict[str, Any] = attachment["content"]
    return found


def texts(found: Any) -> Iterator[str]:
    """Those of all runs."""
    for block in found["body"]:
        assert block["type"] == "RichTextBlock"
        assert {each["type"] for each in block["inlines"]} == {"TextRun"}
        yield from (each["text"] for each in block["inlines"])


def test_one() -> None:
    """What happened, below it the commit, and buttons for the page and the commit."""
    told = entry(1)
    told = replace(
        told, happening=replace(told.happening, commit=replace(commit("a"), url="https://git.example.com/a"))
    )
    found = card(told)
    assert list(texts(found)) == ["shop/search", " env/dev promoted aaaaaaa", "change a", "by Ann"]
    assert found["actions"] == [
        {"type": "Action.OpenUrl", "url": PAGE, "title": "Open"},
        {"type": "Action.OpenUrl", "url": "https://git.example.com/a", "title": "aaaaaaa"},
    ]


def test_bad() -> None:
    """What is bad stands out; without the dashboard's address there are no buttons."""
    found = card(replace(entry(1), happening=Happening(EventType.STATE, after="Failed")), links=Links())
    assert found["body"][0]["inlines"][0]["color"] == "Attention"
    assert "actions" not in found


def test_many() -> None:
    """A digest has a heading, a link for each object, and says how many more there are."""
    found = card(*(entry(number) for number in range(1, 41)))
    told = list(texts(found))
    assert told[0] == "40 events"
    assert told[-1] == "and 20 events more"
    assert found["body"][1]["inlines"][0]["selectAction"] == {"type": "Action.OpenUrl", "url": PAGE}
    assert found["actions"][0]["url"] == "https://promoter.example.com/journal"


def test_large() -> None:
    """Where many have long texts, fewer are shown: Teams takes no more."""
    told = entry(1)
    long = replace(
        told, happening=replace(told.happening, message="\N{AUTOMOBILE}" * 300, environment="\N{AUTOMOBILE}" * 300)
    )
    message = write_teams([long] * 40, LINKS)
    assert len(message.body) < 24 * 1024
    assert b"events more" in message.body


@given(st.lists(hostile() | st.just(GAP), min_size=1, max_size=3))
def test_attacks(entries: list[JournalEntry]) -> None:
    """Nobody's words are anything but the text of a run; links are of the web, or the dashboard's."""
    found = card(*entries)
    assert all(each.isprintable() and len(each) <= 700 for each in texts(found))
    assert set(found) <= {"$schema", "type", "version", "body", "actions"}
    for action in found.get("actions", ()):
        assert action["type"] == "Action.OpenUrl"
        assert action["url"].startswith(("https://", "http://"))
