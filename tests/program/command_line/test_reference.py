"""The tables of options in the documentation."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from promoter_view.program.command_line.declaring import flag, option, section, sections_of
from promoter_view.program.command_line.reference import BEGIN, END, with_tables
from promoter_view.program.command_line.settings import SECTIONS
from promoter_view.program.command_line.values import one_of, plain

PAGE = Path(__file__).resolve().parents[3] / "docs" / "configuration.md"


@dataclass(frozen=True, slots=True)
class Kitchen:
    """A section with a row of each kind."""

    open: bool = flag("let everybody in")
    tea: str = option(one_of("black", "green"), "black", "what there is with --open", more="see [tea](tea.md)")
    key: str | None = option(plain("FILE"), None, "of the door", otherwise="under the mat")
    cups: str = option(plain("TEXT"), "six", "cups", in_demo="paper")


@dataclass(frozen=True, slots=True)
class House:
    """All sections."""

    kitchen: Kitchen = section(Kitchen, "The kitchen")


def test_a_row_an_option() -> None:
    """Notation, default and meaning; a bar inside a cell is escaped, and other options are set as code."""
    page = with_tables(f"before\n{BEGIN}\nold\n{END}\nafter\n", sections_of(House))
    assert page.splitlines() == [
        "before",
        BEGIN,
        "",
        "### The kitchen",
        "",
        "| option | default | meaning |",
        "| --- | --- | --- |",
        "| `--open` | off | let everybody in |",
        r"| `--tea black\|green` | `black` | what there is with `--open`; see [tea](tea.md) |",
        "| `--key FILE` | under the mat | of the door |",
        "| `--cups TEXT` | `six`; with `--demo` `paper` | cups |",
        "",
        END,
        "after",
    ]


@pytest.mark.parametrize("page", ["", BEGIN, f"{END} {BEGIN}"])
def test_a_page_without_a_place_is_refused(page: str) -> None:
    """Nothing is written where the marks are not, or not in their order."""
    with pytest.raises(ValueError, match="no place for the options"):
        with_tables(page, sections_of(House))


def test_the_documentation_is_current() -> None:
    """docs/configuration.md has the options as they are declared: ``make docs`` writes them."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, SECTIONS) == page
