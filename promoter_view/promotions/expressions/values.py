"""Values of expressions: what they are, and how they are told of. Pure.

A value is what JSON has (None, bool, int, float, str, list, dict); or a Struct: an object whose fields are known, so
that one it does not have is an error and not nil; or a Native: a value of Go's own, with methods.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar

MAX_LENGTH = 1_000_000
MAX_ELEMENTS = 100_000
_NAMED = 60
_FEW = 30


class ExpressionError(ValueError):
    """An expression that has no value; the message says why."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A value with known fields, as Go has it: ``kind`` names it in messages, ``document`` is it as JSON."""

    kind: str
    fields: Mapping[str, Any]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or a method, of ``least`` to ``most`` arguments. ``cost``: how often it goes through all of them."""

    call: Callable[..., Any]
    least: int = 1
    most: int = 1
    cost: int = 1

    def __call__(self, name: str, arguments: Sequence[Any], *receiver: Any) -> Any:
        """The value of a call; ``receiver`` is whose method it is. Errors: ExpressionError."""
        if not self.least <= len(arguments) <= self.most:
            raise ExpressionError(f"{name} takes {self.wanted} argument(s), not {len(arguments)}")
        try:
            return self.call(*receiver, *arguments)
        except ExpressionError as error:
            raise ExpressionError(f"{name}: {error}") from error

    @property
    def wanted(self) -> str:
        """How many arguments."""
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


class Native:
    """A value with methods: a date, a duration, a version. ``str`` of it is its text."""

    kind: ClassVar[str]
    #: What ``type(...)`` says.
    type_name: ClassVar[str]
    methods: ClassVar[Mapping[str, Function]]

    @property
    def document(self) -> Any:
        """It as JSON."""
        return str(self)


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, Struct | Native):
        return value.kind
    if value is None:
        return "nil"
    return _KINDS.get(type(value), "a value")


_KINDS = {bool: "a bool", int: "an int", float: "a float", str: "a string", list: "an array", dict: "a map"}


def is_number(value: Any) -> bool:
    """Whether it is a number; a bool is none."""
    return type(value) in (int, float)


def text_of(value: Any) -> str:
    """That string. Errors: whatever else it is."""
    if not isinstance(value, str):
        raise ExpressionError(f"a string is needed, not {kind_of(value)}")
    return value


def list_of(value: Any) -> list[Any]:
    """That array. Errors: whatever else it is."""
    if not isinstance(value, list):
        raise ExpressionError(f"an array is needed, not {kind_of(value)}")
    return value


def int_of(value: Any) -> int:
    """That int. Errors: whatever else it is, a float too: int(...) makes one of it."""
    if type(value) is not int:
        raise ExpressionError(f"an int is needed, not {kind_of(value)}")
    return value


def place_of(value: Any) -> int:
    """A number as a place in an array: a fraction is cut off. Errors: whatever else it is."""
    if type(value) is float and abs(value) < MAX_LENGTH:
        return int(value)
    return int_of(value)


def truth(value: Any) -> bool:
    """That bool. Errors: whatever else it is."""
    if not isinstance(value, bool):
        raise ExpressionError(f"a bool is needed, not {kind_of(value)}")
    return value


def bounded(text: str) -> str:
    """That text. Errors: where it is too long."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a text of {len(text)} characters is too long; {MAX_LENGTH} at most")
    return text


def within_bounds(elements: int) -> None:
    """Errors: where an array of so many elements would be too long."""
    if elements > MAX_ELEMENTS:
        raise ExpressionError(f"an array of {elements} elements is too long; {MAX_ELEMENTS} at most")


def nearest(name: str, known: Collection[str]) -> str:
    """What is said behind a name that is not known: the nearest, or of few all that there are."""
    near = get_close_matches(name[:_NAMED], known, n=3)
    if near:
        return f"; the nearest: {', '.join(near)}"
    return f"; there are: {', '.join(sorted(known))}" if 0 < len(known) <= _FEW else ""
