"""The functions of expressions that look at their arguments only. Pure.

Those that every expression has; what knows of a Promotion comes beside them (promotion.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.promotions.expressions.values import (
    ExpressionError,
    Struct,
    bounded,
    check_depth,
    is_number,
    kind_of,
    number_of,
    to_json,
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of ``least`` to ``most`` arguments."""

    call: Callable[..., Any]
    least: int = 1
    most: int = 1


def call(functions: Mapping[str, Function], name: str, arguments: list[Any]) -> Any:
    """The value of a call. Errors: ExpressionError."""
    function = functions[name]
    if not function.least <= len(arguments) <= function.most:
        wanted = str(function.least) if function.least == function.most else f"{function.least} to {function.most}"
        raise ExpressionError(f"{name} takes {wanted} argument(s), not {len(arguments)}")
    try:
        return function.call(*arguments)
    except ExpressionError as error:
        raise ExpressionError(f"{name}: {error}") from error


def text_of(value: Any) -> str:
    """That string. Errors: whatever else it is."""
    if not isinstance(value, str):
        raise ExpressionError(f"a string is needed, not {kind_of(value)}")
    return value


def _list_of(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ExpressionError(f"an array is needed, not {kind_of(value)}")
    return value


def _quote(value: Any) -> str:
    """In double quotes, so that what looks like a number or a bool stays a string."""
    return f'"{value}"' if isinstance(value, str) else f'"{to_json(value)}"'


def _length(value: Any) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    raise ExpressionError(f"{kind_of(value)} has no length")


def _split(text: Any, separator: Any) -> list[str]:
    return text_of(text).split(text_of(separator)) if separator else list(text_of(text))


def _join(items: Any, separator: Any = "") -> str:
    return bounded(text_of(separator).join(map(text_of, _list_of(items))))


def _trim(text: Any, characters: Any = None) -> str:
    return text_of(text).strip(None if characters is None else text_of(characters))


def _replace(text: Any, old: Any, new: Any) -> str:
    found, old, new = text_of(text), text_of(old), text_of(new)
    growth = (len(found) if old else len(found) + 1) * len(new)
    if growth > 10_000_000:
        raise ExpressionError("the text would be too long")
    return bounded(found.replace(old, new))


def _int(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.lstrip("+-").isdigit() and len(value) < 20:
        try:
            return int(value)
        except ValueError:
            raise ExpressionError(f'"{value}" is no int') from None
    if is_number(value) and math.isfinite(value):
        return int(value)
    raise ExpressionError(f"{kind_of(value)} is no int")


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or is_number(value):
        return to_json(value)
    raise ExpressionError(f"{kind_of(value)} has no string; toJSON gives one")


def _from_json(text: Any) -> Any:
    read = text_of(text)
    check_depth(read)
    try:
        found = json.loads(read, parse_constant=_no_constant)
    except ValueError as error:
        raise ExpressionError(f"that is no JSON: {error}") from error
    return number_of(found) if isinstance(found, float) else found


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def _keys(value: Any) -> list[str]:
    if not isinstance(value, dict | Struct):
        raise ExpressionError(f"{kind_of(value)} has no keys")
    return sorted(value.fields if isinstance(value, Struct) else value)


def _first(items: Any) -> Any:
    return _list_of(items)[0] if items else None


def _last(items: Any) -> Any:
    return _list_of(items)[-1] if items else None


FUNCTIONS: Mapping[str, Function] = {
    "quote": Function(_quote),
    "len": Function(_length),
    "split": Function(_split, 2, 2),
    "join": Function(_join, 1, 2),
    "trim": Function(_trim, 1, 2),
    "trimPrefix": Function(lambda text, part: text_of(text).removeprefix(text_of(part)), 2, 2),
    "trimSuffix": Function(lambda text, part: text_of(text).removesuffix(text_of(part)), 2, 2),
    "hasPrefix": Function(lambda text, part: text_of(text).startswith(text_of(part)), 2, 2),
    "hasSuffix": Function(lambda text, part: text_of(text).endswith(text_of(part)), 2, 2),
    "replace": Function(_replace, 3, 3),
    "upper": Function(lambda text: text_of(text).upper()),
    "lower": Function(lambda text: text_of(text).lower()),
    "int": Function(_int),
    "string": Function(_string),
    "toJSON": Function(lambda value: to_json(value, indent=2)),
    "fromJSON": Function(_from_json),
    "keys": Function(_keys),
    "first": Function(_first),
    "last": Function(_last),
}
