"""``kubectl promotion where``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from promoter_view.command.asking.connection import COMMITS, STRATEGIES, connected
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.places import commits_of, places_of, stages_of
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.telling.documents import DOCUMENTS, NAME, document
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import clipped, plain, table
from promoter_view.decoded import mappings, text
from promoter_view.views.definition import GROUP


def run(reach: CommandReach, sha: str, output: str) -> None:
    """Prints where a commit is."""
    run_in_loop(lambda reactor: _where(reach, sha, output, reactor))


async def _where(reach: CommandReach, sha: str, output: str, reactor: Any) -> None:
    async with connected(reach, reactor) as connection:
        if COMMITS not in await connection.served():
            raise CommandError(
                Exit.UNREACHABLE, f"the server does not say where commits are: it is older than this command ({GROUP})"
            )
        found = await connection.commit(sha)
        namespaces = not connection.namespace
    _print(found, output, connection.moment, namespaces=namespaces)


def _print(found: Mapping[str, Any], output: str, moment: datetime, *, namespaces: bool) -> None:
    out = Output()
    if output in DOCUMENTS:
        out.lines([document(found, output)])
        return
    if output == NAME:
        out.lines([f"{STRATEGIES}.{GROUP}/{text(each, 'name')}" for each in mappings(found, "strategies")])
        return
    lines = [clipped(plain(line), out.width) for line in commits_of(found)]
    for rows in (
        places_of(found, moment, namespaces=namespaces),
        stages_of(found, moment, namespaces=namespaces),
    ):
        if rows.rows:
            lines += ["", *table(rows.headings, rows.rows, out.palette, width=out.width)]
    out.lines(lines)
