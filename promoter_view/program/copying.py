"""``promoter-view-log copy FROM TO``: the state of one event log begins another, perhaps of another kind.

What moves is all that the log amounts to at its head: objects, positions, each bundle's resourceVersion. The new log
goes on above the old one's last offset, so that no resourceVersion is given out twice; who stands at that head resumes
there, who stands before it gets 410 once. No program may have either log open meanwhile.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from promoter_view.clocks import make_monotonic, wall
from promoter_view.log.errors import LogError
from promoter_view.log.resting import RestingLog, resting_log
from promoter_view.log.settings import EtcdFiles
from promoter_view.metrics import Metrics
from promoter_view.records import Snapshot
from promoter_view.views.definition import GENERATION
from promoter_view.views.known import DEFINITIONS
from promoter_view.views.projector import Projector

_NAME = "promoter-view-log"
#: As the program has them.
_ETCD_OPTIONS = (
    ("etcd-cafile", "who signs etcd's certificates, PEM [the platform's]"),
    ("etcd-certfile", "the certificate shown to etcd, PEM, with its chain"),
    ("etcd-keyfile", "its key, PEM"),
    ("etcd-user", "who we are to an etcd with authentication"),
    ("etcd-password-file", "a file that holds that user's password"),
)
#: In bytes: what happened before the head is not copied.
_NO_HISTORY = 1


async def copy(source: RestingLog, target: RestingLog, *, warn: Callable[[str], None]) -> Snapshot:
    """Begins ``target`` with what ``source`` amounts to, which is returned. Errors: LogError."""
    projector = Projector(DEFINITIONS, generation=GENERATION, history_bytes=_NO_HISTORY, metrics=Metrics(), warn=warn)
    await source.read(projector)
    state = projector.snapshot()
    await target.begin(state)
    return state


def main(arguments: Sequence[str] | None = None) -> None:
    """The command. Ends the process: status 0, 1 with one line for what cannot be copied, 2 for a wrong argument."""
    given = _parser().parse_args(arguments)
    if given.source == given.target:
        _refuse(2, "FROM and TO are the same log")
    react(lambda reactor: Deferred.fromCoroutine(_copy(given, reactor)))


async def _copy(given: Any, reactor: Any) -> None:
    make_monotonic(reactor)
    files = EtcdFiles(
        given.etcd_cafile, given.etcd_certfile, given.etcd_keyfile, given.etcd_user, given.etcd_password_file
    )
    try:
        source, target = (
            resting_log(url, etcd=files, reactor=reactor, wall=wall, environ=os.environ)
            for url in (given.source, given.target)
        )
    except ValueError as error:
        _refuse(2, str(error))
    try:
        state = await copy(source, target, warn=_say)
    except (LogError, OSError) as error:
        _refuse(1, f"nothing usable was written: {error}")
    _say(
        f"{len(state.objects)} objects, {len(state.bundles)} bundles and {len(state.positions)} positions are in "
        f"{given.target}, which goes on above offset {state.offset}; {given.source} was left as it is.\n"
        f"Start the program with --event-log {given.target}: clients that stand at the newest resourceVersion resume, "
        "others get 410 once."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=_NAME, description="Works on event logs that no program has open.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("copy", help="begin a log with the state of another one")
    command.add_argument("source", metavar="FROM", help="the log to read, as --event-log has it, e.g. file:DIR")
    command.add_argument("target", metavar="TO", help="the log to begin: it must be empty, or not be there")
    for name, what in _ETCD_OPTIONS:
        command.add_argument(f"--{name}", help=what)
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _refuse(status: int, line: str) -> NoReturn:
    sys.stderr.write(f"{_NAME}: {line}\n")
    raise SystemExit(status)
