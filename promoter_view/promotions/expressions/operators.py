"""What operators make of values, as expr-lang has it. Pure; it raises ExpressionError only."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import re2

from promoter_view.promotions.expressions.library.moments import calculated_moment
from promoter_view.promotions.expressions.values import (
    ExpressionError,
    Native,
    Struct,
    bounded,
    is_number,
    kind_of,
    place_of,
    within_bounds,
)

_INT64 = 2**63
_PATTERN_BYTES = 1 << 20
_SHOWN = 60


def binary(symbol: str, left: Any, right: Any) -> Any:
    """The value of ``left symbol right`` for operators that look at both sides."""
    if symbol in ("==", "!="):
        return equal(left, right) is (symbol == "==")
    if symbol in _WORDS:
        return _on_texts(symbol, left, right)
    if symbol == "+" and isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    if isinstance(left, Native) or isinstance(right, Native):
        return calculated_moment(symbol, left, right)
    comparable = isinstance(left, str) and isinstance(right, str) and symbol in ORDER
    if not comparable and not (is_number(left) and is_number(right)):
        raise ExpressionError(f"{symbol} is not for {kind_of(left)} and {kind_of(right)}")
    if symbol in ORDER:
        return ORDER[symbol](left, right)
    return _calculated(symbol, left, right)


def _calculated(symbol: str, left: Any, right: Any) -> int | float:
    try:
        found: int | float = _ARITHMETIC[symbol](left, right)
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise ExpressionError(f"{symbol} of {left} and {right} has no value: {error}") from error
    return bounded_int(found, f"{symbol} of {left} and {right}")


def bounded_int(found: int | float, what: str) -> int | float:
    """That number. Errors: an int beyond 64 bits."""
    if isinstance(found, int) and not -_INT64 <= found < _INT64:
        raise ExpressionError(f"{what} is beyond an int of 64 bits")
    return found


def _remainder(left: Any, right: Any) -> int:
    """Of the sign of the left side, as Go has it."""
    if type(left) is not int or type(right) is not int:
        raise ExpressionError("% is for two ints; int(...) makes one of a number")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


@lru_cache(64)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    return re2.compile(pattern, options)


def _matches(text: str, pattern: str) -> bool:
    """By RE2, as in Go: its time is bounded by the text's length, whatever the pattern."""
    try:
        return _compiled(pattern).search(text) is not None
    except (re2.error, UnicodeEncodeError) as error:
        why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
        raise ExpressionError(f"matches: {pattern[:_SHOWN]} is no regular expression: {why}") from error


ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
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
    if isinstance(right, Mapping | Struct) and isinstance(left, str):
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
    if isinstance(value, Native):
        raise ExpressionError(f"{value.kind} has no field {name}; its methods are {', '.join(sorted(value.methods))}")
    raise ExpressionError(f"cannot take {name} of {kind_of(value)}")


def index(value: Any, place: Any) -> Any:
    """``value[place]``: by name, or counted from 0; from the end where negative."""
    if isinstance(place, str) or isinstance(value, Struct):
        if not isinstance(place, str):
            raise ExpressionError(f"cannot take an element of {kind_of(value)} by {kind_of(place)}")
        return member(value, place)
    if isinstance(value, dict) and (is_number(place) or isinstance(place, bool)):
        first = next(iter(value), place)
        return value.get(place) if isinstance(first, bool) == isinstance(place, bool) else None
    if not isinstance(value, list | str) or not is_number(place):
        raise ExpressionError(f"cannot take an element of {kind_of(value)} by {kind_of(place)}")
    number = place_of(place)
    if not -len(value) <= number < len(value):
        raise ExpressionError(f"index {number} is beyond {kind_of(value)} of {len(value)}")
    return value[number]


def part(value: Any, start: Any, end: Any) -> Any:
    """``value[start:end]``; either may be nil, and what is beyond is cut off."""
    if not isinstance(value, list | str):
        raise ExpressionError(f"cannot take a part of {kind_of(value)}")
    for bound in (start, end):
        if bound is not None and not is_number(bound):
            raise ExpressionError(f"a part begins and ends at an int, not at {kind_of(bound)}")
    return value[slice(*(None if bound is None else place_of(bound) for bound in (start, end)))]


def ascending(first: Any, last: Any) -> list[int]:
    """``first..last``: the ints from one to the other, both among them; none where the second is less."""
    start, end = place_of(first), place_of(last)
    within_bounds(end - start + 1)
    return list(range(start, end + 1))
