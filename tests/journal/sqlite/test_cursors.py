"""How far others have come is kept in the journal's file, and tells nothing else."""

from __future__ import annotations

import sqlite3

from promoter_view.journal.entries import LAST, EntryIdentity
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.schema import migrate
from promoter_view.journal.store import Batch
from tests.support.journal.journals import entry


def test_what_is_kept_is_there() -> None:
    """By name, as it was kept last; progress and what was deleted are as they were."""
    cursor = sqlite3.connect(":memory:").cursor()
    migrate(cursor.connection, "in memory")
    work.append(cursor, Batch(3, [entry(1), entry(3)]))
    before = work.state(cursor)
    work.keep_cursors(cursor, {"chat": EntryIdentity(1, 0), "mail": EntryIdentity(3, LAST)})
    work.keep_cursors(cursor, {"chat": EntryIdentity(3, 0)})
    assert work.cursors(cursor) == {"chat": (3, 0), "mail": (3, LAST)}
    work.keep_cursors(cursor, {"chat": None, "nobody": None})
    assert work.cursors(cursor) == {"mail": (3, LAST)}
    assert "cursor" not in " ".join(name for name in work.facts(cursor) if "mail" not in name)
    assert work.state(cursor)._replace(bytes=0) == before._replace(bytes=0)
