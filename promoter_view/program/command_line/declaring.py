"""How options are declared: each is a field of a section, whose metadata has its notation, default and meaning.

Flags, variables, checks, the help and the documentation's tables are all read from there. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, overload

from promoter_view.program.command_line.values import Notation

T = TypeVar("T")

PREFIX = "PROMOTER_VIEW_"
_KEY = "declared"


class OptionError(ValueError):
    """A wrong option: the message names it, its value and what was expected."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a field says of its option.

    ``notation`` None is a flag. ``otherwise`` tells what counts where nothing is given and no default says it. ``more``
    is Markdown, for the documentation only. ``in_demo`` and ``as_dashboard`` are defaults of ``--demo`` and ``--role
    dashboard``. ``name`` is given where the section's prefix and the field's name do not make it.
    """

    notation: Notation[Any] | None
    default: str | None
    help: str
    otherwise: str = ""
    more: str = ""
    name: str = ""
    in_demo: str | None = None
    as_dashboard: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One option, as operators know it: ``name`` is without dashes, ``attribute`` its field in its section."""

    name: str
    attribute: str
    declared: Declaration

    @property
    def environment(self) -> str:
        """The environment variable that gives it where the command line does not."""
        return PREFIX + self.name.replace("-", "_").upper()

    @property
    def is_flag(self) -> bool:
        """It has no value: given is true."""
        return self.declared.notation is None

    @property
    def parse(self) -> Callable[[str], Any]:
        """Raises ValueError that says what was expected."""
        return _flag if self.declared.notation is None else self.declared.notation.parse

    @property
    def written(self) -> str:
        """With its dashes, and what stands for its value."""
        return f"--{self.name}" + ("" if self.declared.notation is None else f" {self.declared.notation.placeholder}")


@dataclass(frozen=True, slots=True)
class OptionSection:
    """Options of one purpose. ``attribute`` is its field in Settings, ``kind`` that field's class."""

    attribute: str
    title: str
    kind: type[Any]
    options: tuple[Option, ...]


@overload
def option(notation: Notation[T], default: str, meaning: str, **more: str) -> T: ...
@overload
def option(notation: Notation[T], default: None, meaning: str, **more: str) -> T | None: ...
def option(notation: Notation[T], default: str | None, meaning: str, **more: str) -> Any:
    """A field that is an option with a value; ``more`` is the rest of its Declaration."""
    return field(metadata={_KEY: Declaration(notation, default, meaning, **more)})


def flag(meaning: str, **more: str) -> bool:
    """A field that is an option without a value."""
    declared: bool = field(metadata={_KEY: Declaration(None, None, meaning, **more)})
    return declared


def section(kind: type[T], title: str, *, prefix: str = "") -> T:
    """A field of options of one purpose, whose names begin with ``prefix``."""
    declared: T = field(metadata={_KEY: (kind, title, prefix)})
    return declared


def sections_of(settings: type[Any]) -> tuple[OptionSection, ...]:
    """All that are declared, in their order."""
    return tuple(_section(each.name, *each.metadata[_KEY]) for each in fields(settings))


def _section(attribute: str, kind: type[Any], title: str, prefix: str) -> OptionSection:
    options = tuple(_option(each.name, prefix, each.metadata[_KEY]) for each in fields(kind))
    return OptionSection(attribute, title, kind, options)


def _option(attribute: str, prefix: str, declared: Declaration) -> Option:
    return Option(declared.name or prefix + attribute.replace("_", "-"), attribute, declared)


def _flag(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
    if text.lower() not in words:
        raise ValueError("expected true or false")
    return words[text.lower()]
