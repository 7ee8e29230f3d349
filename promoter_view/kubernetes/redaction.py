"""Values replaced by a word, their shape left as it is: one sees what there is, and not what it says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

REDACTED = "<redacted>"

_MAX_DEPTH = 100

Json = dict[str, Any]
Rule = Callable[[Any], Any]


def redact(value: Any, depth: int = 0) -> Any:
    """The same shape with every value in it replaced; null, which tells nothing, stays. Below 100 levels no shape."""
    if depth > _MAX_DEPTH:
        return REDACTED
    if isinstance(value, dict):
        return {name: redact(found, depth + 1) for name, found in value.items()}
    if isinstance(value, list):
        return [redact(found, depth + 1) for found in value]
    return None if value is None else REDACTED


def replace(document: Json, name: str, rule: Rule) -> Json:
    """The object with that field as the rule leaves it, where it has it."""
    return {**document, name: rule(document[name])} if name in document else document


def inside(name: str, rule: Rule) -> Rule:
    """The rule for a field of an object; what is no object is redacted as a whole."""
    return lambda value: replace(value, name, rule) if isinstance(value, dict) else redact(value)


def within(names: Collection[str]) -> Rule:
    """Redacts those fields of an object; what is no object as a whole."""

    def rule(value: Any) -> Any:
        if not isinstance(value, dict):
            return redact(value)
        return {name: redact(found) if name in names else found for name, found in value.items()}

    return rule


def each(rule: Rule) -> Rule:
    """The rule for the items of a list; what is no list is redacted as a whole."""
    return lambda value: [rule(item) for item in value] if isinstance(value, list) else redact(value)
