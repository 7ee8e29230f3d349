"""What a copy in memory recalls of the journal."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from promoter_view.journal.entries import EventType
from promoter_view.journal.shared.recollection import Recollection
from tests.support.journal.suite import checked


def test_of_a_check_the_last_that_was_told_counts() -> None:
    """Also where one change tells both, in either order; what the journal deleted is forgotten."""
    with closing(sqlite3.connect(":memory:")) as connection:
        recollection = Recollection(connection.cursor())
        recollection.make()
        found: list[bool] = []
        for version, item, event in (
            (5, 0, EventType.RECOVERED),
            (5, 1, EventType.FAILED),
            (9, 0, EventType.FAILED),
            (9, 1, EventType.RECOVERED),
            (9, 2, EventType.FAILED),
        ):
            recollection.note(checked(version, item, event))
            found.append(recollection.has_failed("uid-search", "env/dev", "qa"))
        assert found == [False, True, True, False, True]
        recollection.forget(10)
        assert not recollection.has_failed("uid-search", "env/dev", "qa")
