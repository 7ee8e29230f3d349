"""Where the entries of a time end is looked for once a question."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.edges import Edges
from promoter_view.journal.sqlite.schema import migrate
from promoter_view.journal.store import Batch, JournalQuery, Retention
from tests.support.journal.journals import BEGAN, entry

UNTIL = JournalQuery(until=BEGAN + timedelta(minutes=50), limit=10)


@pytest.fixture
def cursor() -> Iterator[sqlite3.Cursor]:
    """A journal of a hundred entries, one a minute."""
    connection = sqlite3.connect(":memory:")
    migrate(connection, "in memory")
    found = connection.cursor()
    work.append(found, Batch(100, [entry(version) for version in range(1, 101)]))
    yield found
    connection.close()


def pages(cursor: sqlite3.Cursor, edges: Edges) -> list[int]:
    """All pages of UNTIL, as resourceVersions."""
    found, asked = list[int](), UNTIL
    while page := work.query(cursor, asked, edges):
        found += [each.identity.resource_version for each in page]
        asked = replace(asked, after=page[-1].identity)
    return found


def searches(cursor: sqlite3.Cursor) -> list[str]:
    """What is run from now on to find where a time ends."""
    found = list[str]()
    cursor.connection.set_trace_callback(lambda text: found.append(text) if "max(+" in text else None)
    return found


def test_once_for_all_pages(cursor: sqlite3.Cursor) -> None:
    """Five pages and one that is empty: one search."""
    found = searches(cursor)
    assert pages(cursor, Edges()) == list(range(1, 50))
    assert len(found) == 1


def test_what_is_new_is_looked_at_alone(cursor: sqlite3.Cursor) -> None:
    """Between two pages more is written, some of it of earlier times: nothing older is searched again."""
    edges = Edges()
    assert pages(cursor, edges) == list(range(1, 50))
    work.append(cursor, Batch(102, [entry(101), entry(102, minutes=3, letter="b")]))
    found = searches(cursor)
    assert pages(cursor, edges) == [*range(1, 50), 102]
    assert [text.split("WHERE ")[1][:8] for text in found] == ["(resourc"]


def test_tables_that_were_made_anew(cursor: sqlite3.Cursor) -> None:
    """A copy that is made again, or all of whose entries were deleted, is searched anew."""
    edges = Edges()
    assert len(pages(cursor, edges)) == 49
    while work.prune(cursor, Retention(60, 1 << 30), BEGAN + timedelta(days=1)):
        pass
    assert pages(cursor, edges) == []
    for table in ("entries", "commits", "facts"):
        cursor.execute(f"DELETE FROM {table}")
    work.append(cursor, Batch(40, [entry(version) for version in range(1, 41)]))
    work.append(cursor, Batch(90, [entry(90)]))
    assert pages(cursor, edges) == list(range(1, 41))


def test_few_moments_are_remembered(cursor: sqlite3.Cursor) -> None:
    """Whoever asks for many moments takes no more memory than who asks for a few."""
    edges = Edges()
    for minutes in range(1, 100):
        work.query(cursor, replace(UNTIL, until=BEGAN + timedelta(minutes=minutes)), edges)
    assert len(edges._known) == 64
