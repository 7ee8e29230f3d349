"""What the records of a log have made of bundles, as far as the log does not tell it yet. Pure.

It is kept in rows until DerivedBundles that hold them come by. So whoever writes the log may write some at any time,
also behind a start or where another replica wrote before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from promoter_view.log import memories
from promoter_view.records import BundleChange, BundleKey, Derivation, DerivedBundles, Memory

#: One is written for so many rows, or for so many bytes of them, or for so many records that have made none.
ENOUGH_ROWS = 256
#: Bytes are such as log/memories.py counts them, which are some times those that are written.
ENOUGH_BYTES = 1 << 20
ENOUGH_RECORDS = 1024
#: Of an offset that changes more bundles, or more of what is kept of them, nothing is told, nor of what is before it.
MOST_AT_ONCE = 1000
MOST_BYTES_AT_ONCE = 4 << 20
#: What is kept at most where nothing of it reaches the log.
MOST_ROWS = 4096
MOST_BYTES = 16 << 20


class _Noted(NamedTuple):
    """What one offset has made of bundles."""

    offset: int
    rows: Sequence[Derivation]
    bytes: int


class DerivedRows:
    """Those behind ``since``, which are all of these offsets. ``generation`` is the definitions'.

    None is kept (``is_kept``) before somebody says that he writes them into the log.
    """

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self.is_kept = False
        self.begin(0)

    def keep(self) -> None:
        """From here on, for whoever writes them."""
        self.is_kept = True

    def begin(self, offset: int) -> None:
        """What was made of bundles up to there is not told in rows."""
        self._noted: list[_Noted] = []
        self._count = self._bytes = 0
        #: As the rows have told it so far, by reference.
        self._memories: dict[BundleKey, Memory] = {}
        self.since = self._last = self._given = offset
        self._records = 0

    def note(self, offset: int, rows: Iterable[Derivation]) -> None:
        """All that the record of that offset has made of bundles."""
        if not self.is_kept:
            self.begin(offset)
            return
        self._records += 1
        self._last = offset
        added = [self._added(row) for row in rows]
        if added:
            self._noted.append(_Noted(offset, added, sum(map(memories.size_of_derivation, added))))
            self._count += len(added)
            self._bytes += self._noted[-1].bytes
            is_full = self._count > MOST_ROWS or self._bytes > MOST_BYTES
            if is_full or _is_above(self._noted[-1:], MOST_AT_ONCE, MOST_BYTES_AT_ONCE):
                self.begin(offset)

    def _added(self, row: Derivation) -> Derivation:
        """With no more of the memory than what is new to whoever has the rows before."""
        if not row.exists:
            self._memories.pop(row.key, None)
        if row.memory is None:
            return row
        before, self._memories[row.key] = self._memories.get(row.key), row.memory
        if before is None or not _goes_on(before, row.memory):
            return row
        words = {of: word for of, word in row.memory.words.items() if before.words.get(of) != word}
        tallies = {of: tally for of, tally in row.memory.tallies.items() if before.tallies.get(of) != tally}
        return row._replace(memory=Memory(row.memory.uid, words, tallies), adds=True)

    def told(self, derived: DerivedBundles) -> None:
        """The log tells of these."""
        if derived.generation != self._generation or not derived.previous <= self.since < derived.through:
            return
        self._noted = self._noted[self._behind(derived.through) :]
        self._count, self._bytes = sum(len(each.rows) for each in self._noted), sum(each.bytes for each in self._noted)
        self.since, self._given = derived.through, max(self._given, derived.through)

    def due(self, enough: int = ENOUGH_ROWS) -> DerivedBundles | None:
        """What is to be written now, behind what was given before; None: there are not ``enough`` rows."""
        noted: Sequence[_Noted] = self._noted[self._behind(self._given) :]
        through = self._last
        if not _is_above(noted, enough - 1, ENOUGH_BYTES) and self._records < ENOUGH_RECORDS:
            return None
        # To the end of an offset, and never none.
        count = max(1, bisect_right(list(accumulate(map(_share, noted))), 1.0))
        if count < len(noted):
            noted, through = noted[:count], noted[count - 1].offset
        previous, self._given, self._records = self._given, through, 0
        return self._telling(noted, previous, through)

    def untold(self) -> DerivedBundles | None:
        """All that the log does not tell yet; None where it is nothing, or so much that it is written soon."""
        if self._last == self.since or _is_above(self._noted, MOST_AT_ONCE, ENOUGH_BYTES):
            return None
        return self._telling(self._noted, self.since, self._last)

    def give_again(self) -> None:
        """What was given and is not told is not in the log."""
        self._given = self.since

    def refuse(self) -> None:
        """The log does not take what was given: nothing of what is known so far is told."""
        self.begin(self._last)

    def _telling(self, noted: Iterable[_Noted], previous: int, through: int) -> DerivedBundles:
        rows = [row for each in noted for row in each.rows]
        return DerivedBundles(self._generation, previous, through, memories.encode_derivations(rows))

    def _behind(self, offset: int) -> int:
        return bisect_right(self._noted, offset, key=_offset)


def derivations(
    offset: int,
    known: Mapping[BundleKey, Memory | None],
    memory_of: Callable[[BundleKey], Memory | None],
    changes: Sequence[BundleChange],
) -> Iterator[Derivation]:
    """What has become of bundles. ``known``: what was kept of each that was touched; ``changes`` are theirs."""
    changed = {change.key: change for change in changes}
    for key, before in known.items():
        memory, change = memory_of(key), changed.get(key)
        kept = None if memory is before else memory
        if change is not None:
            yield Derivation(offset, key, change.resource_version, change.after is not None, kept)
        elif memory is not before:
            yield Derivation(offset, key, 0, memory is not None, kept)


def _goes_on(before: Memory, after: Memory) -> bool:
    """Whether nothing has gone."""
    return (
        before.uid == after.uid
        and before.words.keys() <= after.words.keys()
        and before.tallies.keys() <= after.tallies.keys()
    )


def _is_above(noted: Sequence[_Noted], rows: int, size: int) -> bool:
    return sum(len(each.rows) for each in noted) > rows or sum(each.bytes for each in noted) > size


def _share(noted: _Noted) -> float:
    """Of what one record is to hold, at most."""
    return max(len(noted.rows) / MOST_AT_ONCE, noted.bytes / ENOUGH_BYTES)


def _offset(noted: _Noted) -> int:
    return noted.offset
