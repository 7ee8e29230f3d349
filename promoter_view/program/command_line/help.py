"""What ``--help`` says: every option under its purpose, with what counts where it is not given. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from promoter_view.program.command_line.declaring import Declaration, OptionSection

#: Where meanings begin: most options fit before it, the longest ones have a line of their own.
_COLUMN = 34
_INDENT = "  "
_OTHERS = (("--help", "this text"), ("--version", "the version of this program"))


def help_text(sections: Sequence[OptionSection], width: int) -> str:
    """Lines of at most ``width`` columns, but for a word that is longer than that leaves room for."""
    groups = [(each.title, _rows(each)) for each in sections]
    return "\n".join(line for title, rows in [*groups, ("Others", _OTHERS)] for line in _group(title, rows, width))


def _rows(section: OptionSection) -> Sequence[tuple[str, str]]:
    return [(option.written, _meaning(option.declared)) for option in section.options]


def _meaning(declared: Declaration) -> str:
    counts = declared.otherwise or declared.default
    others = (("--demo", declared.in_demo), ("--role dashboard", declared.as_dashboard))
    defaults = [*filter(None, [counts]), *(f"{text} with {flag}" for flag, text in others if text is not None)]
    return declared.help + (f" [default: {'; '.join(defaults)}]" if defaults else "")


def _group(title: str, rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    yield f"{title}:"
    for written, meaning in rows:
        yield from _row(_INDENT + written, meaning, width)
    yield ""


def _row(written: str, meaning: str, width: int) -> Iterator[str]:
    lines = wrap(meaning, width - _COLUMN, break_long_words=False, break_on_hyphens=False)
    if len(written) + len(_INDENT) > _COLUMN:
        yield written
    else:
        yield written.ljust(_COLUMN) + lines.pop(0)
    yield from (" " * _COLUMN + line for line in lines)
