"""Where a journal is kept: what ``--journal`` says, or with the event log. Pure."""

from __future__ import annotations

from pathlib import Path

from promoter_view.journal.postgresql.address import is_database, parse_address
from promoter_view.log.file.folder import JOURNAL

_LOG_FOLDER = "file:"
_URLS = ("http://", "https://")
_MEBIBYTE = 1024 * 1024
#: Bytes that a journal in memory keeps, or a copy there.
MOST_IN_MEMORY = 64 * _MEBIBYTE
#: What a journal keeps that is not told: in an etcd, whose quota is the log's too, and elsewhere.
_MOST_IN_ETCD, _MOST = 128 * _MEBIBYTE, 1024 * _MEBIBYTE
IN_MEMORY, SQLITE, ETCD = "memory:", "sqlite:", "etcd:"
EXPECTED = "expected sqlite:FILE, memory:, postgresql://..., or, on an event log in an etcd, etcd: or etcd:FILE"


def parse_place(text: str) -> str:
    """A value of ``--journal``, checked. Errors: ValueError."""
    if is_database(text):
        parse_address(text)
        return text
    if text.startswith(ETCD) and text.removeprefix(ETCD).startswith(_URLS):
        raise ValueError("the journal's etcd is the event log's: expected etcd:, or etcd:FILE to keep the copy in FILE")
    if text in (IN_MEMORY, ETCD) or (text.startswith((SQLITE, ETCD)) and text != SQLITE):
        return text
    raise ValueError(f"{text!r} is no place for a journal: {EXPECTED}")


def is_shared(place: str | None, event_log: str) -> bool:
    """Whether the entries are keys of the event log's etcd. ``place`` None: where the event log is in one."""
    return (event_log if place is None else place).startswith(ETCD)


def journal_file(place: str | None, event_log: str) -> Path | None:
    """The file of the journal, or of the copy of a shared one; None where that is in memory.

    ``place`` None: beside an event log in a folder. An event log in memory, or in an etcd, has no place beside it.
    """
    if place is not None and is_database(place):
        return parse_address(place).copy
    if place is not None:
        file = place.removeprefix(SQLITE).removeprefix(ETCD)
        return None if place == IN_MEMORY or not file else Path(file)
    return Path(event_log.removeprefix(_LOG_FOLDER)) / JOURNAL if event_log.startswith(_LOG_FOLDER) else None


def most_bytes(chosen: int | None, place: str | None, event_log: str) -> int:
    """How large the journal there may become; ``chosen`` is None where nobody says."""
    if is_shared(place, event_log):
        return _MOST_IN_ETCD if chosen is None else chosen
    most = _MOST if chosen is None else chosen
    is_kept = (place is not None and is_database(place)) or journal_file(place, event_log) is not None
    return most if is_kept else min(most, MOST_IN_MEMORY)
