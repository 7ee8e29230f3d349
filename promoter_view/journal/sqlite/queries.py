"""Queries of the journal as SQL. Pure: the text and its values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from promoter_view.journal.entries import EventType
from promoter_view.journal.store import JournalQuery

#: Behind every string that begins with a sha: hexadecimal digits end with f.
_BEYOND = "g"


def select(query: JournalQuery, branch: str = "") -> tuple[str, list[Any]]:
    """The entries that are asked for, each with its body last. ``branch``: only of that whole one, "" for any.

    Of a branch, or of all objects, entries are found by event: those of each event are in order, and merged.
    """
    order, arms, values = "DESC" if query.newest_first else "ASC", [], list[Any]()
    for asked in _arms(query, branch):
        conditions = list(_conditions(asked, branch))
        where = " AND ".join(condition for condition, *_ in conditions)
        arms.append(f"SELECT resource_version, item, body FROM entries WHERE {where}")  # noqa: S608
        values += [value for _, *given in conditions for value in given]
    text = f"{' UNION ALL '.join(arms)} ORDER BY resource_version {order}, item {order} LIMIT ?"
    return text, [*values, query.limit]


def is_by_branch(query: JournalQuery) -> bool:
    """Whether entries are best found by the whole branches that are asked for: nothing else finds fewer."""
    return bool(query.environment) and not (query.commit or query.namespace or query.name)


def _arms(query: JournalQuery, branch: str) -> Iterable[JournalQuery]:
    if query.commit or query.namespace or query.name or not (query.events or branch):
        return (query,)
    return (replace(query, events=frozenset((event,))) for event in sorted(query.events or EventType))


def milliseconds(time: datetime) -> int:
    """Since 1970."""
    return int(time.timestamp() * 1000)


def _conditions(query: JournalQuery, branch: str) -> Iterator[tuple[Any, ...]]:
    yield "(resource_version, item) > (?, ?)", *query.after
    if query.before is not None:
        yield "(resource_version, item) < (?, ?)", *query.before
    by_object = bool(query.namespace or query.name)
    # With a sign in front of it, a column is no way to the entries: one that finds fewer is there.
    sign = "+" if query.commit else ""
    signs = {"view": "+" if by_object or branch or query.events else sign}
    if branch:
        yield "environment = ?", branch
    elif query.environment:
        ending = f"/{query.environment}"
        yield "(+environment = ? OR substr(environment, ?) = ?)", query.environment, -len(ending), ending
    for column in ("view", "namespace", "name", "uid"):
        value = getattr(query, column)
        if value:
            yield f"{signs.get(column) or sign}{column} = ?", value
    if query.events:
        yield f"{sign or '+' * by_object}event IN ({', '.join('?' * len(query.events))})", *sorted(query.events)
    if query.since is not None:
        yield "+time_ms >= ?", milliseconds(query.since)
    if query.until is not None:
        yield "+time_ms < ?", milliseconds(query.until)
    if query.commit:
        sha = query.commit.lower()
        found = "SELECT resource_version, item FROM commits WHERE sha >= ? AND sha < ?"
        yield f"(resource_version, item) IN ({found})", sha, sha + _BEYOND
