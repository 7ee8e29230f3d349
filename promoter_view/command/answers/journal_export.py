"""``promoter-view journal export``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from promoter_view.command.answers.journals import journal_at
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.exports import HEADING, csv_line, json_line
from promoter_view.command.telling.output import Output, now
from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.moments import parse_moment


def run(place: str, since: str | None, until: str | None, form: str, **etcd: str | None) -> None:
    """Prints the entries of that time, the oldest first."""
    query = JournalQuery(since=_moment("--since", since), until=_moment("--until", until))
    journal, printing = journal_at(place, etcd), _Printing(form)
    try:
        journal.tell(query, printing.page)
    except JournalError as error:
        raise CommandError(Exit.FAILED, str(error)) from error
    printing.page(())


class _Printing:
    """Prints entries in one form, behind its heading."""

    def __init__(self, form: str) -> None:
        self._out = Output()
        self._line = csv_line if form == "csv" else json_line
        self._heading = [HEADING] if form == "csv" else []

    def page(self, entries: Sequence[JournalEntry]) -> None:
        heading, self._heading = self._heading, []
        self._out.lines([*heading, *(self._line(entry) for entry in entries)])


def _moment(option: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_moment(text, now())
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}", click.get_current_context()) from error
