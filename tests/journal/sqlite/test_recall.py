"""What the entries of the tables tell of earlier ones."""

from __future__ import annotations

import sqlite3

import pytest

from promoter_view.journal.entries import EventType
from promoter_view.journal.sqlite import recall, work
from promoter_view.journal.sqlite.schema import migrate
from promoter_view.journal.store import Batch
from tests.support.journal.suite import checked


def test_failures_before_many_others_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check is looked for in the newest entries of its environment's checks, and no further."""
    monkeypatch.setattr(recall, "_MOST_OF_CHECKS", 3)
    cursor = sqlite3.connect(":memory:").cursor()
    migrate(cursor.connection, "in memory")
    work.append(cursor, Batch(4, [checked(version, key=f"qa-{version}") for version in range(1, 5)]))
    work.append(cursor, Batch(5, [checked(5, event=EventType.RECOVERED, key="qa-4")]))
    found = recall.EntryRecall(cursor)
    assert [found.has_failed("uid-search", "env/dev", f"qa-{each}") for each in range(1, 6)] == [
        False,
        False,
        True,
        False,
        False,
    ]
    plan = cursor.execute(f"EXPLAIN QUERY PLAN {recall._OF_CHECKS}", (b"", "", "", 3)).fetchall()
    assert "TEMP B-TREE" not in str(plan)
