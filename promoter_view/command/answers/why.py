"""``kubectl promotion why``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from promoter_view.command.answers.reading import environment_of, read_known
from promoter_view.command.asking.connection import STAGES, connected
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.explaining import explain
from promoter_view.command.deciding.stage_telling import explain_stage, stage_document
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.reading.stage import read_stage
from promoter_view.command.telling.documents import DOCUMENTS, NAME, document, name_of
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import clipped, plain
from promoter_view.contacts import read_contacts
from promoter_view.decoded import mapping


def run(reach: CommandReach, name: str, environment: str | None, output: str) -> None:
    """Prints the chain of reasons."""
    run_in_loop(lambda reactor: _why(reach, name, environment, output, reactor))


async def _why(reach: CommandReach, name: str, environment: str | None, output: str, reactor: Any) -> None:
    async with connected(reach, reactor) as connection:
        plural, found = await connection.either(name)
        if plural == STAGES:
            _of_stage(found, environment, output, connection.moment)
            return
        status = read_known(found).status
        explanation = explain(status, environment_of(status, environment) if environment else None)
    out = Output()
    if output in DOCUMENTS:
        out.lines([document(explanation.document(), output)])
        return
    if output == NAME:
        out.lines([name_of(found)])
        return
    _tell([*explanation.lines(connection.moment)], mapping(found, "promotionStrategy"), out)


def _of_stage(found: Mapping[str, Any], environment: str | None, output: str, moment: datetime) -> None:
    stage, out = read_stage(found), Output()
    if environment:
        raise CommandError(Exit.UNKNOWN, f"{stage.title} is a Stage: it has no environment {environment!r}")
    if output in DOCUMENTS:
        out.lines([document(stage_document(stage), output)])
    elif output == NAME:
        out.lines([name_of(found)])
    else:
        _tell([*explain_stage(stage, moment)], mapping(found, "stage"), out)


def _tell(lines: Sequence[str], root: Mapping[str, Any], out: Output) -> None:
    """And whom to ask."""
    asked = [f"{each.kind}: {each.url or each.text}" for each in read_contacts(root)]
    # What is to the left is no part of a cell: only the words are made plain.
    out.lines([_shown(line, out.width) for line in [*lines, *asked]])


def _shown(line: str, width: int) -> str:
    words = line.lstrip(" ")
    return clipped(" " * (len(line) - len(words)) + plain(words), width)
