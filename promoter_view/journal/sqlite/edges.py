"""Between which resourceVersions the entries of a time are: looked for once a question, and not once a page of it.

Times are nearly in the order of the journal: what objects told of their past is not.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

from promoter_view.journal.entries import BEGINNING, EntryIdentity
from promoter_view.journal.sqlite.queries import milliseconds
from promoter_view.journal.store import JournalQuery

#: Moments whose edge is remembered: those of the questions that are answered at a time.
_KEPT = 64


class _Known(NamedTuple):
    """``edge``: the last resourceVersion of an entry before the moment, as long as ``newest`` was the last entry."""

    newest: EntryIdentity
    edge: int | None


class Edges:
    """Of one table of entries; used by several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._lock = Lock()

    def within(self, cursor: Any, asked: JournalQuery) -> JournalQuery | None:
        """The same question, from the first to the last entry of its times; None where there are none."""
        since, until = asked.since, asked.until
        if since is not None and asked.after == BEGINNING and _is_any(cursor, "<", since):
            first = _first(cursor, since)
            if first is None:
                return None
            asked = replace(asked, after=EntryIdentity(first, -1))
        if until is not None and asked.before is None and _is_any(cursor, ">=", until):
            last = self._last(cursor, milliseconds(until))
            if last is None:
                return None
            asked = replace(asked, before=EntryIdentity(last + 1, -1))
        return asked

    def _last(self, cursor: Any, until: int) -> int | None:
        """The resourceVersion of the last entry before that moment: of those that are new since somebody asked."""
        with self._lock:
            known = self._known.get(until)
        newest = _newest(cursor)
        if known is not None and known.newest == newest:
            return known.edge
        if known is None or not _is_there(cursor, known.newest):
            edge = _edge(cursor, "time_ms < ?", until)
        else:
            newer = _edge(cursor, "(resource_version, item) > (?, ?) AND +time_ms < ?", *known.newest, until)
            edge = known.edge if newer is None else newer
        with self._lock:
            self._known[until] = _Known(newest, edge)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return edge


def _is_any(cursor: Any, side: str, time: datetime) -> bool:
    text = f"SELECT EXISTS (SELECT 1 FROM entries WHERE time_ms {side} ?)"  # noqa: S608
    return bool(cursor.execute(text, (milliseconds(time),)).fetchone()[0])


def _first(cursor: Any, since: datetime) -> int | None:
    """The sign keeps SQLite from looking at all entries, one by one, up to that one."""
    text = "SELECT min(+resource_version) FROM entries WHERE time_ms >= ?"
    (found,) = cursor.execute(text, (milliseconds(since),)).fetchone()
    return None if found is None else int(found)


def _edge(cursor: Any, where: str, *values: int) -> int | None:
    (found,) = cursor.execute(f"SELECT max(+resource_version) FROM entries WHERE {where}", values).fetchone()  # noqa: S608
    return None if found is None else int(found)


def _newest(cursor: Any) -> EntryIdentity:
    text = "SELECT resource_version, item FROM entries ORDER BY resource_version DESC, item DESC LIMIT 1"
    found = cursor.execute(text).fetchone()
    return BEGINNING if found is None else EntryIdentity(*found)


def _is_there(cursor: Any, identity: EntryIdentity) -> bool:
    """It is not where the tables were made anew: then others may be new as well."""
    text = "SELECT 1 FROM entries WHERE resource_version = ? AND item = ?"
    return cursor.execute(text, identity).fetchone() is not None
