"""``kubectl promotion diff``."""

from __future__ import annotations

from typing import Any

from promoter_view.command.answers.reading import environment_of, known_strategy
from promoter_view.command.asking.connection import connected
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.difference import Difference, difference
from promoter_view.command.deciding.events import stamp
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.telling.documents import DOCUMENTS, NAME, document
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import NONE, table
from promoter_view.dashboard.strategies.commits import ShownCommit


def run(reach: CommandReach, name: str, first: str, second: str, output: str) -> None:
    """Prints the commits between two environments."""
    run_in_loop(lambda reactor: _diff(reach, name, (first, second), output, reactor))


async def _diff(reach: CommandReach, name: str, names: tuple[str, str], output: str, reactor: Any) -> None:
    async with connected(reach, reactor) as connection:
        known = await known_strategy(connection, name)
    first, second = (environment_of(known.status, each) for each in names)
    found = difference(known, first, second)
    if found is None:
        raise CommandError(Exit.UNKNOWN, f"it is not known what is live in {first.name} and in {second.name}")
    _print(found, output)


def _print(found: Difference, output: str) -> None:
    out = Output()
    if output in DOCUMENTS:
        out.lines([document(found.document(), output)])
    elif output == NAME:
        out.lines([each.sha for each in found.commits])
    else:
        out.lines([found.summary])
        if found.commits:
            rows = [_row(each) for each in found.commits]
            headings = ["COMMIT", "COMMITTED", "AUTHOR", "SUBJECT", "LINK"]
            out.lines(["", *table(headings, rows, out.palette, width=out.width)])
        if found.compare_url:
            out.lines(["", f"compare: {found.compare_url}"])


def _row(commit: ShownCommit) -> list[str]:
    return [commit.short, stamp(commit.time) if commit.time else NONE, commit.author, commit.subject, commit.url]
