"""Literals of expressions: what a number or a string that is written stands for. Pure."""

from __future__ import annotations

import re

from lark import Token

from promoter_view.promotions.expressions.operators import bounded_int
from promoter_view.promotions.expressions.values import ExpressionError

_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|U[0-9A-Fa-f]{8}|[0-7]{3}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_MOST_CODE = 0x10FFFF
_MOST_DIGITS = 400
_SHOWN = 40


def string_of(token: Token) -> str:
    """What stands between its quotes, escapes resolved. Errors: an escape that there is not."""
    return _ESCAPE.sub(_unescaped, str(token)[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 1:
        if code not in _ESCAPES:
            raise ExpressionError(f"a string has no escape \\{code}")
        return _ESCAPES[code]
    number = int(code, 8) if code.isdigit() else int(code.strip("xuU{}"), 16)
    if number > _MOST_CODE or 0xD800 <= number < 0xE000:
        raise ExpressionError(f"a string has no escape \\{code}")
    return chr(number)


def number_of_token(token: Token) -> int | float:
    """Its value. Errors: an int beyond 64 bits, and what no float can hold."""
    digits = str(token).replace("_", "").lower()
    if len(digits) > _MOST_DIGITS:
        raise ExpressionError("a number is too long")
    base = _BASES.get(digits[:2])
    if base is None and not digits.isdigit():
        found = float(digits)
        if found == float("inf"):
            raise ExpressionError(f"{digits} is too large for a float")
        return found
    if base is not None and len(digits) == len("0x"):
        raise ExpressionError(f"{digits} is no number")
    return bounded_int(int(digits, base or 10), digits[:_SHOWN])
