"""``promoter-view journal export``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from promoter_view.command.answers.journal_etcd import export
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.exports import HEADING, csv_line, json_line
from promoter_view.command.telling.output import Output, now
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd.resting import place_of
from promoter_view.journal.postgresql import resting as postgresql
from promoter_view.journal.postgresql.address import DatabaseAddress
from promoter_view.journal.postgresql.resting import address_of
from promoter_view.journal.sqlite.resting import entries, opened, resting_file
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.moments import parse_moment


def run(place: str, since: str | None, until: str | None, form: str, **etcd: str | None) -> None:
    """Prints the entries of that time, the oldest first."""
    query = JournalQuery(since=_moment("--since", since), until=_moment("--until", until))
    try:
        kept, database = place_of(place), address_of(place)
        path = resting_file(place) if kept is None and database is None else None
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    printing = _Printing(form)
    try:
        if kept is not None:
            printing.begin()
            export(kept, etcd, query, printing.page)
        elif database is not None:
            _of_database(database, query, printing)
        elif path is not None:
            _of_file(path, query, printing)
    except JournalError as error:
        raise CommandError(Exit.FAILED, str(error)) from error


class _Printing:
    """Prints entries in one form, behind its heading."""

    def __init__(self, form: str) -> None:
        self._out = Output()
        self._is_csv = form == "csv"

    def begin(self) -> None:
        self._out.lines([HEADING] if self._is_csv else [])

    def page(self, entries: Sequence[JournalEntry]) -> None:
        line = csv_line if self._is_csv else json_line
        self._out.lines([line(entry) for entry in entries])


def _of_file(path: Path, query: JournalQuery, printing: _Printing) -> None:
    with opened(path) as connection:
        printing.begin()
        for page in entries(connection, query):
            printing.page(page)


def _of_database(address: DatabaseAddress, query: JournalQuery, printing: _Printing) -> None:
    with postgresql.opened(address) as connection:
        printing.begin()
        for page in postgresql.entries(connection, address.schema, query):
            printing.page(page)


def _moment(option: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_moment(text, now())
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}", click.get_current_context()) from error
