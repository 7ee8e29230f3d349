"""``kubectl promotion history``."""

from __future__ import annotations

from typing import Any

from promoter_view.command.answers.reading import read_known
from promoter_view.command.asking.connection import STAGES, connected
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.events import PastEvent, arrivals, stamp
from promoter_view.command.deciding.goals import Known
from promoter_view.command.deciding.stage_telling import ended, of_promotions, promotion_document
from promoter_view.command.reach import CommandReach
from promoter_view.command.reading.stage import ToldStage, read_stage
from promoter_view.command.telling.documents import DOCUMENTS, NAME, WIDE, document, listed
from promoter_view.command.telling.output import Output
from promoter_view.command.telling.tables import NONE, table


def run(reach: CommandReach, name: str, output: str) -> None:
    """Prints what went live where, or the Promotions of a Stage; the newest first."""
    run_in_loop(lambda reactor: _history(reach, name, output, reactor))


async def _history(reach: CommandReach, name: str, output: str, reactor: Any) -> None:
    async with connected(reach, reactor) as connection:
        plural, bundle = await connection.either(name)
    if plural == STAGES:
        _of_stage(read_stage(bundle), output)
    else:
        _of_strategy(read_known(bundle), output)


def _of_stage(stage: ToldStage, output: str) -> None:
    found, out = ended(stage), Output()
    if output in DOCUMENTS:
        out.lines([document(listed([promotion_document(stage, each) for each in found]), output)])
    elif output == NAME:
        out.lines([each.name for each in found])
    elif not found:
        out.note(f"No Promotion to {stage.title} has ended as far as is told.")
    else:
        rows = of_promotions(found)
        out.lines(table(rows.headings, rows.rows, out.palette, width=out.width))


def _of_strategy(known: Known, output: str) -> None:
    found, out = arrivals(known), Output()
    if output in DOCUMENTS:
        out.lines([document(listed([each.document() for each in found]), output)])
    elif output == NAME:
        out.lines(list(dict.fromkeys(each.commit.sha for each in found if each.commit is not None)))
    elif not found:
        out.note(f"Nothing has gone live in {known.status.title} as far as is told.")
    else:
        wide = output == WIDE
        headings = ["LIVE SINCE", "ENVIRONMENT", "COMMIT", "PULL REQUEST"] + ["AUTHOR"] * wide + ["SUBJECT"]
        out.lines(table(headings, [_row(each, wide=wide) for each in found], out.palette, width=out.width))


def _row(event: PastEvent, *, wide: bool) -> list[str]:
    commit, request = event.commit, event.request
    link = NONE if request is None else (request.url or f"#{request.number}") if wide else f"#{request.number}"
    row = [stamp(event.moment), event.environment, commit.short if commit is not None else NONE, link]
    row += [commit.author if commit is not None else NONE] * wide
    return [*row, commit.subject if commit is not None else NONE]
