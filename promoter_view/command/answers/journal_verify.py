"""``promoter-view journal verify``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promoter_view.command.answers.journals import journal_at
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.telling.output import Output
from promoter_view.journal.sqlite.verifying import JournalCheck
from promoter_view.journal.store import JournalError


def run(place: str, **etcd: str | None) -> None:
    """Prints a line for each thing that is checked."""
    journal = journal_at(place, etcd)
    try:
        damaged = list(_said(journal.verify()))
    except JournalError as error:
        raise CommandError(Exit.FAILED, str(error)) from error
    if damaged:
        raise CommandError(Exit.FAILED, f"the journal {journal.shown} is damaged: {', '.join(damaged)}")


def _said(checks: Iterable[JournalCheck]) -> Iterator[str]:
    """Prints each; gives what is damaged."""
    out = Output()
    for each in checks:
        out.lines([f"{each.subject}: {each.found}"])
        if not each.is_well:
            yield each.subject
