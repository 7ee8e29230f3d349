"""JSON merge patches (RFC 7386): what has to be sent to make one document of another. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that makes ``new`` of ``old``; empty where they are equal. A list that differs is sent whole.

    ``new`` holds no nulls that ``old`` does not hold: a merge patch cannot say them.
    """
    removed: dict[str, Any] = {name: None for name in old if name not in new}
    changed = {name: _changed(old.get(name), value) for name, value in new.items() if not _same(old, name, value)}
    return {**removed, **changed}


def _same(old: Mapping[str, Any], name: str, value: Any) -> bool:
    return name in old and _is_equal(old[name], value)


def _is_equal(old: Any, new: Any) -> bool:
    """Equal as JSON: True is not 1, as it is in Python."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_is_equal(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_equal, old, new))
    return isinstance(old, bool) is isinstance(new, bool) and bool(old == new)


def _changed(old: Any, new: Any) -> Any:
    if not isinstance(new, Mapping):
        return new
    return merge_diff(old if isinstance(old, Mapping) else {}, new)
