"""What is asked of /journal, read: forms, filters, moments and places; and what is refused, with the nearest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter_view.dashboard.journal.requests import (
    JournalForm,
    JournalRequest,
    is_followed,
    read_request,
    wanted_form,
)
from promoter_view.journal.entries import BEGINNING, LAST, EntryIdentity, EventType
from promoter_view.web.errors import BadRequest
from promoter_view.web.parameters import parameters_of

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)


def read(query: str, accept: str | None = None, last: str | None = None) -> JournalRequest:
    return read_request(parameters_of(f"/journal?{query}".encode()), NOW, accept=accept, last_event_id=last)


@pytest.mark.parametrize(
    ("query", "accept", "form"),
    [
        ("", None, JournalForm.PAGE),
        ("", "*/*", JournalForm.PAGE),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", JournalForm.PAGE),
        ("", "application/x-ndjson", JournalForm.LINES),
        ("", "text/event-stream", JournalForm.EVENTS),
        ("", "application/atom+xml, text/html;q=0.5", JournalForm.FEED),
        ("format=atom", "text/html", JournalForm.FEED),
        ("format=nonsense", "text/html", None),
    ],
)
def test_forms(query: str, accept: str | None, form: JournalForm | None) -> None:
    """The parameter wins, then what is wanted most; who does not say gets a page."""
    assert wanted_form(parameters_of(f"/journal?{query}".encode()), accept) is form


def test_what_goes_on() -> None:
    """Events always do, lines where watch is given."""
    asked = {"format=sse": True, "format=ndjson&watch=1": True, "format=ndjson": False, "watch=1": False}
    for query, follows in asked.items():
        assert is_followed(parameters_of(f"/journal?{query}".encode()), None) is follows


def test_filters() -> None:
    """Several events by comma; a short sha; moments in both ways; the rest as it stands."""
    asked = read(
        "event=promoted,failed&namespace=shop&name=search&environment=env/dev&commit=ABCDEF1&since=-2h&limit=7"
    )
    query = asked.query
    assert query.events == {EventType.PROMOTED, EventType.FAILED}
    assert (query.namespace, query.name, query.environment) == ("shop", "search", "env/dev")
    assert (query.commit, query.since, query.limit) == ("abcdef1", NOW - timedelta(hours=2), 7)
    assert asked.given["commit"] == "ABCDEF1"
    assert read("until=2026-11-30T09:30Z").query.until == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


def test_order_and_the_next_page() -> None:
    """A page is newest first and goes on in front of an entry; lines are oldest first and go on behind one."""
    page, lines = read("continue=5-1"), read("format=ndjson&continue=5-1")
    assert (page.query.newest_first, page.query.before, page.query.limit) == (True, EntryIdentity(5, 1), 100)
    assert (lines.query.newest_first, lines.query.after, lines.query.limit) == (False, EntryIdentity(5, 1), 10_000)
    assert read("format=ndjson&since=9-0&continue=5-1").query.after == EntryIdentity(9, 0)


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        ("", False),
        ("since=5-1", True),
        ("since=5-1&continue=9-0", True),
        ("since=5&format=atom", True),
        ("continue=5-1", False),
        ("since=-2h&continue=5-1", False),
        ("format=ndjson", False),
        ("format=ndjson&since=-2h", False),
        ("format=ndjson&since=5-1", True),
        ("format=ndjson&since=5", True),
        ("format=ndjson&continue=5-1", True),
        ("format=ndjson&since=-2h&continue=5-1", True),
    ],
)
def test_who_reads_on_behind_an_entry_is_given_all(query: str, whole: bool) -> None:
    """Nothing of it may be left out. Who reads back to the beginning gets what there is."""
    assert read(query).query.whole is whole


def test_where_who_follows_begins() -> None:
    """Behind an entry, behind a whole resourceVersion, at a moment, or now; Last-Event-ID wins."""
    assert read("format=sse").begin is None
    assert read("format=sse&since=5-1").begin == EntryIdentity(5, 1)
    assert read("format=ndjson&watch=1&since=5").begin == EntryIdentity(5, LAST)
    at = read("format=ndjson&watch=1&since=-1h")
    assert (at.begin, at.query.since) == (None, NOW - timedelta(hours=1))
    resumed = read("format=sse&since=-1h", last="7-2")
    assert (resumed.begin, resumed.query.since) == (EntryIdentity(7, 2), None)
    assert read("format=sse&lastEventId=7-2").begin == EntryIdentity(7, 2)
    assert read("format=sse", last="of another").begin == BEGINNING
    assert read("format=ndjson&watch=1", last="7-2").begin is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("evnt=promoted", "did you mean 'event'?"),
        ("event=promotd", "did you mean 'promoted'?"),
        ("format=jsonl", "unknown format 'jsonl'; did you mean 'ndjson'?"),
        ("event=promoted&event=failed", "separate its values by commas"),
        ("commit=abc", "commit: 'abc' is not a sha: give 7 to 64"),
        ("commit=nothexatall", "not a sha"),
        ("since=yesterday", "since: invalid time 'yesterday'"),
        ("since=yesterday", "or an entry (RV-ITEM)"),
        ("until=5-1", "until: invalid time"),
        ("since=9999999999999999999-0", "since: invalid time"),
        ("limit=0", "limit: '0' is not a number from 1 to 10000"),
        ("limit=10001", "not a number from 1"),
        ("limit=%C2%B2", "not a number from 1"),
        ("continue=x", "continue: 'x' is not an entry"),
        (f"name={'x' * 254}", "name: longer than 253"),
        ("format=ndjson&watch=yes", "watch: 'yes' is neither 1 nor 0"),
        ("format=atom&watch=1", "watch: format 'atom' cannot be watched"),
        ("format=sse&limit=5", "limit: a watch has no end"),
        ("format=ndjson&watch=1&until=-1h", "until: a watch has no end"),
    ],
)
def test_what_is_refused(query: str, message: str) -> None:
    """With what was wrong."""
    with pytest.raises(BadRequest) as refused:
        read(query)
    assert message in str(refused.value)
