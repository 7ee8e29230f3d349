"""The journal in a PostgreSQL database, which one process writes at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.postgresql import work
from promoter_view.journal.postgresql.address import DatabaseAddress
from promoter_view.journal.postgresql.following import PostgresFollowing
from promoter_view.journal.postgresql.schema import prepare
from promoter_view.journal.postgresql.session import Session
from promoter_view.journal.shared.copy import JournalCopy
from promoter_view.journal.shared.store import OVERTAKEN, CopiedJournal
from promoter_view.journal.store import Batch, JournalBusyError, Retention
from promoter_view.runtime import Runtime


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """``address``: which database. ``writer``: how this process is called there.

    ``term`` is greater in each time in which a process leads, 0 while this one does not; ``cluster`` is whose journal
    it is.
    """

    address: DatabaseAddress
    writer: str
    term: Callable[[], int]
    cluster: Callable[[], str]


class PostgresJournal(CopiedJournal):
    """In the tables of one schema. One connection writes, another one reads what anybody has written."""

    def __init__(self, place: DatabasePlace, copy: JournalCopy, *, runtime: Runtime) -> None:
        self._place = place
        self._schema = place.address.schema
        self._writing = Session(place.address, "writes", self._prepare, reactor=runtime.reactor)
        self._reading = Session(place.address, "reads", self._begin_reading, reactor=runtime.reactor)
        self._following = PostgresFollowing(self._reading, self._schema, copy, cluster=place.cluster, runtime=runtime)
        super().__init__(copy, self._following)

    def _prepare(self, connection: Any) -> None:
        prepare(connection, self._schema)

    def _begin_reading(self, connection: Any) -> None:
        prepare(connection, self._schema)
        work.listen(connection, self._schema, self._following.told)

    async def _refresh(self) -> None:
        await self._following.reach()

    async def _append(self, batch: Batch) -> Sequence[JournalEntry]:
        claim, tail = self._claim(), self._following.tail
        entries, rows = await self._copy.derive(batch, work.rows_of)
        if tail.head.wants(batch, entries):
            write = partial(
                work.append,
                schema=self._schema,
                claim=claim,
                revision=tail.revision,
                batch=batch,
                rows=rows,
            )
            await self._writing.run(write)
            await self._following.reach()
        return entries

    async def _prune(self, retention: Retention, now: datetime) -> int:
        prune = partial(work.prune, schema=self._schema, claim=self._claim(), retention=retention, now=now)
        count = await self._writing.run(prune)
        if count:
            await self._following.reach()
        return count

    async def _end(self) -> None:
        await self._writing.close()
        await self._reading.close()

    def _claim(self) -> work.WriteClaim:
        """Errors: JournalBusyError, where this process does not lead."""
        term = self._place.term()
        if not term:
            raise JournalBusyError(OVERTAKEN)
        return work.WriteClaim(self._place.writer, self._place.cluster(), term)
