"""``promoter-view journal verify``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from promoter_view.command.answers import journal_etcd
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.output import Output
from promoter_view.journal.etcd.resting import place_of
from promoter_view.journal.postgresql import resting as postgresql
from promoter_view.journal.postgresql.address import DatabaseAddress
from promoter_view.journal.postgresql.resting import address_of
from promoter_view.journal.sqlite.resting import opened, resting_file
from promoter_view.journal.sqlite.verifying import JournalCheck, verify
from promoter_view.journal.store import JournalError


def run(place: str, **etcd: str | None) -> None:
    """Prints a line for each thing that is checked."""
    try:
        kept, database = place_of(place), address_of(place)
        path = resting_file(place) if kept is None and database is None else None
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    try:
        if database is not None:
            checks = _of_database(database)
        else:
            checks = _of_file(path) if path is not None else iter(journal_etcd.verify(kept, etcd) if kept else ())
        damaged = list(_said(checks))
    except JournalError as error:
        raise CommandError(Exit.FAILED, str(error)) from error
    if damaged:
        shown = path or (place if database is None else database.shown)
        raise CommandError(Exit.FAILED, f"the journal {shown} is damaged: {', '.join(damaged)}")


def _of_file(path: Path) -> Iterator[JournalCheck]:
    with opened(path) as connection:
        yield from verify(connection)


def _of_database(address: DatabaseAddress) -> Iterator[JournalCheck]:
    with postgresql.opened(address) as connection:
        yield from postgresql.verify(connection, address.schema)


def _said(checks: Iterator[JournalCheck]) -> Iterator[str]:
    """Prints each; gives what is damaged."""
    out = Output()
    for each in checks:
        out.lines([f"{each.subject}: {each.found}"])
        if not each.is_well:
            yield each.subject
