"""The tables of options in the documentation, and their place between two marks in a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from promoter_view.program.command_line.declaring import Declaration, Option, OptionSection

BEGIN = "<!-- options: written by make docs -->"
END = "<!-- end of options -->"
_OPTION_NAME = re.compile(r"(?<![\w`-])--[a-z][-a-z0-9]*")


def with_tables(page: str, sections: Sequence[OptionSection]) -> str:
    """The page, with the tables as they are now. Errors: ValueError where the marks are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no place for the options between {BEGIN!r} and {END!r}")
    return "\n".join((before + BEGIN, "", *_tables(sections), END + after))


def _tables(sections: Sequence[OptionSection]) -> Iterator[str]:
    for each in sections:
        yield from (f"### {each.title}", "", "| option | default | meaning |", "| --- | --- | --- |")
        yield from (_row(option) for option in each.options)
        yield ""


def _row(option: Option) -> str:
    written = option.written.replace("|", r"\|")
    meaning = "; ".join(filter(None, (_marked(option.declared.help), option.declared.more)))
    return f"| `{written}` | {_default(option)} | {meaning} |"


def _default(option: Option) -> str:
    declared = option.declared
    plain = "off" if option.is_flag else _plain_default(declared)
    others = (("--demo", declared.in_demo), ("--role dashboard", declared.as_dashboard))
    return "; ".join([plain, *(f"with `{flag}` `{text}`" for flag, text in others if text is not None)])


def _plain_default(declared: Declaration) -> str:
    return _marked(declared.otherwise) or (f"`{declared.default}`" if declared.default else "none")


def _marked(text: str) -> str:
    return _OPTION_NAME.sub(lambda name: f"`{name[0]}`", text)
