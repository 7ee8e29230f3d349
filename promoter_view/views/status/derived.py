"""What the records of a log have made of bundles, as far as the log does not tell it yet. Pure.

It is kept in rows until DerivedBundles that hold them come by. So whoever writes the log may write some at any time,
also behind a start or where another replica wrote before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

from promoter_view.log import memories
from promoter_view.records import BundleChange, BundleKey, Derivation, DerivedBundles, Memory

#: One is written for so many rows, or for so many records that have made none.
ENOUGH_ROWS = 256
ENOUGH_RECORDS = 1024
#: Of an offset that changes more bundles nothing is told, nor of what is before it.
MOST_AT_ONCE = 1000
#: Rows that are kept at most where nobody writes.
MOST_ROWS = 4096


class DerivedRows:
    """Those behind ``since``, which are all of these offsets. ``generation`` is the definitions'."""

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._rows: list[Derivation] = []
        self._begin(0)

    def begin(self, offset: int) -> None:
        """What was made of bundles up to there is not told in rows."""
        self._rows.clear()
        self._begin(offset)

    def _begin(self, offset: int) -> None:
        self.since = self._last = self._given = offset
        self._records = 0

    def note(self, offset: int, rows: Sequence[Derivation]) -> None:
        """All that the record of that offset has made of bundles."""
        self._rows += rows
        self._records += 1
        self._last = offset
        if len(rows) > MOST_AT_ONCE or len(self._rows) > MOST_ROWS:
            self.begin(offset)

    def told(self, derived: DerivedBundles) -> None:
        """The log tells of these."""
        if derived.generation != self._generation or not derived.previous <= self.since < derived.through:
            return
        self._rows = [row for row in self._rows if row.offset > derived.through]
        self.since, self._given = derived.through, max(self._given, derived.through)

    def due(self, enough: int = ENOUGH_ROWS) -> DerivedBundles | None:
        """What is to be written now, behind what was given before; None: there are not ``enough`` rows."""
        first = bisect_right(self._rows, self._given, key=_offset)
        if len(self._rows) - first < enough and self._records < ENOUGH_RECORDS:
            return None
        rows, through = self._rows[first:], self._last
        if len(rows) > MOST_AT_ONCE:
            # To the end of an offset, and never none: no offset has more.
            end = rows[MOST_AT_ONCE].offset
            rows = list(takewhile(lambda row: row.offset < end, rows))
            through = rows[-1].offset
        previous, self._given, self._records = self._given, through, 0
        return DerivedBundles(self._generation, previous, through, memories.encode_derivations(rows))

    def give_again(self) -> None:
        """What was given and is not told is not in the log."""
        self._given = self.since


def derivations(
    offset: int,
    known: Mapping[BundleKey, Memory | None],
    memory_of: Callable[[BundleKey], Memory | None],
    changes: Sequence[BundleChange],
) -> Sequence[Derivation]:
    """What has become of bundles. ``known``: what was kept of each that was touched; ``changes`` are theirs."""
    changed = {change.key: change for change in changes}
    rows: list[Derivation] = []
    for key, before in known.items():
        memory, change = memory_of(key), changed.get(key)
        kept = None if memory is before else memory
        if change is not None:
            rows.append(Derivation(offset, key, change.resource_version, change.after is not None, kept))
        elif memory is not before:
            rows.append(Derivation(offset, key, 0, memory is not None, kept))
    return rows


def _offset(row: Derivation) -> int:
    return row.offset
