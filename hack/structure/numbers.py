"""The one set of numbers: ``[tool.promoter-view.structure]`` of pyproject.toml, as a value."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Numbers:
    """The limits, and what may stand above them with the reason or the size of today.

    The keys of ``exceptions`` are ``PATH``, ``PATH:Class`` or ``PATH:Class.method``, with the size that each may have;
    those of ``repeated`` class names, and those of ``unmentioned`` ``PATH:NAME`` or ``NAME``, with the reason.
    """

    function_lines: int
    class_lines: int
    constructor_parameters: int
    folder_modules: int
    repeated_class_names: int
    repeated_without_reason: int
    shared_test_folders: Sequence[str]
    news_kinds: Sequence[str]
    exceptions: Mapping[str, int]
    repeated: Mapping[str, str]
    unmentioned: Mapping[str, str]
    pure: Sequence[str]


def parsed(pyproject: str) -> Numbers:
    """The numbers that the text of a pyproject.toml states.

    Errors:
        KeyError: it has no such table.
        TypeError: a number is missing, or one is there that no gate reads.
    """
    tool: dict[str, Any] = tomllib.loads(pyproject)["tool"]
    pure = tool["coverage"]["report"]["include"]
    return Numbers(pure=tuple(pure), **tool["promoter-view"]["structure"])
