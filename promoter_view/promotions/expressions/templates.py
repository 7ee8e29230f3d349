"""Documents with expressions in their strings: ``${{ ... }}`` and ``${% ... %}``. Pure, and total.

Only values are looked at, never keys. A string without an expression stays as it is, whatever it looks like; one with
an expression becomes what it then looks like: a number, a bool, null, JSON, or a string.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from promoter_view.promotions.expressions.json_texts import check_json, number_of, to_json
from promoter_view.promotions.expressions.library.conversions import read_float
from promoter_view.promotions.expressions.values import ExpressionError, bounded

#: The value of an expression. Errors: ExpressionError.
Evaluate = Callable[[str], Any]

_OPENING = re.compile(r"\$\{(\{|%)")
_CLOSING = {"{": "}}", "%": "%}"}
#: What is skipped on the way to the end: strings, comments, and, for braces that are in pairs, maps and predicates.
_TOKEN = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|//(?:(?!\}\}|%\}|\n).)*|/\*.*?\*/|%\}|[{}]", re.DOTALL
)
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_SHOWN = 60


def render(document: Any, evaluate: Evaluate) -> Any:
    """The document with the value of every expression in it. Errors: ExpressionError, with the path to the string."""
    try:
        return _rendered(document, evaluate, "")
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None


def _rendered(document: Any, evaluate: Evaluate, path: str) -> Any:
    if isinstance(document, dict):
        return {
            name: _rendered(value, evaluate, f"{path}.{name}" if path else name) for name, value in document.items()
        }
    if isinstance(document, list):
        return [_rendered(item, evaluate, f"{path}[{place}]") for place, item in enumerate(document)]
    if not isinstance(document, str):
        return document
    try:
        return render_text(document, evaluate)
    except ExpressionError as error:
        raise ExpressionError(f"{path[:_SHOWN]}: {error}" if path else str(error)) from error


def render_text(text: str, evaluate: Evaluate) -> Any:
    """The value of one string. Errors: ExpressionError, also where an expression does not end."""
    if _OPENING.search(text) is None:
        return text
    return coerce(bounded("".join(_parts(text, evaluate))))


def _parts(text: str, evaluate: Evaluate) -> Iterator[str]:
    position = 0
    while opening := _OPENING.search(text, position):
        yield text[position : opening.start()]
        end = _end(text, opening.end(), _CLOSING[opening[1]])
        yield _shown(evaluate(text[opening.end() : end]))
        position = end + 2
    yield text[position:]


def _end(text: str, start: int, closing: str) -> int:
    """Where the expression that starts there ends: at the first closing that is in no string and in no inner braces."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if depth == 0 and text.startswith(closing, token.start()):
            return token.start()
        if token[0] in "{}":
            depth += 1 if token[0] == "{" else -1
    raise ExpressionError(f"an expression does not end: {text[start - 3 : start + _SHOWN]}")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)


def coerce(text: str) -> Any:
    """What a string looks like: number, bool, JSON, or itself. In double quotes it is the string between them.

    The newline at the end of a YAML block counts for strings only.
    """
    line = text.removesuffix("\n")
    if len(line) > 1 and line.startswith('"') and line.endswith('"'):
        return line[1:-1] + text[len(line) :]
    number = read_float(line)
    if number is not None:
        return number_of(number)
    if line in _TRUE or line in _FALSE:
        return line in _TRUE
    return _json(line, text)


def _json(line: str, text: str) -> Any:
    if line.lstrip().startswith(("[", "{")):
        check_json(line)
    try:
        return json.loads(line, parse_constant=_no_constant, parse_float=_finite)
    except ValueError:
        return text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(digits: str) -> int | float:
    found = float(digits)
    if not math.isfinite(found):
        raise ValueError(digits)
    return number_of(found)
