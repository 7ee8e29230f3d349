"""Which bundles a stream or a list is asked for: kinds, globs on namespace and name, a label selector. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate

from promoter_view.kubernetes.selectors import LabelSelector
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.selection import transition

#: Patterns in one parameter, and characters in one pattern: a name has at most 253.
MAX_PATTERNS = 64
MAX_PATTERN_LENGTH = 253
_MAGIC = re.compile(r"[*?\[]")


class FilterError(ValueError):
    """A filter that cannot be read; the message says which."""


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns as a shell has them for file names (``*``, ``?``, ``[ab]``); none at all match everything."""

    patterns: tuple[str, ...] = ()
    _compiled: re.Pattern[str] | None = None

    def matches(self, text: str) -> bool:
        """Whether one of them does."""
        return self._compiled is None or self._compiled.match(text) is not None

    @property
    def only(self) -> str:
        """The one text that can match; "" where there may be others."""
        if len(self.patterns) != 1 or _MAGIC.search(self.patterns[0]):
            return ""
        return self.patterns[0]


def parse_globs(text: str) -> Globs:
    """Patterns separated by commas; "" and ``*`` are those of everything. Errors: FilterError."""
    patterns = tuple(dict.fromkeys(filter(None, text.split(","))))
    if len(patterns) > MAX_PATTERNS or any(len(pattern) > MAX_PATTERN_LENGTH for pattern in patterns):
        raise FilterError(f"more than {MAX_PATTERNS} patterns, or one of more than {MAX_PATTERN_LENGTH} characters")
    if not patterns or "*" in patterns:
        return Globs()
    return Globs(patterns, re.compile("|".join(map(translate, patterns))))


@dataclass(frozen=True, slots=True)
class Filter:
    """The bundles of those views whose namespace, name and labels match."""

    views: tuple[str, ...]
    namespaces: Globs = field(default_factory=Globs)
    names: Globs = field(default_factory=Globs)
    labels: LabelSelector = field(default_factory=LabelSelector)

    def admits(self, bundle: Bundle) -> bool:
        """Whether that bundle, as it is, is asked for."""
        key = bundle.key
        if key.view not in self.views or not self.namespaces.matches(key.namespace):
            return False
        return self.names.matches(key.name) and self.labels.matches(bundle.labels)

    def event(self, change: BundleChange) -> tuple[ChangeType, Bundle] | None:
        """What the change is to who asks, and the bundle to show; None when it is nothing (``views.selection``)."""
        return transition(self.admits, change)
