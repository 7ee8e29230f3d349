"""What is said of entries, in pages and in feeds: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

from promoter_view.dashboard.journal.atom import feed_pieces
from promoter_view.dashboard.journal.lines import line_pieces
from promoter_view.dashboard.journal.page import event_line
from promoter_view.journal.entries import EventCheck, EventRequest, EventType, Happening, JournalEntry
from promoter_view.journal.sentences import sentence
from promoter_view.records import BundleKey
from tests.support.journal.journals import BEGAN, entry

ATOM = "{http://www.w3.org/2005/Atom}"
NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
HOSTILE = "]]><script>alert(1)</script>&\x00\x1b[31m\u202egnp.exe\ud800\ufffe\n<!--"


def gap() -> JournalEntry:
    """From nine to ten."""
    happening = Happening(EventType.GAP, before="2026-11-21T09:00:00+00:00", after="2026-11-21T10:00:00+00:00")
    return replace(entry(3), key=BundleKey("", "", ""), uid="", happening=happening)


def told(**changed: object) -> JournalEntry:
    """An entry of which something is other than usual."""
    plain = entry(1)
    return replace(plain, happening=replace(plain.happening, **changed))  # type: ignore[arg-type]


def test_an_entry() -> None:
    """Its page, its look, shas in short, how long it took."""
    found = event_line(told(before="b" * 40, lead_seconds=7500, hop_seconds=61))
    assert (found.path, found.css, found.is_state) == ("strategies/shop/search", "promoted", False)
    assert (found.before, found.after) == ("bbbbbbb", "aaaaaaa")
    assert found.times == ["lead time 2h 5m", "hop 1m"]
    assert sentence(found.entry) == "shop/search env/dev: promoted bbbbbbb -> aaaaaaa change a by Ann"


def test_a_reason_is_apart_from_what_happened() -> None:
    """The message of an object is a sentence of its own."""
    health = told(
        event=EventType.HEALTH, commit=None, before="Healthy", after="Unknown", message="Promotion x is Errored"
    )
    assert sentence(health) == "shop/search env/dev: health Healthy -> Unknown: Promotion x is Errored"
    assert sentence(told(event=EventType.DELETED, commit=None, after="", message="why")).endswith(": deleted: why")


def test_looks() -> None:
    """Words that mean the same look the same."""
    looks = {event: event_line(told(event=event)).css for event in EventType if event is not EventType.GAP}
    assert looks[EventType.VERIFIED] == looks[EventType.PROMOTION_SUCCEEDED] == "passed"
    assert looks[EventType.PROMOTION_ERRORED] == looks[EventType.FAILED] == "failed"
    assert event_line(told(event=EventType.HEALTH)).is_state


def test_a_gap() -> None:
    """It is of no object, and says from when to when."""
    found = event_line(gap())
    assert (found.path, found.css) == ("", "gap")
    assert found.gap == (BEGAN, BEGAN.replace(hour=10))
    assert sentence(gap()).startswith("gap: no events are known from 2026-11-21T09:00:00")


def test_only_addresses_of_the_web_are_links() -> None:
    """What an object tells may be anything."""
    check, request = EventCheck("lint", "failure", url="javascript:alert(1)"), EventRequest("7", "https://git/x/7")
    found = event_line(told(check=check, request=request, message="why"))
    assert (found.check_url, found.request_url) == ("", "https://git/x/7")
    assert sentence(found.entry) == "shop/search env/dev: promoted aaaaaaa change a by Ann #7 lint: why"


def test_a_feed_of_hostile_words_is_xml() -> None:
    """Whatever a commit says: the feed parses, and has one entry for each, the words as words."""
    commit = entry(1).happening.commit
    assert commit is not None
    hostile = replace(
        told(commit=replace(commit, subject=HOSTILE, author=HOSTILE)), key=BundleKey("stagedetails", "a&b", '<"')
    )
    entries = [gap(), hostile, *(entry(number) for number in range(2, 70))]
    body = b"".join(feed_pieces(entries, "http://x/journal?name=%3C&format=atom", "http://x/", NOW))
    feed = ElementTree.fromstring(body)
    found = feed.findall(f"{ATOM}entry")
    assert len(found) == len(entries)
    assert "<script>alert(1)</script>&" in (found[1].findtext(f"{ATOM}title") or "")
    assert found[1].find(f"{ATOM}link").attrib["href"] == "http://x/stages/a%26b/%3C%22"  # type: ignore[union-attr]
    assert feed.findtext(f"{ATOM}updated") == found[0].findtext(f"{ATOM}updated")
    ids = {each.findtext(f"{ATOM}id") for each in found}
    assert f"urn:uuid:{hostile.identity.uid}" in ids
    for unfit in ("\x1b", "\u202e", "\ufffe"):
        assert unfit not in body.decode()


def test_an_empty_feed() -> None:
    """It is as new as now."""
    feed = ElementTree.fromstring(b"".join(feed_pieces([], "/journal?format=atom", "/", NOW)))
    assert feed.findtext(f"{ATOM}updated") == "2026-11-30T10:00:00.000Z"


def test_lines_come_some_at_a_time() -> None:
    """So that no turn is long."""
    pieces = list(line_pieces([entry(number) for number in range(1, 251)]))
    assert [piece.count(b"\n") for piece in pieces] == [100, 100, 50]
