"""Semantic versions, read as leniently as Kargo reads them: ``1.2`` is one, and so is ``v1``. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from promoter_view.promotions.expressions.values import ExpressionError, Function, Native, kind_of, text_of

_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({_IDENTIFIERS}))?(?:\+({_IDENTIFIERS}))?")
_MOST_CHARACTERS = 256
_UINT64 = 2**64


@dataclass(frozen=True, slots=True)
class SemanticVersion(Native):
    """``prerelease`` and ``metadata`` are "" where there are none; ``original`` is as it was written."""

    kind: ClassVar[str] = "a version"
    type_name: ClassVar[str] = "semver.Version"
    methods: ClassVar[Mapping[str, Function]] = {}

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    metadata: str = ""
    original: str = field(default="", compare=False)

    def __str__(self) -> str:
        prerelease = f"-{self.prerelease}" if self.prerelease else ""
        metadata = f"+{self.metadata}" if self.metadata else ""
        return f"{self.major}.{self.minor}.{self.patch}{prerelease}{metadata}"


def read_version(text: str) -> SemanticVersion | None:
    """That version; None for none."""
    match = _VERSION.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if match is None:
        return None
    numbers = [int(digits or "0") for digits in match.groups()[:3]]
    prerelease, metadata = match[4] or "", match[5] or ""
    has_zero = any(part.isdigit() and part.startswith("0") and part != "0" for part in prerelease.split("."))
    if has_zero or max(numbers) >= _UINT64:
        return None
    return SemanticVersion(numbers[0], numbers[1], numbers[2], prerelease, metadata, text)


def _parse(text: Any) -> SemanticVersion:
    found = read_version(text_of(text))
    if found is None:
        raise ExpressionError(f"{text[:60]!r} is no semantic version")
    return found


def _difference(first: Any, second: Any) -> str:
    one, other = read_version(text_of(first)), read_version(text_of(second))
    if one is None or other is None:
        return "Incomparable"
    for part in ("major", "minor", "patch", "metadata"):
        if getattr(one, part) != getattr(other, part):
            return part.capitalize()
    return "None"


def _next_patch(version: SemanticVersion) -> SemanticVersion:
    """A prerelease is before the version it leads to."""
    patch = version.patch if version.prerelease else version.patch + 1
    return _named(version, version.major, version.minor, patch)


def _named(version: SemanticVersion, major: int, minor: int, patch: int) -> SemanticVersion:
    found = SemanticVersion(major, minor, patch)
    return replace(found, original=("v" if version.original.startswith("v") else "") + str(found))


def _order(version: SemanticVersion, other: Any) -> int:
    if not isinstance(other, SemanticVersion):
        raise ExpressionError(f"a version is needed, not {kind_of(other)}")
    one, two = _rank(version), _rank(other)
    return (one > two) - (one < two)


def _rank(version: SemanticVersion) -> tuple[Any, ...]:
    """Numbers come before words; a prerelease before its version; metadata does not count."""
    parts = version.prerelease.split(".") if version.prerelease else []
    ranks = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
    return version.major, version.minor, version.patch, not parts, ranks


def _part(name: str) -> Function:
    return Function(lambda version: getattr(version, name), 0, 0)


def _compared(*orders: int) -> Function:
    return Function(lambda version, other: _order(version, other) in orders)


SemanticVersion.methods = {
    "Major": _part("major"),
    "Minor": _part("minor"),
    "Patch": _part("patch"),
    "Prerelease": _part("prerelease"),
    "Metadata": _part("metadata"),
    "Original": _part("original"),
    "String": Function(str, 0, 0),
    "IncMajor": Function(lambda version: _named(version, version.major + 1, 0, 0), 0, 0),
    "IncMinor": Function(lambda version: _named(version, version.major, version.minor + 1, 0), 0, 0),
    "IncPatch": Function(_next_patch, 0, 0),
    "Compare": Function(_order),
    "Equal": _compared(0),
    "LessThan": _compared(-1),
    "LessThanEqual": _compared(-1, 0),
    "GreaterThan": _compared(1),
    "GreaterThanEqual": _compared(1, 0),
}

VERSIONS: Mapping[str, Function] = {
    "semverParse": Function(_parse, cost=3),
    "semverDiff": Function(_difference, 2, 2, cost=3),
}
