"""Which bundles a reader has asked for, and what a change is to it. Pure.

A change of a bundle may bring it into a selection by labels or take it out of it: Kubernetes' watch then says ADDED and
DELETED, whatever happened to the bundle itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import translate

from promoter_view.kubernetes.selectors import FieldSelector, LabelSelector
from promoter_view.records import Bundle, BundleChange, ChangeType

#: Patterns in one parameter, and characters in one pattern: a name has at most 253.
MAX_PATTERNS = 64
MAX_PATTERN_LENGTH = 253
_MAGIC = re.compile(r"[*?\[]")
Event = tuple[ChangeType, Bundle]


class GlobError(ValueError):
    """Patterns that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns as a shell has them for file names (``*``, ``?``, ``[ab]``); none at all match everything.

    ``only``: the one text that can match, "" where there may be others.
    """

    only: str = ""
    _compiled: re.Pattern[str] | None = None

    @property
    def selective(self) -> bool:
        """There are patterns, of which ``only`` does not say all."""
        return self._compiled is not None

    def matches(self, text: str) -> bool:
        """Whether one of them does."""
        if self._compiled is None:
            return self.only in ("", text)
        return self._compiled.match(text) is not None


ANY = Globs()


def exactly(text: str) -> Globs:
    """That text; "" for any."""
    return Globs(text) if text else ANY


def parse_globs(text: str) -> Globs:
    """Patterns separated by commas; "" and ``*`` are those of everything. Errors: GlobError."""
    patterns = tuple(dict.fromkeys(filter(None, text.split(","))))
    if len(patterns) > MAX_PATTERNS or any(len(pattern) > MAX_PATTERN_LENGTH for pattern in patterns):
        raise GlobError(f"more than {MAX_PATTERNS} patterns, or one of more than {MAX_PATTERN_LENGTH} characters")
    if not patterns or "*" in patterns:
        return ANY
    if len(patterns) == 1 and not _MAGIC.search(patterns[0]):
        return Globs(patterns[0])
    return Globs("", re.compile("|".join(map(translate, patterns))))


@dataclass(frozen=True, slots=True)
class Selection:
    """The bundles of those views whose namespace, name, labels and fields match."""

    views: tuple[str, ...]
    namespaces: Globs = ANY
    names: Globs = ANY
    labels: LabelSelector = field(default_factory=LabelSelector)
    fields: FieldSelector = field(default_factory=FieldSelector)

    @property
    def view(self) -> str:
        """The one view that it is of; "" where there are several."""
        return self.views[0] if len(self.views) == 1 else ""

    @property
    def namespace(self) -> str:
        """The one namespace that can match; "" where there may be others."""
        return self.namespaces.only

    @property
    def selective(self) -> bool:
        """It asks for less than all bundles of its views in ``namespace``."""
        by_name = self.namespaces.selective or self.names is not ANY
        return by_name or not (self.labels.empty and self.fields.empty)

    def admits(self, bundle: Bundle) -> bool:
        """Whether that bundle, as it is, is selected."""
        return bundle.key.view in self.views and self.namespaces.matches(bundle.key.namespace) and self._asks(bundle)

    def event(self, change: BundleChange) -> Event | None:
        """What the change is to this selection, and the bundle to show; None when it is nothing.

        For DELETED that is the last state that was selected, to be encoded with the change's resourceVersion.
        """
        return _transition(self.admits, change)

    def chooser(self) -> Callable[[BundleChange], Event | None]:
        """``event``, for changes that a cursor on ``view`` and ``namespace`` has taken.

        A fan-out asks twice a change and watch: what is not selected by costs no call.
        """
        if not self.view or self.namespaces.selective:
            return self.event
        if not self.selective:
            return _event
        if self.names is ANY and self.fields.empty:
            matches = self.labels.matches
            return lambda change: _transition(lambda bundle: matches(bundle.labels), change)
        return lambda change: _transition(self._asks, change)

    def _asks(self, bundle: Bundle) -> bool:
        _, namespace, name = bundle.key
        if not self.names.matches(name) or not self.labels.matches(bundle.labels):
            return False
        if self.fields.by_name_only:
            return self.fields.matches(namespace, name)
        return self.fields.matches(namespace, name, bundle.selectable)


def _transition(admits: Callable[[Bundle], bool], change: BundleChange) -> Event | None:
    before, after = change.before, change.after
    if after is not None and admits(after):
        known = before is not None and admits(before)
        return (ChangeType.MODIFIED if known else ChangeType.ADDED), after
    if before is not None and admits(before):
        return ChangeType.DELETED, before
    return None


def _event(change: BundleChange) -> Event | None:
    """Where all are admitted."""
    if change.after is None:
        assert change.before is not None
        return ChangeType.DELETED, change.before
    return (ChangeType.ADDED if change.before is None else ChangeType.MODIFIED), change.after
