"""Where a journal is kept: what ``--journal`` says, or beside the event log. Pure."""

from __future__ import annotations

from pathlib import Path

from promoter_view.log.file.folder import JOURNAL

_LOG_FOLDER = "file:"
#: Bytes that a journal in memory keeps.
MOST_IN_MEMORY = 64 * 1024 * 1024
IN_MEMORY, SQLITE = "memory:", "sqlite:"
EXPECTED = "expected sqlite:FILE, or memory:"


def parse_place(text: str) -> str:
    """A value of ``--journal``, checked. Errors: ValueError."""
    if text == IN_MEMORY or (text.startswith(SQLITE) and text != SQLITE):
        return text
    if text.startswith("postgresql:"):
        raise ValueError(f"a journal in PostgreSQL is not supported yet: {EXPECTED}")
    raise ValueError(f"{text!r} is no place for a journal: {EXPECTED}")


def journal_file(place: str | None, event_log: str) -> Path | None:
    """The file of the journal; None where it is in memory.

    ``place`` None: beside an event log in a folder. An event log in memory, or in an etcd, has no place beside it.
    """
    if place is not None:
        return None if place == IN_MEMORY else Path(place.removeprefix(SQLITE))
    return Path(event_log.removeprefix(_LOG_FOLDER)) / JOURNAL if event_log.startswith(_LOG_FOLDER) else None
