"""Writes the tables of options into docs/operations.md, from where the options are declared. ``make docs`` runs it."""

from __future__ import annotations

from pathlib import Path

from promoter_view.program.command_line.reference import with_tables
from promoter_view.program.command_line.settings import SECTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operations.md"


def main() -> None:
    """Rewrites what stands between the marks."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), SECTIONS), encoding="utf-8")


if __name__ == "__main__":
    main()
