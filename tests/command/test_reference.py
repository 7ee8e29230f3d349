"""docs/command.md says what the commands say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from promoter_view.command.program import promoter_view_command
from promoter_view.command.promotion import promotion_command
from promoter_view.command.reference import commands_page

PAGE = Path(__file__).parents[2] / "docs" / "command.md"


def options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from parameter.opts
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from options(each)


def test_the_page_is_as_made() -> None:
    """``make docs`` changes nothing."""
    assert PAGE.read_text() == commands_page()


def test_every_option_is_documented_and_there() -> None:
    """The page names each option of each command, and no other."""
    text = PAGE.read_text()
    known = {*options(promoter_view_command), *options(promotion_command)}
    assert known <= {word.strip("`|, ") for word in text.replace("|", " ").split()}
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `-")]
    documented = {word for row in rows for word in row.replace(",", " ").split() if word.startswith("-")}
    assert documented <= known
