"""What is said of a query parameter or a value that is not known: the nearest one, and all there are. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

_MOST_SHOWN = 100


def first_unknown(given: Iterable[str], known: Collection[str], what: str) -> str:
    """A sentence on the first that is not known, "" where all are. ``what`` is a noun, e.g. "query parameter"."""
    word = next((each for each in given if each not in known), None)
    if word is None:
        return ""
    shown = word[:_MOST_SHOWN]
    near = get_close_matches(shown, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return f"unknown {what} {shown!r}{hint} Known: {', '.join(known) or 'none'}."
