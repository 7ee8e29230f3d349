"""Writes what the documentation says of options and commands, from where they are declared. ``make docs`` runs it.

The tables of options are in docs/configuration.md, the commands in docs/command.md.
"""

from __future__ import annotations

from pathlib import Path

from promoter_view.command.reference import commands_page
from promoter_view.program.command_line.reference import with_tables
from promoter_view.program.command_line.settings import SECTIONS

_DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, COMMANDS = _DOCS / "configuration.md", _DOCS / "command.md"


def main() -> None:
    """Rewrites what stands between the marks, and the page of commands."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), SECTIONS), encoding="utf-8")
    COMMANDS.write_text(commands_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
