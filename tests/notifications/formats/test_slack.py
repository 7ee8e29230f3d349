"""Entries in Slack: blocks that nobody's words can change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.journal.entries import EventCheck, EventRequest, EventType, Happening, JournalEntry
from promoter_view.notifications.formats.slack import write_slack
from promoter_view.notifications.links import Links
from tests.notifications.formats.attacks import GAP, hostile
from tests.support.journal.journals import commit, entry

LINKS = Links("https://promoter.example.com")
LINK = re.compile(r"<(https?://[^<>|\s]+)\|([^<>]+)>")


def blocks(*entries: JournalEntry, links: Links = LINKS) -> list[dict[str, Any]]:
    """What Slack is sent."""
    found: list[dict[str, Any]] = orjson.loads(write_slack(entries, links).body)["blocks"]
    return found


def marked(found: Any) -> Iterator[str]:
    """The texts that Slack reads as mrkdwn."""
    for block in found:
        for each in (block.get("text"), *block.get("elements", ())):
            if each is not None and each["type"] == "mrkdwn":
                assert each["verbatim"]
                yield each["text"]


def test_one() -> None:
    """What happened with the page, and below it the commit."""
    told = entry(1)
    told = replace(told, happening=replace(told.happening, before="b" * 40, lead_seconds=3720))
    message = orjson.loads(write_slack([told], LINKS).body)
    assert message["text"] == "shop/search env/dev: promoted bbbbbbb -&gt; aaaaaaa"
    section, context = message["blocks"]
    page = "https://promoter.example.com/strategies/shop/search"
    words = f":large_blue_circle: *<{page}|shop/search>* env/dev promoted bbbbbbb -&gt; aaaaaaa"
    assert section == {"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": True}}
    assert [each["text"] for each in context["elements"]] == ["change a", "by Ann", "lead time 1h2m"]


def test_links() -> None:
    """Commit, pull request and check are links, where they have addresses of the web."""
    happening = Happening(
        EventType.FAILED,
        commit=replace(commit("a"), url="https://git.example.com/a?x=1&y=2"),
        request=EventRequest("7", "https://git.example.com/pulls/7|x"),
        check=EventCheck("lint", "failure", "why", "javascript:alert(1)"),
    )
    section, context = blocks(replace(entry(1), happening=happening))
    assert section["text"]["text"].startswith(":red_circle:")
    assert context["elements"][2]["text"] == "lint failure: why"
    assert [each["text"] for each in context["elements"][-2:]] == [
        "<https://git.example.com/a?x=1&amp;y=2|aaaaaaa>",
        "<https://git.example.com/pulls/7%7Cx|#7>",
    ]


def test_long() -> None:
    """What is longer than Slack takes once it is escaped is plain text."""
    told = entry(1)
    long = replace(told, happening=replace(told.happening, environment="&" * 300, before="&" * 300))
    section, _ = blocks(replace(long, key=long.key._replace(name="&" * 300)))
    assert section["text"]["type"] == "plain_text"
    assert section["text"]["text"].startswith("shop/&&&")


def test_many() -> None:
    """A digest has a heading, as many entries as Slack takes, and says how many more there are."""
    found = blocks(*(entry(number) for number in range(1, 101)))
    assert len(found) == 50
    assert found[0]["text"]["text"] == "<https://promoter.example.com/journal|100 events>"
    assert found[-1]["text"]["text"] == "<https://promoter.example.com/journal|and 76 events more>"


def test_little() -> None:
    """An entry without details is one block; without the dashboard's address nothing is a link."""
    told = replace(entry(1), happening=Happening(EventType.CREATED))
    assert [each["text"]["text"] for each in blocks(told, links=Links())] == [
        ":large_blue_circle: *shop/search* created"
    ]
    assert "no events are known" in blocks(GAP)[0]["text"]["text"]


@given(st.lists(hostile(), min_size=1, max_size=3))
def test_attacks(entries: list[JournalEntry]) -> None:
    """Nobody's words call a channel, become a link of their own, or are more than Slack takes."""
    message = orjson.loads(write_slack(entries, LINKS).body)
    texts = [message["text"], *marked(message["blocks"])]
    for text in texts:
        assert len(text) <= 3000
        rest = LINK.sub("", text)
        assert "<" not in rest
        assert ">" not in rest
        assert not set("`~") & set(rest)
        assert rest.count("*") in (0, 2)
    for block in message["blocks"]:
        assert len(block.get("elements", ())) <= 10
        assert set(block) <= {"type", "text", "elements"}
