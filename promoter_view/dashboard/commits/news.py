"""Whose page a change is news for: those of commits that the bundle names, or named. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection

from promoter_view.reading.commits.index import CommitIndex
from promoter_view.reading.commits.question import CommitQuestion
from promoter_view.reading.commits.words import SCANNERS, differing
from promoter_view.records import Bundle, BundleChange, BundleKey


class CommitNews:
    """``index`` gives the index as it is, which may be a little behind or ahead: what changes is looked at as well."""

    def __init__(self, index: Callable[[], CommitIndex]) -> None:
        self._index = index

    def of(self, change: BundleChange, prefixes: Collection[str]) -> tuple[str, ...]:
        """Those of the shas, or their beginnings, in order."""
        if not prefixes or _is_hidden(change.after or change.before):
            return ()
        scanner = SCANNERS[change.key.view]
        pieces = differing(scanner.pieces(change.before), scanner.pieces(change.after))
        changed = [piece for pair in pieces for piece in pair]
        return tuple(each for each in sorted(prefixes) if self._is_named(change.key, each, changed))

    def present(self, bundle: Bundle, prefixes: Collection[str]) -> tuple[str, ...]:
        """The same of a bundle that is there."""
        if not prefixes or _is_hidden(bundle):
            return ()
        return tuple(each for each in sorted(prefixes) if self._is_named(bundle.key, each, ()))

    def _is_named(self, key: BundleKey, prefix: str, changed: Collection[bytes]) -> bool:
        sought = prefix.encode()
        return any(sought in piece for piece in changed) or key in self._index().candidates(CommitQuestion(prefix))


def _is_hidden(bundle: Bundle | None) -> bool:
    """What names commits may not be seen, at least in part: then nothing is told of what does."""
    return bundle is None or not bundle.hidden.isdisjoint(SCANNERS[bundle.key.view].every_kind)
