"""``promoter-view journal export``."""

from __future__ import annotations

from datetime import datetime

import click

from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.exports import HEADING, csv_line, json_line
from promoter_view.command.telling.output import Output, now
from promoter_view.journal.sqlite.resting import entries, opened, resting_file
from promoter_view.journal.store import JournalError, JournalQuery
from promoter_view.moments import parse_moment


def run(place: str, since: str | None, until: str | None, form: str) -> None:
    """Prints the entries of that time, the oldest first."""
    query = JournalQuery(since=_moment("--since", since), until=_moment("--until", until))
    try:
        path = resting_file(place)
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    out, line = Output(), csv_line if form == "csv" else json_line
    try:
        with opened(path) as connection:
            out.lines([HEADING] if form == "csv" else [])
            for page in entries(connection, query):
                out.lines([line(entry) for entry in page])
    except JournalError as error:
        raise CommandError(Exit.FAILED, str(error)) from error


def _moment(option: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_moment(text, now())
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}", click.get_current_context()) from error
