"""Runs a command from its words to its exit status: one line for what went wrong, and never a traceback.

A defect says how to report it; with PROMOTER_VIEW_TRACEBACK=1 the traceback is shown too.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand

from promoter_view.command.completing import answer_shell
from promoter_view.command.exits import CommandError, Exit, Signalled
from promoter_view.command.telling.tables import plain

TRACEBACK = "PROMOTER_VIEW_TRACEBACK"
_MOST_OF_A_DEFECT = 300
#: What a disk says that takes no more of the output.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Ends the process. ``name`` is what people type; ``arguments`` None: those of the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _write_any_letter()
    if answer_shell(command, name):
        raise SystemExit(Exit.WELL)
    try:
        status, line = _run(command, name, words)
    except BrokenPipeError:
        status, line = _unread()
    if line:
        click.echo(line, err=True)
    raise SystemExit(status)


def _write_any_letter() -> None:
    """A letter that the locale's encoding lacks is written as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(command: click.Command, name: str, words: list[str]) -> tuple[int, str]:
    """The exit status, and what is left to say. Errors: BrokenPipeError, SystemExit."""
    try:
        with command.make_context(name, words) as context:
            command.invoke(context)
            sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        raise
    except BaseException as error:
        return _ending(error, name)
    return Exit.WELL, ""


def _ending(error: BaseException, name: str) -> tuple[int, str]:
    match error:
        case click.exceptions.Exit():
            ending: tuple[int, str] = error.exit_code, ""
        case NoArgsIsHelpError():
            ending = Exit.USAGE, error.message
        case click.UsageError():
            ending = Exit.USAGE, f"error: {usage_lines(error, name)}"
        case CommandError():
            ending = error.status, f"error: {plain(error.line)}"
        case Signalled():
            ending = error.status, ""
        case OSError() if error.errno in _FULL:
            ending = Exit.OUTPUT, f"error: the output cannot be written: {error.strerror}"
        case KeyboardInterrupt() | click.Abort():
            ending = Exit.INTERRUPTED, ""
        case _:
            ending = Exit.DEFECT, f"error: {_defect(error, name)}"
    return ending


def usage_lines(error: click.UsageError, name: str) -> str:
    """What was wrong, in a sentence, and where to read on."""
    path = error.ctx.command_path if error.ctx is not None else name
    return f"{_sentence(error)}\nSee '{path} --help'."


def _sentence(error: click.UsageError) -> str:
    """The nearest name is the one that counts, of several that are alike."""
    if isinstance(error, click.NoSuchOption | NoSuchCommand):
        near = f"; did you mean {error.possibilities[0]}?" if error.possibilities else ""
        return error.message[:1].lower() + error.message[1:].rstrip(".") + near
    said = error.format_message().strip().rstrip(".")
    return said if said[1:2].isupper() else said[:1].lower() + said[1:]


def _unread() -> tuple[int, str]:
    """Nobody reads on: nothing is said, also not by Python at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return Exit.BROKEN_PIPE, ""


def _defect(error: BaseException, name: str) -> str:
    if os.environ.get(TRACEBACK) == "1":
        traceback.print_exception(error)
    words = " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_OF_A_DEFECT]
    return f"a fault in {name}, please report it with what {TRACEBACK}=1 prints: {words}"
