"""What is remembered of each bundle, folded over the records: since when its words hold, and its tallies. Pure.

The time is the record's offset's and never a clock's, so that all who fold the same records say the same. Nothing
that is made anew forgets: a start, another generation, other rules for objects, other kinds.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Mapping

from promoter_view.log.offsets import UNITS_PER_SECOND
from promoter_view.records import Bundle, BundleKey, Mark, Memory, Tally, Word
from promoter_view.views.bundles import Draft
from promoter_view.views.definition import Assessed


class Memories:
    """``known`` is a snapshot's: None where no mark had said yet that there is one.

    Until one does, what is known is of this process's own making: it began where that happened to begin.
    ``counts`` False: tallies stay as they are known.
    """

    def __init__(self, known: Mapping[BundleKey, Memory] | None = None, *, counts: bool = True) -> None:
        self._known = dict(known or {})
        self._begun = known is not None
        self._counts = counts

    def mark(self, mark: Mark) -> bool:
        """A log or a leader's term was opened. True where all memory begins here, whatever was made of it before."""
        if self._begun or not mark.remembers:
            return False
        self._begun = True
        self._known.clear()
        return True

    def settle(self, draft: Draft, before: Bundle | None, offset: int) -> Generator[None, None, Draft]:
        """The bundle with its status, at the record of that offset; ``before``: as it was."""
        if draft.assessed is None:
            return draft
        key, at = draft.key, offset // UNITS_PER_SECOND
        known, uid = self._known.get(key), draft.root.uid
        memory = yield from remember(known, draft.assessed, uid=uid, at=at, counts=self._counts)
        settled = yield from draft.with_status(memory.words, before)
        self._known[key] = memory
        return settled

    def get(self, key: BundleKey) -> Memory | None:
        """What is known of that bundle; None where nothing is."""
        return self._known.get(key)

    def forget(self, key: BundleKey) -> None:
        """The bundle is gone."""
        self._known.pop(key, None)

    def forget_others(self, keys: Container[BundleKey]) -> None:
        """Of bundles there are those and no others."""
        self._known = {key: memory for key, memory in self._known.items() if key in keys}

    def snapshot(self) -> Mapping[BundleKey, Memory] | None:
        """All of it, by reference."""
        return self._known.copy() if self._begun else None


def remember(
    before: Memory | None, assessed: Assessed, *, uid: str, at: int, counts: bool = True
) -> Generator[None, None, Memory]:
    """What is kept of a bundle from here on. ``at``: the time of the record, in whole seconds since 1970.

    A word that is what it was keeps its time, another one begins at the record's. Where nothing is known of the bundle
    objects may tell since when. ``counts`` False: tallies stay as they are.
    """
    known = None if before is None or before.uid != uid else before
    words = _words(known, assessed, at)
    yield
    tallies: Mapping[str, Tally] = {} if known is None else known.tallies
    memory = Memory(uid, words, (yield from assessed.tally(tallies, words, at)) if counts else tallies)
    return known if known is not None and known == memory else memory


def _words(known: Memory | None, assessed: Assessed, at: int) -> Mapping[str, Word]:
    if known is None:
        began = assessed.began
        return {of: Word(value, min(began.get(of, at), at)) for of, value in assessed.words.items()}
    return {of: _kept(known.words.get(of), value, at) for of, value in assessed.words.items()}


def _kept(known: Word | None, value: str, at: int) -> Word:
    return known if known is not None and known.value == value else Word(value, at)
