"""JSON of values and values of JSON, as Go's encoding/json has them. Pure; it raises ExpressionError only."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import accumulate
from typing import Any

from promoter_view.promotions.expressions.values import ExpressionError, Native, Struct, bounded, kind_of

_EXACT = 2**53
_PLAIN_DIGITS = 1e21
_MAX_DEPTH = 100
#: Reading more would hold the process up.
MAX_JSON = 200_000
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_DEEPER = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(code for code in range(256) if code not in _DEEPER)
_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def number_of(value: float) -> int | float:
    """A float as JSON shows it: one without a fraction is an integer."""
    return int(value) if math.isfinite(value) and value == int(value) and abs(value) < _EXACT else value


def check_json(text: str) -> None:
    """Looks at what may be JSON. Errors: where it is too long, or nests deeper than what is written as a status may.

    How deep a decoder goes by itself is another number in each release of Python.
    """
    if len(text) > MAX_JSON:
        raise ExpressionError(f"JSON of {len(text)} characters is too long; {MAX_JSON} at most")
    brackets = _STRING.sub("", text).encode("ascii", "ignore").translate(None, _NO_BRACKETS)
    if max(accumulate(map(_DEEPER.__getitem__, brackets)), default=0) > _MAX_DEPTH:
        raise ExpressionError("it is nested too deeply")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON, names in order. Errors: where it holds what JSON has not."""
    separators = (",", ": ") if indent else (",", ":")
    try:
        text = json.dumps(
            plain(value), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators
        )
    except ValueError as error:
        raise ExpressionError(f"there is no JSON for {kind_of(value)}: {error}") from error
    return bounded(text.translate(_ESCAPED))


def plain(value: Any) -> Any:
    """A value as what JSON has."""
    if isinstance(value, Struct | Native):
        return plain(value.document)
    if isinstance(value, Mapping):
        return {_key(name): plain(found) for name, found in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return _whole(value) if isinstance(value, float) else value


def _whole(value: float) -> int | float:
    """Without a fraction and an exponent, up to where Go writes one."""
    if math.isfinite(value) and value == int(value) and abs(value) < _PLAIN_DIGITS:
        return int(Decimal(repr(value)))
    return value


def _key(name: Any) -> str:
    return name if isinstance(name, str) else json.dumps(number_of(name) if isinstance(name, float) else name)


def from_json(text: str) -> Any:
    """The value of that JSON: each number in it is a float. Errors: ExpressionError."""
    check_json(text)
    try:
        return json.loads(text, parse_constant=_no_constant, parse_int=_float, parse_float=_float)
    except ValueError as error:
        raise ExpressionError(f"that is no JSON: {error}") from error


def _float(digits: str) -> float:
    found = float(digits)
    if not math.isfinite(found):
        raise ValueError(f"{digits[:30]} is too large")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def from_document(value: Any) -> Any:
    """A decoded document as values of expressions: a number in it is a float, as Go decodes it."""
    if type(value) is int:
        return float(value)
    if isinstance(value, Mapping):
        return {name: from_document(found) for name, found in value.items()}
    if isinstance(value, list):
        return [from_document(item) for item in value]
    return value
