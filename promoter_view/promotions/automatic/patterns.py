"""How policies name Stages: exactly, by ``glob:`` or by ``regex:``. Pure.

Both are matched by RE2: its time is bounded by the name's length, whatever the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

_PATTERN_BYTES = 1 << 20
_SHOWN = 100
_GLOB = "glob:"
_REGEXES = ("regex:", "regexp:")
_ANY, _ONE = "[^/]*", "[^/]"


class PatternError(ValueError):
    """A pattern that cannot be read; the message says which and why."""


def matches_name(pattern: str, name: str) -> bool:
    """Whether that pattern means that name. Errors: PatternError."""
    if pattern.startswith(_GLOB):
        glob = pattern.removeprefix(_GLOB)
        return _search(f"^(?:{_regex_of(glob)})$", name, pattern)
    for prefix in _REGEXES:
        if pattern.startswith(prefix):
            return _search(pattern.removeprefix(prefix), name, pattern)
    return pattern == name


def _search(regex: str, name: str, pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    try:
        return re2.compile(regex, options).search(name) is not None
    except (re2.error, UnicodeEncodeError) as error:
        why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
        raise PatternError(f"{pattern[:_SHOWN]!r} is no pattern: {why}") from error


def _regex_of(glob: str) -> str:
    """A glob as a regular expression: ``*``, ``?``, ``[a-z]``, ``{this,that}``, ``\\``. Errors: PatternError."""
    written, depth, rest = [], 0, iter(glob)
    for char in rest:
        if char == "\\":
            written.append(re.escape(_next(rest, glob)))
        elif char == "[":
            written.append(_class(rest, glob))
        elif char == "{":
            depth += 1
            written.append("(?:")
        elif char == "}" and depth:
            depth -= 1
            written.append(")")
        elif char == "," and depth:
            written.append("|")
        else:
            written.append({"*": _ANY, "?": _ONE}.get(char) or re.escape(char))
    if depth:
        raise PatternError(f"'{_GLOB}{glob[:_SHOWN]}' is no pattern: a {{ is not closed")
    return "".join(written)


def _class(rest: Iterator[str], glob: str) -> str:
    """What stands in brackets, up to the one that closes them; the first character is never that one."""
    char = _next(rest, glob)
    negated = char in ("!", "^")
    if negated:
        char = _next(rest, glob)
    written = []
    while True:
        if char == "\\":
            written.append(re.escape(_next(rest, glob)))
        else:
            written.append("-" if char == "-" else re.escape(char))
        char = _next(rest, glob)
        if char == "]":
            return f"[{'^' if negated else ''}{''.join(written)}]"


def _next(rest: Iterator[str], glob: str) -> str:
    for char in rest:
        return char
    raise PatternError(f"'{_GLOB}{glob[:_SHOWN]}' is no pattern: it ends too early")
