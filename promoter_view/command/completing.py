"""Completion: what a shell is told for ``promoter-view``, and what kubectl is told for ``kubectl promotion``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
from click.shell_completion import ShellComplete, get_completion_class

from promoter_view.command.exits import CommandError, Exit

#: What kubectl reads behind the last line: no file names.
_NO_FILES = ":4"


def variable(name: str) -> str:
    """The environment variable by which a shell asks a command for completions."""
    return f"_{name.replace('-', '_').upper()}_COMPLETE"


def run(command: click.Command, name: str, shell: str) -> None:
    """Prints the script for a shell."""
    kind = get_completion_class(shell)
    if kind is None:
        raise CommandError(Exit.USAGE, f"there is no completion for {shell}")
    click.echo(kind(command, {}, name, variable(name)).source())


def answer_shell(command: click.Command, name: str) -> bool:
    """Whether a shell asks for completions; then they are printed."""
    asked = os.environ.get(variable(name), "")
    shell, _, instruction = asked.partition("_")
    kind = get_completion_class(shell)
    if not asked or kind is None:
        return False
    completing = kind(command, {}, name, variable(name))
    click.echo(completing.source() if instruction == "source" else completing.complete())
    return True


def answer_kubectl(command: click.Command, name: str, words: Sequence[str] | None = None) -> None:
    """Prints what may stand in the place of the last word, as kubectl reads it of a plugin."""
    *before, incomplete = (sys.argv[1:] if words is None else words) or [""]
    for item in ShellComplete(command, {}, name, variable(name)).get_completions(list(before), incomplete):
        click.echo(f"{item.value}\t{item.help}" if item.help else item.value)
    click.echo(_NO_FILES)
