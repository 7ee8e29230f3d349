"""``promoter-view journal verify``."""

from __future__ import annotations

import click

from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.output import Output
from promoter_view.journal.sqlite.resting import opened, resting_file
from promoter_view.journal.sqlite.verifying import verify
from promoter_view.journal.store import JournalError


def run(place: str) -> None:
    """Prints a line for each thing that is checked."""
    try:
        path = resting_file(place)
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    out, damaged = Output(), list[str]()
    try:
        with opened(path) as connection:
            for each in verify(connection):
                out.lines([f"{each.subject}: {each.found}"])
                damaged += [] if each.is_well else [each.subject]
    except JournalError as error:
        raise CommandError(Exit.FAILED, str(error)) from error
    if damaged:
        raise CommandError(Exit.FAILED, f"the journal {path} is damaged: {', '.join(damaged)}")
