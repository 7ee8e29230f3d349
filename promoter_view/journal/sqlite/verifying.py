"""Whether a journal's file is whole: what is checked of it, and what was found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from promoter_view.journal.entries import BEGINNING, EntryIdentity, JournalEntry, read_entry
from promoter_view.journal.sqlite import work
from promoter_view.journal.sqlite.schema import VERSION
from promoter_view.journal.store import JournalState

_WELL = "ok"
_ROWS = "SELECT * FROM entries ORDER BY resource_version, item"
_SHAS = "SELECT sha FROM commits WHERE resource_version = ? AND item = ?"
_STRAYS = (
    "SELECT count(*) FROM commits WHERE NOT EXISTS (SELECT 1 FROM entries WHERE "
    "entries.resource_version = commits.resource_version AND entries.item = commits.item)"
)


class JournalCheck(NamedTuple):
    """What was checked, what was found, and whether that is as it should be."""

    subject: str
    found: str
    is_well: bool


def verify(connection: sqlite3.Connection) -> Iterator[JournalCheck]:
    """Reads all of it, as of one moment. Errors: sqlite3.Error, where it cannot be read."""
    yield JournalCheck("tables", f"version {VERSION}", True)
    connection.execute("BEGIN")
    yield _file(connection)
    state = work.state(connection.cursor())
    reading = _Reading()
    reading.read(connection)
    yield from reading.checks(state)
    yield _commits(connection, reading)
    yield _progress(state)


def _file(connection: sqlite3.Connection) -> JournalCheck:
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    is_well = found == _WELL
    return JournalCheck("file", "SQLite finds no damage" if is_well else " ".join(found.split()), is_well)


@dataclass(slots=True)
class _Wrong:
    """How many entries are wrong in one way, and which was the first."""

    count: int = 0
    first: str = ""

    def add(self, identity: EntryIdentity) -> None:
        self.first = self.first or identity.name
        self.count += 1

    def told(self, what: str) -> str:
        return f"{what}: {self.count}, the first is {self.first}"


@dataclass(slots=True)
class _Reading:
    """What is found while all rows are read in their order."""

    unreadable: _Wrong = field(default_factory=_Wrong)
    unlike: _Wrong = field(default_factory=_Wrong)
    unordered: _Wrong = field(default_factory=_Wrong)
    unmarked: _Wrong = field(default_factory=_Wrong)
    unfound: _Wrong = field(default_factory=_Wrong)
    shas: int = 0
    _last: JournalEntry | None = None
    _identity: EntryIdentity = BEGINNING

    def read(self, connection: sqlite3.Connection) -> None:
        for row in connection.execute(_ROWS):
            identity = EntryIdentity(*row[:2])
            if identity <= self._identity:
                self.unordered.add(identity)
            self._identity = identity
            self._mark(identity)
            self._last = self._entry(identity, row)
            if self._last is not None:
                self._find(connection, self._last)
        self._mark(BEGINNING)

    def _entry(self, identity: EntryIdentity, row: tuple[Any, ...]) -> JournalEntry | None:
        try:
            entry = read_entry(row[-1])
        except (TypeError, ValueError):
            self.unreadable.add(identity)
            return None
        if work.row_of(entry)[:-1] != row[:-1]:
            self.unlike.add(identity)
        return entry

    def _mark(self, following: EntryIdentity) -> None:
        """Whether the last one knows that another one of its resourceVersion follows, or that none does."""
        last = self._last
        if last is not None and last.has_more is not (last.identity.resource_version == following.resource_version):
            self.unmarked.add(last.identity)

    def _find(self, connection: sqlite3.Connection, entry: JournalEntry) -> None:
        wanted = {sha.lower() for sha in entry.shas}
        self.shas += len(wanted)
        if {sha for (sha,) in connection.execute(_SHAS, entry.identity)} != wanted:
            self.unfound.add(entry.identity)

    def checks(self, state: JournalState) -> Iterator[JournalCheck]:
        """Of the entries and their identities."""
        since = f", the oldest is of {state.oldest_time:%Y-%m-%dT%H:%M:%SZ}" if state.oldest_time is not None else ""
        wrong = [
            each.told(what)
            for each, what in ((self.unreadable, "not readable"), (self.unlike, "under columns that are not theirs"))
            if each.count
        ]
        yield JournalCheck("entries", "; ".join([f"{state.entries}{since}", *wrong]), not wrong)
        wrong = [
            each.told(what)
            for each, what in (
                (self.unordered, "out of order, or twice"),
                (self.unmarked, "wrong about whether another one of their resourceVersion follows"),
            )
            if each.count
        ]
        yield JournalCheck("identities", "; ".join(wrong) or "in order, each once", not wrong)


def _commits(connection: sqlite3.Connection, reading: _Reading) -> JournalCheck:
    (strays,) = connection.execute(_STRAYS).fetchone()
    wrong = [reading.unfound.told("entries not found by their commits")] if reading.unfound.count else []
    wrong += [f"rows of no entry: {strays}"] if strays else []
    return JournalCheck("commits", "; ".join(wrong) or f"{reading.shas} rows, all that there should be", not wrong)


def _progress(state: JournalState) -> JournalCheck:
    newest, expired = state.newest.resource_version, state.expired
    if state.entries and state.progress < newest:
        return JournalCheck("progress", f"{state.progress} is before the newest entry, {state.newest.name}", False)
    if state.entries and expired >= state.oldest:
        return JournalCheck(
            "progress", f"entries up to {expired.name} were deleted, but {state.oldest.name} is there", False
        )
    return JournalCheck("progress", f"changes up to resourceVersion {state.progress} are in it", True)
