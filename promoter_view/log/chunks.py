"""Rows in pieces of bounded size. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

_Row = TypeVar("_Row")


def chunks(rows: Iterable[_Row], size_of: Callable[[_Row], int], enough: int) -> Iterator[Sequence[_Row]]:
    """The rows in order, as many at a time as come to ``enough`` together, or just above it."""
    chunk: list[_Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += size_of(row)
        if size >= enough:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
