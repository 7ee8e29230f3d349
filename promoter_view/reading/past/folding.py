"""A replay that makes no bundles on its way: of objects the last states count, and of bundles what the log tells. Pure.

What becomes of bundles is in the log's DerivedBundles. So at a moment there is a snapshot as one would have been taken
there, and all bundles are made once. What none of these tells yet is left to be worked out record by record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace

from promoter_view.log import codec, memories
from promoter_view.metrics import Metrics
from promoter_view.records import UNSHOWN, BundleKey, Derivation, DerivedBundles, Memory, Record, Snapshot
from promoter_view.slices import Steps, at_once
from promoter_view.views.bundles import View
from promoter_view.views.projection import Projection

#: What waits for a DerivedBundles record: beyond one of these bounds none is waited for.
MOST_WAITING = 4096
MOST_WAITING_BYTES = 32 << 20
#: Of what became of bundles, in one record. Nobody writes more.
_MOST_ROW_BYTES = 4 << 20
#: Beyond any offset.
_BEYOND = 1 << 62


def can_fold(snapshot: Snapshot, generation: int) -> bool:
    """Whether what the log tells of bundles goes on from there."""
    return snapshot.complete and snapshot.memory is not None and snapshot.generation == generation


class Fold:
    """Begins at a snapshot that ``can_fold``. ``limit``: nothing beyond that offset is taken from
    DerivedBundles.

    ``waiting`` are the records behind the state of ``snapshot``, in order. ``changed`` is the resourceVersion of the
    last change of a bundle until then, ``following`` has it for the first change behind ``end``; 0: none is known.
    """

    def __init__(self, snapshot: Snapshot, limit: int) -> None:
        self._generation = snapshot.generation
        self._limit = limit
        self._state = Projection((), make_view=View, metrics=Metrics(), warn=lambda _: None)
        self._begun = snapshot
        self._bundles = dict(snapshot.bundles)
        self._memory: dict[BundleKey, Memory] = dict(snapshot.memory or {})
        self._bytes = 0
        self._at = snapshot.offset
        self._heard = 0
        self.waiting: deque[Record] = deque()
        self.changed = max(self._bundles.values(), default=0)
        self.following = 0

    def begin(self) -> Steps:
        """Takes in the snapshot."""
        yield from self._state.restore(self._begun)
        at_once(self._state.build(lambda _: 0))

    @property
    def is_stuck(self) -> bool:
        """Too much waits: no record tells what became of bundles."""
        return len(self.waiting) > MOST_WAITING or self._bytes > MOST_WAITING_BYTES

    @property
    def waits(self) -> bool:
        """There is something of which it is not told what became of bundles."""
        return any(not isinstance(record.entry, UNSHOWN) for record in self.waiting)

    def take(self, records: Sequence[Record]) -> Steps:
        """Records of the moment, in order."""
        for record in records:
            self.waiting.append(record)
            self._bytes += size_of(record)
            if isinstance(record.entry, DerivedBundles):
                yield from self.hear(record.entry, _BEYOND)
            yield

    def look_ahead(self, record: Record, end: int) -> Steps:
        """A record behind the moment, whose last one is that of offset ``end``: it may tell of what is before it."""
        if isinstance(record.entry, DerivedBundles):
            yield from self.hear(record.entry, end)

    def hear(self, derived: DerivedBundles, end: int) -> Steps:
        """The same, of what no record tells yet."""
        until, beyond = min(derived.through, self._limit, end), max(self._heard, end)
        goes_on = derived.previous <= self._at < until
        tells_more = not self.following and derived.previous <= beyond < derived.through
        rows = (yield from self._rows(derived)) if goes_on or tells_more else None
        if rows is None:
            return
        if goes_on:
            yield from self._adopt(rows, until)
        if tells_more:
            behind = (row.resource_version for row in rows if row.offset > end and row.resource_version)
            self.following, self._heard = next(behind, 0), derived.through

    def snapshot(self) -> Snapshot:
        """All of it but what waits."""
        return replace(self._state.snapshot(self._generation), bundles=self._bundles, memory=self._memory)

    def _rows(self, derived: DerivedBundles) -> Generator[None, None, Sequence[Derivation] | None]:
        """Those that it has; None where they are of other definitions, or cannot be read."""
        if derived.generation != self._generation or len(derived.rows) > _MOST_ROW_BYTES:
            return None
        try:
            return (yield from memories.decode_derivations(derived.rows))
        except codec.MALFORMED:
            return None

    def _adopt(self, rows: Sequence[Derivation], until: int) -> Steps:
        """Moves on to that offset, of which they tell all."""
        while self.waiting and self.waiting[0].offset <= until:
            record = self.waiting.popleft()
            self._bytes -= size_of(record)
            self._state.take(record)
            yield
        for row in rows:
            if self._at < row.offset <= until:
                self._become(row)
            yield
        self._at = until

    def _whole(self, row: Derivation, memory: Memory) -> Memory:
        before = self._memory.get(row.key)
        if not row.adds or before is None:
            return memory
        return Memory(memory.uid, {**before.words, **memory.words}, {**before.tallies, **memory.tallies})

    def _become(self, row: Derivation) -> None:
        if row.exists:
            self._memory.update({} if row.memory is None else {row.key: self._whole(row, row.memory)})
            self._bundles.update({row.key: row.resource_version} if row.resource_version else {})
        else:
            self._memory.pop(row.key, None)
            self._bundles.pop(row.key, None)
        self.changed = max(self.changed, row.resource_version)


def size_of(record: Record) -> int:
    """The bytes of what it holds."""
    return len(getattr(record.entry, "body", b"")) + len(getattr(record.entry, "rows", b""))
