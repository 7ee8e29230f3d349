"""``kubectl promotion status``: the strategies and Stages, or the environments of one strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from promoter_view.command.answers.reading import read_told
from promoter_view.command.asking.connection import ApiConnection, connected, either_of
from promoter_view.command.asking.following import FollowedViews
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.deciding.rows import Rows, of_environments, of_freight, of_stages, of_strategies
from promoter_view.command.exits import CommandError, Exit
from promoter_view.command.reach import CommandReach
from promoter_view.command.reading.stage import ToldStage, read_stage
from promoter_view.command.reading.status import StrategyStatus
from promoter_view.command.telling.documents import DOCUMENTS, NAME, WIDE, document, in_short, listed, name_of
from promoter_view.command.telling.output import Output, now
from promoter_view.command.telling.tables import table
from promoter_view.decoded import text
from promoter_view.records import ObjectKey

_STAGE = "StageDetails"
#: How long changes are gathered before they are shown: a person reads no faster.
_GATHERED_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Wanted:
    """``plurals``: the resources that the name may be of."""

    name: str
    plurals: tuple[str, ...]
    output: str
    watch: bool


def run(reach: CommandReach, name: str | None, watch: bool, output: str) -> None:
    """Prints what there is; with ``watch`` goes on until it is interrupted."""
    run_in_loop(lambda reactor: _status(reach, _Wanted(*either_of(name or ""), output, watch), reactor))


async def _status(reach: CommandReach, wanted: _Wanted, reactor: Any) -> None:
    async with connected(reach, reactor) as connection:
        plurals = [each for each in wanted.plurals if each in await connection.served()]
        if wanted.watch and connection.at:
            raise CommandError(Exit.USAGE, "--watch and --at: a moment of the past does not change; leave one out")
        if wanted.watch:
            await _watch(connection, tuple(plurals), wanted)
            return
        found = await _found(connection, plurals, wanted)
        if wanted.name and not found:
            raise await connection.unknown(wanted.name, *wanted.plurals)
        _print(found, connection, wanted)


class _Shown(NamedTuple):
    """An object as tables and as documents have it; of the two only what is printed."""

    status: StrategyStatus | ToldStage
    short: Mapping[str, Any]


def _reading(wanted: _Wanted) -> Callable[[Mapping[str, Any]], _Shown]:
    def read(found: Mapping[str, Any]) -> _Shown:
        status = read_stage(found) if text(found, "kind") == _STAGE else read_told(found)
        return _Shown(status, in_short(found) if wanted.output in (*DOCUMENTS, NAME) else {})

    return read


async def _found(connection: ApiConnection, plurals: Sequence[str], wanted: _Wanted) -> list[_Shown]:
    """Who may see one of the two resources only is shown that, and told so."""
    found: list[_Shown] = []
    refusals: list[CommandError] = []
    for plural in plurals:
        try:
            found += await connection.objects(plural, _reading(wanted), wanted.name)
        except CommandError as error:
            if error.status is not Exit.FORBIDDEN:
                raise
            refusals.append(error)
    if refusals and len(refusals) == len(plurals):
        raise refusals[0]
    for refusal in refusals:
        Output().note(f"note: not shown: {refusal}")
    return found


def _print(found: Sequence[_Shown], connection: ApiConnection, wanted: _Wanted) -> None:
    output = Output()
    if wanted.output in DOCUMENTS:
        short = [each.short for each in found]
        output.lines([document(short[0] if wanted.name and len(short) == 1 else listed(short), wanted.output)])
    elif wanted.output == NAME:
        output.lines([name_of(each.short) for each in found])
    elif not found:
        output.note("No strategies and no Stages found" + _where(connection))
    else:
        output.lines(_lines([each.status for each in found], connection, wanted, output))


def _where(connection: ApiConnection) -> str:
    return f" in namespace {connection.namespace}." if connection.namespace else "."


def _lines(
    found: Sequence[StrategyStatus | ToldStage], connection: ApiConnection, wanted: _Wanted, output: Output
) -> list[str]:
    strategies = sorted((each for each in found if isinstance(each, StrategyStatus)), key=lambda each: each.title)
    stages = sorted(
        (each for each in found if isinstance(each, ToldStage)), key=lambda each: (each.namespace, each.name)
    )
    wide, moment, namespaces = (
        wanted.output == WIDE,
        connection.moment if connection.at else now(),
        not connection.namespace,
    )
    tables: list[Rows] = []
    if strategies:
        tables.append(of_strategies(strategies, moment, namespaces=namespaces, wide=wide))
    if wanted.name:
        tables += [of_environments(each, moment, wide=wide) for each in strategies]
    if stages:
        tables.append(of_stages(stages, moment, namespaces=namespaces, wide=wide))
    if wanted.name:
        tables += [of_freight(each, moment) for each in stages if each.coming]
    lines: list[str] = []
    for each in tables:
        lines += [""] * bool(lines) + table(each.headings, each.rows, output.palette, width=output.width)
    return lines


# -- watching


async def _watch(connection: ApiConnection, plurals: tuple[str, ...], wanted: _Wanted) -> None:
    """On a terminal the tables move in place; else each change is a row of its own."""
    output = Output()
    async with FollowedViews(connection, plurals, _reading(wanted), name=wanted.name) as following:
        await following.complete()
        if wanted.name and not following.followed.found:
            raise await connection.unknown(wanted.name, *wanted.plurals)
        shown: dict[ObjectKey, _Shown] = {}
        while True:
            current = dict(following.followed.found)
            if output.can_draw and wanted.output not in (*DOCUMENTS, NAME):
                _draw(
                    [each.status for each in current.values()], following.followed.problem, connection, wanted, output
                )
            else:
                _append(shown, current, connection, wanted, output)
            shown = current
            await _next(following.followed.changed(), connection, moves=output.can_draw)


async def _next(changed: Deferred[None], connection: ApiConnection, *, moves: bool) -> None:
    """Until something has changed; ages are drawn anew meanwhile."""
    if moves:
        changed.addTimeout(1.0, connection.reactor, onTimeoutCancel=lambda *_: None)
    await changed
    await deferLater(connection.reactor, _GATHERED_SECONDS)


def _draw(
    found: Sequence[StrategyStatus | ToldStage],
    problem: str,
    connection: ApiConnection,
    wanted: _Wanted,
    output: Output,
) -> None:
    lines = _lines(found, connection, wanted, output) or ["No strategies and no Stages yet."]
    output.draw([*lines, *([f"Reconnecting: {problem}"[: output.width]] if problem else [])])


def _append(
    shown: Mapping[ObjectKey, _Shown],
    current: Mapping[ObjectKey, _Shown],
    connection: ApiConnection,
    wanted: _Wanted,
    output: Output,
) -> None:
    """What is new or has changed, in the form that was asked for."""
    changed = [value for key, value in current.items() if shown.get(key) != value]
    if wanted.output in DOCUMENTS:
        separator = ["---"] if wanted.output == "yaml" else []
        output.lines([line for each in changed for line in (*separator, document(each.short, wanted.output))])
    elif wanted.output == NAME:
        output.lines([name_of(each.short) for each in changed])
    else:
        if changed:
            output.lines(_lines([each.status for each in changed], connection, wanted, output)[bool(shown) :])
        output.lines([f"{key.namespace}/{key.name} is gone" for key in shown if key not in current])
