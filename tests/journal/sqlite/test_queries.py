"""Queries of the journal as SQL; what they find, the suite of stores says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from promoter_view.journal.entries import EntryIdentity, EventType
from promoter_view.journal.sqlite.queries import is_by_branch, milliseconds, select
from promoter_view.journal.store import JournalQuery

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_nothing_asked() -> None:
    """All, in order, up to the limit."""
    text, values = select(JournalQuery(limit=3))
    assert text == (
        "SELECT resource_version, item, body FROM entries WHERE (resource_version, item) > (?, ?) "
        "ORDER BY resource_version ASC, item ASC LIMIT ?"
    )
    assert values == [0, -1, 3]


def test_a_few_events() -> None:
    """Those of each are in order, and merged."""
    text, values = select(JournalQuery(events=frozenset((EventType.OPENED, EventType.FAILED)), limit=3))
    arm = "SELECT resource_version, item, body FROM entries WHERE (resource_version, item) > (?, ?) AND event IN (?)"
    assert text == f"{arm} UNION ALL {arm} ORDER BY resource_version ASC, item ASC LIMIT ?"
    assert values == [0, -1, "failed", 0, -1, "opened", 3]


def test_a_branch() -> None:
    """A whole one is found by the index on branches and events; of one that may be short each entry is looked at."""
    asked = JournalQuery(environment="prod", limit=3)
    text, values = select(asked, "env/prod")
    assert text.count("environment = ? AND event IN (?)") == len(EventType)
    assert values[:4] == [0, -1, "env/prod", "approved"]
    text, values = select(asked)
    assert (text.count("UNION"), values) == (0, [0, -1, "prod", -5, "/prod", 3])
    assert is_by_branch(asked)
    assert not is_by_branch(replace(asked, namespace="shop"))
    assert not is_by_branch(JournalQuery())


def test_everything_asked() -> None:
    """No value stands in the text, and each has its place."""
    query = JournalQuery(
        events=frozenset((EventType.OPENED, EventType.FAILED)),
        view="view",
        namespace="namespace",
        name="'; DROP TABLE entries",
        environment="environment",
        commit="ABCDEF1",
        uid="uid",
        since=NOON,
        until=NOON,
        after=EntryIdentity(1, 2),
        before=EntryIdentity(3, 4),
        newest_first=True,
    )
    text, values = select(query)
    assert "DROP" not in text
    assert text.endswith("ORDER BY resource_version DESC, item DESC LIMIT ?")
    assert text.count("?") == len(values)
    branch, named = ["environment", -12, "/environment"], ["view", "namespace", "'; DROP TABLE entries", "uid"]
    moments = [milliseconds(NOON)] * 2
    assert values == [1, 2, 3, 4, *branch, *named, "failed", "opened", *moments, "abcdef1", "abcdef1g", 500]
