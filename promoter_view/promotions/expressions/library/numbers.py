"""Functions on numbers, and on the bits of ints of 64 bits. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from promoter_view.promotions.expressions.operators import bounded_int
from promoter_view.promotions.expressions.values import ExpressionError, Function, int_of, is_number, kind_of

_MOST_ARGUMENTS = 100
_BITS = 64
_ALL_BITS = 2**_BITS - 1
_LARGEST = 2 ** (_BITS - 1) - 1


def number_given(value: Any) -> Any:
    """That number. Errors: whatever else it is."""
    if not is_number(value):
        raise ExpressionError(f"a number is needed, not {kind_of(value)}")
    return value


def _all_numbers(values: Iterable[Any]) -> Iterable[Any]:
    """The numbers given, and those in arrays among them."""
    for value in values:
        if isinstance(value, list):
            yield from _all_numbers(value)
        else:
            yield number_given(value)


def _most(*values: Any) -> Any:
    return max(_all_numbers(values), default=None)


def _least(*values: Any) -> Any:
    return min(_all_numbers(values), default=None)


def _mean(*values: Any) -> float:
    found = list(_all_numbers(values))
    return float(sum(found) / len(found)) if found else 0.0


def _median(*values: Any) -> float:
    found = list(_all_numbers(values))
    return float(statistics.median(found)) if found else 0.0


def _rounded(value: Any) -> float:
    """Halves go away from zero."""
    number = float(number_given(value))
    if not math.isfinite(number):
        return number
    return math.copysign(math.floor(abs(number) + 0.5) if abs(number) % 1 >= 0.5 else math.floor(abs(number)), number)


def _whole(way: Callable[[float], int]) -> Callable[[Any], float]:
    def rounded(value: Any) -> float:
        number = float(number_given(value))
        return float(way(number)) if math.isfinite(number) else number

    return rounded


def total(values: Iterable[Any]) -> int | float:
    """The sum of numbers. Errors: whatever else is among them."""
    return bounded_int(sum(map(number_given, values)), "the sum")


def _signed(bits: int) -> int:
    """As an int of 64 bits: what is above is cut off."""
    found: int = bits & _ALL_BITS
    return found - 2**_BITS if found > _LARGEST else found


def _on_bits(way: Callable[[int, int], int]) -> Function:
    return Function(lambda left, right: _signed(way(int_of(left), int_of(right))), 2, 2)


def _shifting(way: Callable[[int, int], int]) -> Function:
    def shifted(left: int, right: int) -> int:
        if right < 0:
            raise ExpressionError(f"bits cannot be shifted by {right}")
        return way(left, min(right, _BITS))

    return _on_bits(shifted)


NUMBERS: Mapping[str, Function] = {
    "max": Function(_most, 1, _MOST_ARGUMENTS),
    "min": Function(_least, 1, _MOST_ARGUMENTS),
    "mean": Function(_mean, 1, _MOST_ARGUMENTS),
    "median": Function(_median, 1, _MOST_ARGUMENTS),
    "abs": Function(lambda value: abs(number_given(value))),
    "ceil": Function(_whole(math.ceil)),
    "floor": Function(_whole(math.floor)),
    "round": Function(_rounded),
    "bitand": _on_bits(lambda left, right: left & right),
    "bitor": _on_bits(lambda left, right: left | right),
    "bitxor": _on_bits(lambda left, right: left ^ right),
    "bitnand": _on_bits(lambda left, right: left & ~right),
    "bitnot": Function(lambda value: ~int_of(value)),
    "bitshl": _shifting(lambda left, right: left << right),
    "bitshr": _shifting(lambda left, right: left >> right),
    "bitushr": _shifting(lambda left, right: (left & _ALL_BITS) >> right),
}
