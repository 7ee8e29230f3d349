"""What words are said of, and how they are read back from a status that says them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from promoter_view.decoded import mappings, parse_time, text
from promoter_view.records import Word
from promoter_view.views.contents import Contents

#: The whole; the others are followed by a branch, or by the type of a condition.
WHOLE = ""
ENVIRONMENT = "environment/"
CONDITION = "condition/"
_Said = tuple[str, Word]


def words_of(contents: Contents) -> Mapping[str, Word]:
    """The words that a status says, and since when it says so; what is of another shape is left out."""
    return dict([*contents.status(read_summary), *chain.from_iterable(contents.environments(read_environment))])


def read_summary(status: Mapping[str, Any]) -> tuple[_Said, ...]:
    """What a status says of the whole, and its conditions."""
    whole = _said(WHOLE, status, "state", "since")
    named = ((CONDITION + text(each, "type"), each) for each in mappings(status, "conditions"))
    return (*whole, *(word for of, each in named for word in _said(of, each, "status", "lastTransitionTime")))


def read_environment(environment: Mapping[str, Any]) -> tuple[_Said, ...]:
    """What a status says of an environment."""
    return _said(ENVIRONMENT + text(environment, "branch"), environment, "state", "since")


def _said(of: str, it: Mapping[str, Any], value: str, since: str) -> tuple[_Said, ...]:
    at = parse_time(text(it, since))
    return () if at is None else ((of, Word(text(it, value), int(at.timestamp()))),)


def read_url(status: Mapping[str, Any]) -> str:
    """The address of the bundle's page, "" where it has none."""
    return text(status, "url")
