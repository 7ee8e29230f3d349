"""``promoter-view serve`` and ``demo``: twistd with this program's plugin, in this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from twisted.scripts.twistd import run as run_twistd

from promoter_view.command.exits import Exit
from promoter_view.program.command_line.options import Options

_WORDS = ("twistd", "-n", "--pidfile=", "promoter-view")
#: With which twistd ends where options are wrong, and has said so.
_WRONG_OPTIONS = 2


def run(options: Sequence[str]) -> None:
    """Runs until it is stopped."""
    if {"-h", "--help"} & set(options):
        _help()
        return
    sys.argv = [*_WORDS, *options]
    try:
        run_twistd()
    except SystemExit as ended:
        if ended.code == _WRONG_OPTIONS:
            raise SystemExit(Exit.USAGE) from None
        raise


def _help() -> None:
    click.echo(f"{click.get_current_context().get_help()}\n{Options().getUsage()}")
