"""``promoter-view log copy`` and ``log verify``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from promoter_view.clocks import wall
from promoter_view.command.asking.etcds import etcd_files
from promoter_view.command.asking.loop import run_in_loop
from promoter_view.command.exits import CommandError, Exit
from promoter_view.log.errors import LogError
from promoter_view.log.resting import RestingLog, resting_log
from promoter_view.program.copying import copy, read
from promoter_view.records import Snapshot


def run(source: str, target: str | None, etcd: Mapping[str, str | None], cursors: bool = False) -> None:
    """Copies to ``target``, perhaps with the cursors of notifications; verifies where that is None."""
    source, target = _url(source), target and _url(target)
    if source == target:
        raise click.UsageError("FROM and TO are the same log", click.get_current_context())
    files = etcd_files(etcd)

    def opened(url: str, reactor: Any) -> RestingLog:
        try:
            return resting_log(url, etcd=files, reactor=reactor, wall=wall, environ=os.environ)
        except ValueError as error:
            raise click.UsageError(str(error), click.get_current_context()) from error

    async def work(reactor: Any) -> Snapshot:
        found = opened(source, reactor)
        if target is None:
            return (await read(found, warn=click.echo)).snapshot()
        return await copy(found, opened(target, reactor), warn=click.echo, with_cursors=cursors)

    try:
        state = run_in_loop(work)
    except (LogError, OSError) as error:
        said = "the log cannot be used" if target is None else "nothing usable was written"
        raise CommandError(Exit.FAILED, f"{said}: {error}") from error
    click.echo(_verified(source, state) if target is None else _copied(source, target, state))


def _url(log: str) -> str:
    """As ``--event-log`` has it, where only the folder was given."""
    return f"file:{log}" if Path(log).is_dir() else log


def _verified(source: str, state: Snapshot) -> str:
    return f"{source} is whole up to offset {state.offset}: {_counts(state)}"


def _copied(source: str, target: str, state: Snapshot) -> str:
    return (
        f"{_counts(state)} are in {target}, which continues above offset {state.offset}; {source} was left as it is.\n"
        f"Start the program with --event-log {target}: clients that are at the newest resourceVersion resume, "
        "others get 410 once."
    )


def _counts(state: Snapshot) -> str:
    return f"{len(state.objects)} objects, {len(state.bundles)} bundles and {len(state.positions)} positions"
