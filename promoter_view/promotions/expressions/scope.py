"""What an expression may use: names, functions, and so much work. Pure.

Work is bounded, for whoever writes a Stage writes its expressions: each step has a cost, each value that is made or
given to a function by its size, and one run of a template has one budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promoter_view.promotions.expressions.values import ExpressionError, Function, Struct

#: So many characters of a text, and so many elements of an array, cost as much as one step.
_CHARACTERS, _ELEMENTS = 256, 8
#: What a regular expression costs, and each character of it.
_PATTERN, _PATTERN_CHARACTER = 100, 10


@dataclass(slots=True)
class Budget:
    """How much work is left: about one unit for each step. ``characters``: so much of expressions may be new."""

    left: int = 20_000
    characters: int = 20_000
    _patterns: set[str] = field(default_factory=set)

    def spend(self, units: int = 1) -> None:
        """Takes that. Errors: where nothing is left."""
        self.left -= units
        if self.left < 0:
            raise ExpressionError("the expressions are too much work")

    def read(self, characters: int) -> None:
        """Takes the cost of reading an expression of that length."""
        self.characters -= characters
        if self.characters < 0:
            raise ExpressionError("the expressions of one step are too long together")

    def made(self, value: Any) -> None:
        """Takes the cost of a step, and of the value that it made."""
        if isinstance(value, str):
            self.spend(1 + len(value) // _CHARACTERS)
        else:
            self.spend(1 + (len(value) // _ELEMENTS if isinstance(value, list) else 0))

    def weigh(self, value: Any, times: int = 1) -> None:
        """Takes the cost of looking so often at all of a value, however it is nested."""
        before = self.left
        self._look(value)
        self.spend((before - self.left) * (times - 1))

    def compile(self, pattern: str) -> None:
        """Takes the cost of a regular expression, the first time that it is met."""
        if pattern not in self._patterns:
            self._patterns.add(pattern)
            self.spend(_PATTERN + _PATTERN_CHARACTER * len(pattern))

    def _look(self, value: Any) -> None:
        waiting = [value]
        while waiting:
            found = waiting.pop()
            self.spend(1 + len(found) // _CHARACTERS if isinstance(found, str) else 1)
            if isinstance(found, Struct):
                found = found.fields
            if isinstance(found, list | Mapping):
                self.spend(len(found) // _ELEMENTS)
                waiting.extend(found if isinstance(found, list) else found.values())


_NOWHERE = object()


@dataclass(frozen=True, slots=True)
class Element:
    """What a predicate is asked of: ``#``, ``#index``, and in reduce ``#acc``."""

    value: Any
    index: int
    accumulated: Any = _NOWHERE

    def pointed(self, name: str) -> Any:
        """What ``#name`` stands for. Errors: where it stands for nothing here."""
        if name == "acc" and self.accumulated is not _NOWHERE:
            return self.accumulated
        if name in ("", "index"):
            return self.index if name else self.value
        raise ExpressionError(f"#{name} is not known here; there are # and #index, and in reduce #acc")


@dataclass(frozen=True, slots=True)
class Scope:
    """What names and functions mean. ``item`` is None outside of predicates."""

    names: Mapping[str, Any]
    functions: Mapping[str, Function]
    budget: Budget
    item: Element | None = None
