"""Entries whose every text is somebody's attack."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from promoter_view.journal.entries import (
    EventCause,
    EventCheck,
    EventCommit,
    EventRequest,
    EventType,
    Happening,
    JournalEntry,
)
from promoter_view.records import BundleKey
from tests.support.journal.journals import entry

#: Nobody knows what happened to anything.
GAP = replace(
    entry(2),
    key=BundleKey("", "", ""),
    uid="",
    happening=Happening(EventType.GAP, before="2026-11-21T09:00:00Z", after="2026-11-21T10:00:00Z"),
)
KNOWN = [
    '"}, {"type": "section"',
    "<!channel> <!here> <@U024BE7LH>",
    "<https://evil.example.com|here>",
    "&lt;!channel&gt;",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[here](https://evil.example.com) **bold** `code` ```",
    "fix\r\nX-Evil: 1\r\n\r\nbody",
    "a\0b\x1b[31m\u202e\u2028",
    "{{ 7*7 }} {% raw %} ${jndi:ldap://evil} ",
    "https://evil.example.com/|x>",
    "javascript:alert(1)",
    "x" * 5000,
    "👩‍🚀" * 500,
    "",
]
TEXTS = st.one_of(st.sampled_from(KNOWN), st.text(max_size=50))
URLS = st.one_of(TEXTS, TEXTS.map(lambda text: f"https://git.example.com/{text}"))
VIEWS = st.sampled_from(["promotionstrategydetails", "stagedetails"])


@st.composite
def hostile(draw: st.DrawFn) -> JournalEntry:
    """An entry of which all is anybody's, but for its identity, its time and that its view is one."""
    text, url = (lambda: draw(TEXTS)), (lambda: draw(URLS))
    happening = Happening(
        draw(st.sampled_from(EventType)),
        text(),
        text(),
        text(),
        EventCommit(text(), text(), (text(),), text(), text(), url()) if draw(st.booleans()) else None,
        EventRequest(text(), url(), text()) if draw(st.booleans()) else None,
        EventCheck(text(), text(), text(), url()) if draw(st.booleans()) else None,
        EventCause(text(), text()) if draw(st.booleans()) else None,
        text(),
        text(),
        lead_seconds=draw(st.none() | st.integers(0, 10**9)),
        hop_seconds=draw(st.none() | st.integers(0, 10**9)),
    )
    return replace(entry(1), key=BundleKey(draw(VIEWS), text(), text()), uid=text(), happening=happening)
