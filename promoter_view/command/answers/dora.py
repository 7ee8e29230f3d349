"""``kubectl promotion dora``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from promoter_view.command.answers.reading import read_told
from promoter_view.command.asking.connection import (
    EVENTS,
    STAGES,
    STRATEGIES,
    ApiConnection,
    connected,
    either_of,
)
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.deliveries import (
    HEADINGS,
    AskedObjects,
    deliveries,
    read_delivering_stage,
    read_delivering_strategy,
    read_event,
    rows,
)
from promoter_view.command.deciding.events import stamp
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.telling.documents import DOCUMENTS, WIDE, document
from promoter_view.command.telling.output import Output, now
from promoter_view.command.telling.tables import table
from promoter_view.journal.figures.counting import Delivering, DeliveryReport
from promoter_view.views.definition import GROUP

NAMESPACES = "namespace"


def run(reach: CommandReach, name: str | None, since: float, selector: str | None, by: str, output: str) -> None:
    """Prints the figures of that long, in seconds."""
    run_in_loop(lambda reactor: _dora(reach, Wanted(name or "", selector or "", by, output), since, reactor))


class Wanted(NamedTuple):
    """What is asked for: ``selector`` of labels, rows ``by`` object or namespace; texts "": whichever."""

    name: str
    selector: str
    by: str
    output: str


async def _dora(reach: CommandReach, wanted: Wanted, since: float, reactor: Any) -> None:
    until = now()
    try:
        begins = until - timedelta(seconds=since)
    except OverflowError as error:
        raise CommandError(Exit.USAGE, "--since leads to before the year 1") from error
    async with connected(reach, reactor) as connection:
        found = await _found(connection, wanted, begins, until)
        namespaces = not connection.namespace
    _print(found, wanted, namespaces=namespaces)


async def _found(connection: ApiConnection, wanted: Wanted, since: datetime, until: datetime) -> DeliveryReport:
    served = await connection.served()
    if EVENTS not in served:
        raise CommandError(
            Exit.UNREACHABLE, f"the server does not tell what happened: it is older than this command ({GROUP})"
        )
    name, plurals = either_of(wanted.name)
    chosen = (name, wanted.selector)
    objects = await connection.objects(STRATEGIES, _read_strategy, *chosen) if STRATEGIES in plurals else []
    stages = await connection.objects(STAGES, read_delivering_stage, *chosen) if STAGES in served else []
    if name and not objects and not stages:
        raise await connection.unknown(name, *plurals)
    beside: list[Delivering] = []
    if any(chosen) and any(stage.upstream for stage in stages):
        mine = {stage.key for stage in stages}
        every = await connection.objects(STAGES, read_delivering_stage)
        beside = [stage for stage in every if stage.key not in mine]
    # Freight comes from Stages of other names.
    told = await connection.events(since, read_event, "" if beside else name)
    asked = AskedObjects([*objects, *stages], beside, whole=not wanted.selector and not beside)
    return deliveries(asked, filter(None, told), since, until)


def _read_strategy(found: Mapping[str, Any]) -> Delivering:
    """Errors: CommandError, where the server is too old to tell the order."""
    read_told(found)
    return read_delivering_strategy(found)


def _print(found: DeliveryReport, wanted: Wanted, *, namespaces: bool) -> None:
    out, output = Output(), wanted.output
    if output in DOCUMENTS:
        out.lines([document(found.document(), output)])
    elif output == "csv":
        out.lines(list(found.csv()))
    elif not found.objects:
        out.note("There are no promotion strategies or Stages.")
    else:
        out.lines(table(*_table(found, wanted, namespaces=namespaces), out.palette, width=out.width))
        out.note(f"Since {stamp(found.since)}. Times are medians; in parentheses: of how many.")
    if found.gone:
        out.note(f"Not counted: {found.gone} deleted objects, whose last environments nobody knows.")


def _table(found: DeliveryReport, wanted: Wanted, *, namespaces: bool) -> tuple[list[str], list[list[str]]]:
    """Headings and rows; names stand without a namespace where there is only one."""
    if wanted.by == NAMESPACES:
        told = rows(found.namespaces, found.whole, wide=wanted.output == WIDE)
        return ["NAMESPACE", *HEADINGS[1:]], [[row[0] or row[1], *row[2:]] for row in told]
    told = rows(found.objects, found.whole, wide=wanted.output == WIDE)
    headings = ["NAMESPACE", *HEADINGS] if namespaces else list(HEADINGS)
    return headings, told if namespaces else [row[1:] for row in told]
