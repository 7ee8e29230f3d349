"""What stands in the file of a journal, read beside whoever writes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.sqlite import work
from promoter_view.journal.store import JournalQuery


def of_file(path: Path) -> Sequence[JournalEntry]:
    """All that stands in a journal, whoever writes it."""
    connection = sqlite3.connect(path)
    try:
        return work.query(connection.cursor(), JournalQuery(limit=1_000_000))
    finally:
        connection.close()
