"""``twistd promoter-view``'s command line.

A wrong value ends the program with one line that names the value, the option and what was expected (exit status 2).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from textwrap import fill
from typing import NoReturn

from twisted.python import usage

import promoter_view
from promoter_view.program.command_line.declaring import PREFIX, OptionError
from promoter_view.program.command_line.help import help_text
from promoter_view.program.command_line.parsing import exposed, settings, unknown_variables, unrecognized
from promoter_view.program.command_line.settings import OPTIONS, SECTIONS, Settings

#: Columns of the help: as many as the terminal has, within these; where there is no terminal, the most.
_LEAST_COLUMNS, _MOST_COLUMNS = 72, 120


class Options(usage.Options):
    """After parsing, ``settings`` holds them, checked, and ``warnings`` what an operator should read."""

    synopsis = "[options]"
    longdesc = f"Every option can also come from the environment, as {PREFIX}<OPTION_IN_CAPITALS>."
    optFlags = tuple([option.name, None, option.declared.help] for option in OPTIONS if option.is_flag)  # noqa: N815
    optParameters = tuple(  # noqa: N815
        [option.name, None, None, option.declared.help] for option in OPTIONS if not option.is_flag
    )
    settings: Settings
    warnings: Sequence[str]

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Parses, checks, or ends the program with one line on standard error."""
        import os  # noqa: PLC0415  # the environment is read here and nowhere else

        try:
            super().parseOptions(options)
            given = self._given()
            self.settings = settings(given, os.environ)
            self.warnings = [*unknown_variables(os.environ), *exposed(given)]
        except usage.UsageError as error:
            _refuse(unrecognized(options or ()) or str(error))
        except OptionError as error:
            _refuse(str(error))

    def opt_version(self) -> NoReturn:
        """See usage.Options: this program's version, not Twisted's."""
        print(f"promoter-view {promoter_view.__version__}")  # noqa: T201 - what was asked for
        raise SystemExit(0)

    def parseArgs(self, *words: str) -> None:
        """There are no arguments but options."""
        if words:
            raise usage.UsageError(f"{words[0]!r} is not an option: options begin with --")

    def getUsage(self, width: int | None = None) -> str:
        """By purpose, where Twisted's own is by the alphabet."""
        wanted = width or shutil.get_terminal_size((_MOST_COLUMNS, 0)).columns
        columns = min(max(wanted, _LEAST_COLUMNS), _MOST_COLUMNS)
        return f"\n{fill(self.longdesc, columns)}\n\n{help_text(SECTIONS, columns)}"

    def _given(self) -> dict[str, str]:
        return {
            option.name: "true" if option.is_flag else str(self[option.name])
            for option in OPTIONS
            if self[option.name] not in (None, 0)
        }


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"promoter-view: {message}\n")
    raise SystemExit(2)
