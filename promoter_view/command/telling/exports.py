"""Entries of the journal as lines for files: JSON documents, and CSV. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from promoter_view.command.telling.documents import escaped
from promoter_view.command.telling.tables import plain
from promoter_view.csv_rows import csv_row
from promoter_view.decoded import mapping
from promoter_view.journal.entries import JournalEntry

#: Fields of the document, by their paths.
_COLUMNS = (
    "resourceVersion", "item", "time", "view", "namespace", "name", "uid", "environment", "event", "before", "after",
    "commit.sha", "commit.hydratedSha", "commit.source", "commit.subject", "commit.author", "commit.url", "commit.time",
    "pullRequest.id", "pullRequest.url", "pullRequest.state", "check.key", "check.phase", "check.message", "check.url",
    "seconds.leadTime", "seconds.hop", "cause.kind", "cause.name", "message", "by", "backfilled",
)  # fmt: skip
#: What a spreadsheet would take for a formula.
_FORMULAS = ("=", "+", "-", "@")


def json_line(entry: JournalEntry) -> str:
    """The document, as docs/journal.md has it."""
    return escaped(orjson.dumps(entry.document()).decode())


def csv_line(entry: JournalEntry) -> str:
    """A cell for each column. Words of others stand on one line, and an apostrophe before what would be a formula."""
    return csv_row(csv_cells(entry.document(), _COLUMNS))


def csv_cells(document: Any, columns: Sequence[str]) -> list[str]:
    """What stands in a document at those paths, such as ``commit.sha``; "" where there is nothing."""
    return [_cell(document, column.split(".")) for column in columns]


def _cell(document: Any, path: list[str]) -> str:
    found = mapping(document, *path[:-1]).get(path[-1], "")
    if isinstance(found, bool):
        return str(found).lower()
    words = plain(" ".join(map(str, found)) if isinstance(found, list) else str(found))
    return f"'{words}" if words.startswith(_FORMULAS) else words


HEADING = csv_row(_COLUMNS)
