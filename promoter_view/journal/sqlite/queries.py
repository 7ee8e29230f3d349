"""Queries of the journal as SQL. Pure: the text and its values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from promoter_view.journal.store import JournalQuery

#: Behind every string that begins with a sha: hexadecimal digits end with f.
_BEYOND = "g"


def select(query: JournalQuery) -> tuple[str, list[Any]]:
    """The bodies of the entries that are asked for."""
    conditions, values = [], list[Any]()
    for condition, *given in _conditions(query):
        conditions.append(condition)
        values += given
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if query.newest_first else "ASC"
    text = f"SELECT body FROM entries{where} ORDER BY resource_version {order}, item {order} LIMIT ?"  # noqa: S608
    return text, [*values, query.limit]


def milliseconds(time: datetime) -> int:
    """Since 1970."""
    return int(time.timestamp() * 1000)


def _conditions(query: JournalQuery) -> Iterator[tuple[Any, ...]]:
    yield "(resource_version, item) > (?, ?)", *query.after
    if query.before is not None:
        yield "(resource_version, item) < (?, ?)", *query.before
    for column in ("view", "namespace", "name", "environment", "uid"):
        value = getattr(query, column)
        if value:
            yield f"{column} = ?", value
    if query.events:
        yield f"event IN ({', '.join('?' * len(query.events))})", *sorted(query.events)
    if query.since is not None:
        yield "time_ms >= ?", milliseconds(query.since)
    if query.until is not None:
        yield "time_ms < ?", milliseconds(query.until)
    if query.commit:
        sha = query.commit.lower()
        found = "SELECT resource_version, item FROM commits WHERE sha >= ? AND sha < ?"
        yield f"(resource_version, item) IN ({found})", sha, sha + _BEYOND
