"""Values of expressions and what operators make of them, as expr-lang has it. Pure; it raises ExpressionError only.

A value is what JSON has (None, bool, int, float, str, list, dict), or a Struct: an object whose fields are known, so
that one it does not have is an error and not nil.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import re2

MAX_LENGTH = 1_000_000
_INT64 = 2**63
_EXACT = 2**53
_PATTERN_BYTES = 1 << 20
_MAX_DEPTH = 100
#: Brackets; strings are passed over, with those in them.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)
_SHOWN = 60


class ExpressionError(ValueError):
    """An expression that has no value; the message says why."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A value with known fields, as Go has it: ``kind`` names it in messages, ``document`` is it as JSON."""

    kind: str
    fields: Mapping[str, Any]
    document: Mapping[str, Any]


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, Struct):
        return value.kind
    if value is None:
        return "nil"
    return _KINDS.get(type(value), "a value")


_KINDS = {bool: "a bool", int: "an int", float: "a float", str: "a string", list: "an array", dict: "a map"}


def is_number(value: Any) -> bool:
    """Whether it is a number; a bool is none."""
    return type(value) in (int, float)


def number_of(value: float) -> int | float:
    """A float as JSON shows it: one without a fraction is an integer."""
    return int(value) if math.isfinite(value) and value == int(value) and abs(value) < _EXACT else value


def binary(symbol: str, left: Any, right: Any) -> Any:
    """The value of ``left symbol right`` for operators that look at both sides."""
    if symbol in ("==", "!="):
        return equal(left, right) is (symbol == "==")
    if symbol in _WORDS:
        return _on_texts(symbol, left, right)
    if symbol == "+" and isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    comparable = isinstance(left, str) and isinstance(right, str) and symbol in _ORDER
    if not comparable and not (is_number(left) and is_number(right)):
        raise ExpressionError(f"{symbol} is not for {kind_of(left)} and {kind_of(right)}")
    if symbol in _ORDER:
        return _ORDER[symbol](left, right)
    return _calculated(symbol, left, right)


def _calculated(symbol: str, left: Any, right: Any) -> int | float:
    try:
        found: int | float = _ARITHMETIC[symbol](left, right)
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise ExpressionError(f"{symbol} of {left} and {right} has no value: {error}") from error
    if isinstance(found, int) and not -_INT64 <= found < _INT64:
        raise ExpressionError(f"{symbol} of {left} and {right} is beyond an int of 64 bits")
    return found


def _remainder(left: Any, right: Any) -> int:
    """Of the sign of the left side, as Go has it."""
    if type(left) is not int or type(right) is not int:
        raise ExpressionError("% is for two ints")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def _matches(text: str, pattern: str) -> bool:
    """By RE2, as in Go: its time is bounded by the text's length, whatever the pattern."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    try:
        return re2.compile(pattern, options).search(text) is not None
    except (re2.error, UnicodeEncodeError) as error:
        why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
        raise ExpressionError(f"matches: {pattern[:_SHOWN]} is no regular expression: {why}") from error


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": _remainder,
    "**": math.pow,
    "^": math.pow,
}
_WORDS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startsWith": lambda text, part: text.startswith(part),
    "endsWith": lambda text, part: text.endswith(part),
    "matches": _matches,
}


def _on_texts(symbol: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    if not isinstance(left, str) or not isinstance(right, str):
        raise ExpressionError(f"{symbol} is not for {kind_of(left)} and {kind_of(right)}")
    return _WORDS[symbol](left, right)


def equal(left: Any, right: Any) -> bool:
    """Equal as values: 1 is 1.0, but not true, and not "1"."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(value, right[name]) for name, value in left.items())
    return bool(left == right)


def within(left: Any, right: Any) -> bool:
    """``left in right``: an element of an array, or a name in a map."""
    if right is None:
        return False
    if isinstance(right, list):
        return any(equal(left, item) for item in right)
    if isinstance(right, dict | Struct) and isinstance(left, str):
        return left in (right.fields if isinstance(right, Struct) else right)
    raise ExpressionError(f"in is not for {kind_of(left)} and {kind_of(right)}")


def member(value: Any, name: Any) -> Any:
    """``value.name`` and ``value["name"]``: nil for a name that a map does not have."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, Struct):
        if name not in value.fields:
            raise ExpressionError(f"{value.kind} has no {name}; it has {', '.join(value.fields)}")
        return value.fields[name]
    raise ExpressionError(f"cannot take {name} of {kind_of(value)}")


def index(value: Any, place: Any) -> Any:
    """``value[place]``: by name, or counted from 0; from the end where negative."""
    if isinstance(place, str) or isinstance(value, dict | Struct):
        if not isinstance(place, str):
            raise ExpressionError(f"cannot take an element of {kind_of(value)} by {kind_of(place)}")
        return member(value, place)
    if not isinstance(value, list | str) or type(place) is not int:
        raise ExpressionError(f"cannot take an element of {kind_of(value)} by {kind_of(place)}")
    if not -len(value) <= place < len(value):
        raise ExpressionError(f"index {place} is beyond {kind_of(value)} of {len(value)}")
    return value[place]


def part(value: Any, start: Any, end: Any) -> Any:
    """``value[start:end]``; either may be nil, and what is beyond is cut off."""
    if not isinstance(value, list | str):
        raise ExpressionError(f"cannot take a part of {kind_of(value)}")
    for bound in (start, end):
        if bound is not None and type(bound) is not int:
            raise ExpressionError(f"a part begins and ends at an int, not at {kind_of(bound)}")
    return value[start:end]


def truth(value: Any) -> bool:
    """That bool. Errors: whatever else it is."""
    if not isinstance(value, bool):
        raise ExpressionError(f"a bool is needed, not {kind_of(value)}")
    return value


def check_depth(text: str) -> None:
    """Looks at what may be JSON. Errors: where its brackets nest deeper than what is written as a status may.

    How deep a decoder goes by itself is another number in each release of Python.
    """
    depth = 0
    for token in _BRACKETS.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > _MAX_DEPTH:
            raise ExpressionError("it is nested too deeply")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON, names in order. Errors: where it holds what JSON has not."""
    separators = (",", ": ") if indent else (",", ":")
    try:
        return bounded(
            json.dumps(
                _plain(value), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
            )
        )
    except ValueError as error:
        raise ExpressionError(f"there is no JSON for {kind_of(value)}: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return _plain(dict(value.document))
    if isinstance(value, dict):
        return {str(name): _plain(found) for name, found in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return number_of(value) if isinstance(value, float) else value


def bounded(text: str) -> str:
    """That text. Errors: where it is too long."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a text of {len(text)} characters is too long; {MAX_LENGTH} at most")
    return text
