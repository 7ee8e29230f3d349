"""The journal that a command is given, in a file, an etcd or a database: read as of one moment, and not changed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
from twisted.internet.defer import Deferred

from promoter_view.command.asking.etcds import etcd_files, gateway
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd.resting import RestingEtcdJournal, place_of
from promoter_view.journal.postgresql import resting as postgresql
from promoter_view.journal.postgresql.address import DatabaseAddress
from promoter_view.journal.sqlite import resting as sqlite
from promoter_view.journal.sqlite.verifying import JournalCheck, verify
from promoter_view.journal.store import JournalQuery
from promoter_view.log.etcd.client.places import Place

_T = TypeVar("_T")
Say = Callable[[Sequence[JournalEntry]], None]


class RestingJournal(Protocol):
    """Errors of all: JournalError."""

    @property
    def shown(self) -> str:
        """Where it is, without a password."""

    def tell(self, query: JournalQuery, say: Say) -> None:
        """Pages of the entries of the query's times, the oldest first."""

    def verify(self) -> Iterable[JournalCheck]:
        """What is checked of it, one after the other."""


def journal_at(text: str, etcd: Mapping[str, str | None]) -> RestingJournal:
    """As ``--journal`` names it, or the event log that it is beside. ``etcd``: the options of one.

    Errors: click.UsageError.
    """
    try:
        place, address = place_of(text), postgresql.address_of(text)
        if place is not None:
            return _InEtcd(place, text, etcd)
        return _InFile(sqlite.resting_file(text)) if address is None else _InDatabase(address)
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error


class _InFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.shown = str(path)

    def tell(self, query: JournalQuery, say: Say) -> None:
        with sqlite.opened(self._path) as connection:
            for page in sqlite.entries(connection, query):
                say(page)

    def verify(self) -> Iterable[JournalCheck]:
        with sqlite.opened(self._path) as connection:
            yield from verify(connection)


class _InDatabase:
    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address
        self.shown = address.shown

    def tell(self, query: JournalQuery, say: Say) -> None:
        with postgresql.opened(self._address) as connection:
            for page in postgresql.entries(connection, self._address.schema, query):
                say(page)

    def verify(self) -> Iterable[JournalCheck]:
        with postgresql.opened(self._address) as connection:
            yield from postgresql.verify(connection, self._address.schema)


class _InEtcd:
    def __init__(self, place: Place, shown: str, etcd: Mapping[str, str | None]) -> None:
        self._place = place
        self._etcd = etcd
        self.shown = shown

    def tell(self, query: JournalQuery, say: Say) -> None:
        async def work(journal: RestingEtcdJournal) -> None:
            async for page in journal.entries(query):
                say(page)

        self._run(work)

    def verify(self) -> Iterable[JournalCheck]:
        return self._run(RestingEtcdJournal.verify)

    def _run(self, work: Callable[[RestingEtcdJournal], Coroutine[Deferred[Any], Any, _T]]) -> _T:
        return run_in_loop(partial(self._with_journal, work))

    async def _with_journal(
        self, work: Callable[[RestingEtcdJournal], Coroutine[Deferred[Any], Any, _T]], reactor: Any
    ) -> _T:
        journal = RestingEtcdJournal(gateway(self._place, etcd_files(self._etcd), reactor), self._place.prefix)
        try:
            return await work(journal)
        finally:
            await journal.close()
