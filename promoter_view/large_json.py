"""Compact JSON of megabytes, decoded or indented in steps. Pure.

The decoder does a document in one go, and holds the interpreter meanwhile: 5 MB take 40 ms, and a thread would help
nobody. So what is larger than a step is taken apart first, along its brackets, and each part decoded by itself.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Any

import orjson

#: What is decoded in one go, in bytes: a fraction of a millisecond.
STEP_BYTES = 32 * 1024
#: Below so many levels it is not taken apart: nothing that is large and served nests so deep.
_MAX_LEVELS = 50
_BRACKETS_A_STEP = 500
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
#: The next bracket outside of strings.
_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+(?:([{\[])|[}\]])', re.DOTALL)
#: A number, true, false or null.
_PLAIN = re.compile(rb"[^,}\]]++")
_INDENT = b"  "

#: Where a list or an object begins that is larger than a step: where it ends.
_Large = dict[int, int]


def decoded(document: bytes) -> Generator[bytes, None, Any]:
    """Returns what ``orjson.loads`` makes of it; each step yields b"", so that it may stand among pieces of output.

    ``document`` is compact JSON that is known to be right.
    """
    large = (yield from _find_large(document)) if len(document) > STEP_BYTES else {}
    if not large:
        return orjson.loads(document)
    return (yield from _decoded(document, 0, large))


def indented(document: bytes, level: int = 0) -> Iterator[bytes]:
    """The document as ``orjson.OPT_INDENT_2`` has it, ``level`` levels in, in pieces that may be empty."""
    large = (yield from _find_large(document)) if len(document) > STEP_BYTES else {}
    if large:
        yield from _indented_large(document, 0, large, level)
    else:
        yield _indented(document, level)


def _decoded(data: bytes, start: int, large: _Large) -> Generator[bytes, None, Any]:
    names: list[str] = []
    values: list[Any] = []
    for name, begin, end in _children(data, start, large):
        names.append(orjson.loads(name) if name else "")
        values.append((yield from _decoded(data, begin, large)) if begin in large else orjson.loads(data[begin:end]))
        yield b""
    return dict(zip(names, values, strict=True)) if data[start] == ord("{") else values


def _indented_large(data: bytes, start: int, large: _Large, level: int) -> Iterator[bytes]:
    line = b"\n" + _INDENT * (level + 1)
    separator = data[start : start + 1] + line
    for name, begin, end in _children(data, start, large):
        yield separator + (_indented(name, 0) + b": " if name else b"")
        if begin in large:
            yield from _indented_large(data, begin, large, level + 1)
        else:
            yield _indented(data[begin:end], level + 1)
        separator = b"," + line
    yield b"\n" + _INDENT * level + data[large[start] - 1 : large[start]]


def _indented(value: bytes, level: int) -> bytes:
    # A string holds no newline as it stands: each is one of the layout.
    found = orjson.dumps(orjson.loads(value), option=orjson.OPT_INDENT_2)
    return found.replace(b"\n", b"\n" + _INDENT * level) if level else found


def _find_large(data: bytes) -> Generator[bytes, None, _Large]:
    large: _Large = {}
    begun: list[int] = []
    for count, found in enumerate(_BRACKET.finditer(data)):
        if found[1]:
            begun.append(found.end() - 1)
        else:
            start = begun.pop()
            if found.end() - start > STEP_BYTES and len(begun) < _MAX_LEVELS:
                large[start] = found.end()
        if count % _BRACKETS_A_STEP == 0:
            yield b""
    return large


def _children(data: bytes, start: int, large: _Large) -> Iterator[tuple[bytes, int, int]]:
    """Each one's name, b"" in a list, and where its value begins and ends."""
    named = data[start] == ord("{")
    at, last = start + 1, large[start] - 1
    while at < last:
        name = b""
        if named:
            found = _STRING.match(data, at)
            assert found is not None
            name, at = found[0], found.end() + 1
        end = _end_of(data, at, large)
        yield name, at, end
        at = end + 1


def _end_of(data: bytes, start: int, large: _Large) -> int:
    if start in large:
        return large[start]
    if data[start] not in b"{[":
        plain = _STRING.match(data, start) or _PLAIN.match(data, start)
        assert plain is not None
        return plain.end()
    depth = 0
    for found in _BRACKET.finditer(data, start):
        depth += 1 if found[1] else -1
        if depth == 0:
            return found.end()
    raise ValueError("the document is cut short")
