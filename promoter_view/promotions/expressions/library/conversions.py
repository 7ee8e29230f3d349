"""Functions from one kind of value to another, as Go shows and reads them. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from promoter_view.promotions.expressions.json_texts import from_json, to_json
from promoter_view.promotions.expressions.operators import bounded_int
from promoter_view.promotions.expressions.values import (
    ExpressionError,
    Function,
    Native,
    Struct,
    bounded,
    is_number,
    kind_of,
    text_of,
)

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+-]?\d[\d_]*)?", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX]([0-9a-fA-F_]+\.?[0-9a-fA-F_]*|\.[0-9a-fA-F_]+)[pP][+-]?\d+", re.ASCII)
_SPECIAL = re.compile(r"nan|[+-]?inf(inity)?", re.IGNORECASE)
#: A longer one is no number that somebody wrote.
_MOST_DIGITS = 400
_SHOWN = 40


def read_float(text: str) -> float | None:
    """As Go's ParseFloat reads it; None where it does not, or cannot hold it."""
    if _SPECIAL.fullmatch(text):
        return float(text)
    if len(text) > _MOST_DIGITS:
        return None
    try:
        if _HEXADECIMAL.fullmatch(text):
            return float.fromhex(text.replace("_", ""))
        found = float(text) if _DECIMAL.fullmatch(text) else math.inf
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _int(value: Any) -> int | float:
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise ExpressionError(f'"{value[:_SHOWN]}" is no int')
        return bounded_int(int(value), "it")
    if is_number(value) and math.isfinite(value):
        return bounded_int(int(value), "it")
    raise ExpressionError(f"{kind_of(value)} is no int")


def _float(value: Any) -> float:
    found = read_float(value) if isinstance(value, str) else value
    if found is None or not is_number(found):
        shown_value = f'"{value[:_SHOWN]}"' if isinstance(value, str) else kind_of(value)
        raise ExpressionError(f"{shown_value} is no float")
    return float(found)


def shown(value: Any) -> str:
    """A value as Go's ``%v`` shows it."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _shown_float(value)
    if isinstance(value, list):
        return f"[{' '.join(map(shown, value))}]"
    if isinstance(value, Struct):
        raise ExpressionError(f"{value.kind} has no string; toJSON gives one")
    if isinstance(value, Mapping):
        pairs = sorted(value.items(), key=lambda pair: str(pair[0]))
        return f"map[{' '.join(f'{shown(name)}:{shown(found)}' for name, found in pairs)}]"
    return str(value)


def _shown_float(value: float) -> str:
    """The shortest that reads as the same; with an exponent below 0.0001, and from a million on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'+' if value > 0 else '-'}Inf"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = len(digits) - 1 + exponent
    return _with_exponent(sign, digits, power) if value and not -5 < power < 6 else _flat(value)


def _with_exponent(sign: int, digits: tuple[int, ...], power: int) -> str:
    fraction = "".join(map(str, digits[1:]))
    point = f".{fraction}" if fraction else ""
    return f"{'-' if sign else ''}{digits[0]}{point}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _flat(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _type(value: Any) -> str:
    if isinstance(value, Native):
        return value.type_name
    return "nil" if value is None else _TYPES.get(type(value), "map")


_TYPES = {bool: "bool", int: "int", float: "float", str: "string", list: "array"}


def _from_json(text: Any) -> Any:
    return from_json(text_of(text))


CONVERSIONS: Mapping[str, Function] = {
    "type": Function(_type),
    "int": Function(_int),
    "float": Function(_float),
    "string": Function(lambda value: bounded(shown(value))),
    "toJSON": Function(lambda value: to_json(value, indent=2)),
    "fromJSON": Function(_from_json),
}
