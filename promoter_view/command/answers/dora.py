"""``kubectl promotion dora``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from promoter_view.command.answers.reading import read_told
from promoter_view.command.asking.connection import EVENTS, STRATEGIES, connected
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.deliveries import HEADINGS, StrategyFigures, deliveries, read_event
from promoter_view.command.deciding.events import stamp
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.telling.documents import DOCUMENTS, WIDE, document
from promoter_view.command.telling.output import Output, now
from promoter_view.command.telling.tables import table
from promoter_view.views.definition import GROUP


def run(reach: CommandReach, name: str | None, since: float, output: str) -> None:
    """Prints the figures of that long, in seconds."""
    run_in_loop(lambda reactor: _dora(reach, name or "", since, output, reactor))


async def _dora(reach: CommandReach, name: str, since: float, output: str, reactor: Any) -> None:
    until = now()
    try:
        begins = until - timedelta(seconds=since)
    except OverflowError as error:
        raise CommandError(Exit.USAGE, "--since leads to before the year 1") from error
    async with connected(reach, reactor) as connection:
        if EVENTS not in await connection.served():
            raise CommandError(
                Exit.UNREACHABLE, f"the server does not tell what happened: it is older than this command ({GROUP})"
            )
        statuses = await connection.objects(STRATEGIES, read_told, name)
        if name and not statuses:
            raise await connection.unknown(name)
        told = await connection.events(begins, read_event, name)
        namespaces = not connection.namespace
    found = deliveries(statuses, filter(None, told), begins, until)
    _print(found, output, namespaces=namespaces)


def _print(found: StrategyFigures, output: str, *, namespaces: bool) -> None:
    out = Output()
    if output in DOCUMENTS:
        out.lines([document(found.document(), output)])
    elif output == "csv":
        out.lines(found.csv())
    elif not found.strategies:
        out.note("There are no promotion strategies.")
    else:
        rows = found.rows(wide=output == WIDE)
        headings = ["NAMESPACE", *HEADINGS] if namespaces else list(HEADINGS)
        shown = rows if namespaces else [row[1:] for row in rows]
        out.lines(table(headings, shown, out.palette, width=out.width))
        out.note(f"Since {stamp(found.since)}. Times are medians; in parentheses: of how many.")
    if found.gone:
        out.note(f"Not counted: {found.gone} strategies that are gone, whose last environments nobody knows.")
