"""The projector: folds the log's records into the bundles of every view, and is what readers read. No reactor here.

Of one offset nothing is seen before all of it: its bundles and changes, and the head last. What may be long on the way
there is in steps, for the log waits with what follows. The place of the first bundles is the last one of the offset at
which they could be built, and is the first horizon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from promoter_view import clocks
from promoter_view.boundaries import Cursor, Follower, ViewReader, Wakeable
from promoter_view.metrics import Metrics
from promoter_view.records import (
    UNSHOWN,
    Bundle,
    BundleChange,
    BundleKey,
    ChangeType,
    CursorPlace,
    DerivedBundles,
    Mark,
    Memory,
    ObjectKey,
    Position,
    Record,
    Snapshot,
    UndeclaredKind,
    UnreadObject,
)
from promoter_view.slices import Steps
from promoter_view.views.bundles import Draft, Drafts, View
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.history import History, HistoryCursor
from promoter_view.views.projection import Difference, Projection
from promoter_view.views.status.derived import DerivedRows, derivations
from promoter_view.views.versions import LAST_PLACE, join, split

#: The changes that fit into one offset: the last place is the offset's end.
MAX_CHANGES = LAST_PLACE - 1
#: Undeclared kinds that are let go and asked about all the same.
MAX_DEPARTED = 64
#: The steps of one record, and the changes that come of it.
Projecting = Generator[None, None, Sequence[BundleChange]]


class Projector:
    """Implements ``boundaries.Follower`` and ``boundaries.ViewReader``. ``restorations``: how often it was restored.

    All ``definitions`` are always projected, for no option may move a place. ``history_bytes`` bounds the history.
    ``make_view``: ``View`` joins bundles from their members, ``ReflectedView`` takes them as they come.
    ``warn`` gets one line for what an operator should know. ``is_live``
    tells a log that is being replayed (nothing is to be read yet: its state is an old one) from one that goes on.
    ``now``: this is for a moment of the past, and that has the state of now. What is read there of objects is not read
    again. Nothing is counted, and no digest is there to be compared with replicas'.
    """

    def __init__(
        self,
        definitions: Iterable[ViewDefinition],
        *,
        generation: int,
        history_bytes: int,
        metrics: Metrics,
        warn: Callable[[str], None],
        is_live: Callable[[], bool] = lambda: True,
        make_view: Callable[[ViewDefinition], Drafts] = View,
        now: Projector | None = None,
    ) -> None:
        self._present = now
        self._make_view = make_view
        self._definitions = tuple(definitions)
        self._history = History(generation=generation, max_bytes=history_bytes)
        self._generation = generation
        self._metrics = metrics
        self._warn = warn
        self._is_live = is_live
        self._readers: dict[Wakeable, None] = {}
        self.derived = DerivedRows(generation)
        self._now, self.restorations = self._nothing(), 0

    def restore(self, snapshot: Snapshot) -> Steps:
        """Begin from a snapshot: bundles keep their resourceVersions, and its end is the horizon.

        What is read is as it was until all of it is there.
        """
        restored = self._nothing()
        yield from restored.restore(snapshot)
        if snapshot.complete:
            end, known = self._end_of(restored.shown), snapshot.bundles
            yield from restored.build(lambda key: _adopted(known[key], self._generation) if key in known else end)
        yield from restored.digested()
        self._now, self.restorations = restored, self.restorations + 1
        self._history.restart(self._end)
        self.derived.begin(snapshot.offset)
        if snapshot.complete:
            self._compare(snapshot)
        _report(self._metrics, self._now, self._history, Counter())

    def apply(self, records: Sequence[Record]) -> Steps:
        """Take durable records, then wake the readers once; not for cursors, which are none of theirs."""
        counts: Counter[tuple[str, ChangeType]] = Counter()
        shown = self._now.shown
        for record in records:
            started = clocks.monotonic()
            changes = yield from self._project(record)
            counts.update(map(_kind_of_change, changes))
            self._metrics.projection_seconds.observe(clocks.monotonic() - started)
        if records:
            yield from self._now.digested()
            if self._is_live():
                self._now.sources.tell()
            _report(self._metrics, self._now, self._history, counts)
        if self._now.shown != shown:
            for reader in tuple(self._readers):
                reader.wake()

    def forget(self) -> Steps:
        """Lets go of all objects, a few at a time; bundles that somebody has stay. It is of no use afterwards."""
        self._now.late.forget()
        yield from self._now.sources.forget()

    def snapshot(self) -> Snapshot:
        """All that was applied so far, by reference."""
        return self._now.snapshot(self._generation)

    @property
    def state(self) -> Projection:
        """What was applied so far, for whoever makes a state of the past beside it."""
        return self._now

    @property
    def ready(self) -> bool:
        """Bundles are built, every path of the newest mark has a position, and that mark is this process's own."""
        return self._now.built and self._now.coverage.complete and self._is_live()

    @property
    def built(self) -> bool:
        """Bundles are built: there is a state of the head."""
        return self._now.built

    @property
    def head(self) -> int:
        """The last place of the head offset."""
        return self._history.head

    @property
    def horizon(self) -> int:
        """The oldest resourceVersion from which a cursor can still resume."""
        return self._history.horizon

    @property
    def history_bytes(self) -> int:
        """What the history keeps in memory."""
        return self._history.bytes

    @property
    def known_digest(self) -> int | None:
        """One number for all bundles as they are now, the same on every replica; None while it is worked out."""
        return self._now.catalogue.digest.known

    @property
    def unreadable(self) -> Mapping[ObjectKey, UnreadObject]:
        """The objects whose newest state could not be read: what is shown of them is older, or nothing."""
        return self._now.sources.unreadable

    @property
    def kinds(self) -> Sequence[UndeclaredKind]:
        """The undeclared kinds that are taken up."""
        return self._now.sources.kinds

    @property
    def definitions(self) -> Mapping[str, ViewDefinition]:
        """Those of the views by plural, another object when they change: undeclared kinds are taken up, and let go."""
        return self._now.definitions

    @property
    def cursors(self) -> Mapping[str, CursorPlace]:
        """How far subscriptions have been told the journal, by name."""
        return self._now.cursors

    def position(self, path: str) -> str | None:
        """Where the list path of that id stands: ABSENT, LOST, or a resourceVersion; None before the first."""
        return self._now.coverage.position(path)

    def count(self, view: str) -> int:
        """How many bundles that view has."""
        return self._now.catalogue.count(view)

    def get(self, key: BundleKey) -> Bundle | None:
        """The bundle as it is now."""
        return self._now.catalogue.get(key)

    def memory(self, key: BundleKey) -> Memory | None:
        """What is remembered of the bundle of that key, beyond its objects; None where there is none."""
        return self._now.memory(key)

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:
        """The bundles as they are now, by (namespace, name)."""
        return self._now.catalogue.list(view, namespace)

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:
        """The bundles as they were: those of now, with the changes since undone. Errors: Expired, Ahead."""
        past = self._history.undone(view, namespace, resource_version)
        now = self._now.catalogue.list(view, namespace)
        if not past:
            return now
        then = {bundle.key: bundle for bundle in now} | past
        return tuple(bundle for _, bundle in sorted(then.items()) if bundle is not None)

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:
        """A cursor on what came after that resourceVersion. Errors: Expired, Ahead."""
        return HistoryCursor(self._history, view, namespace, after)

    def subscribe(self, reader: Wakeable) -> None:
        """Have ``reader.wake`` called at the end of each ``apply``."""
        self._readers[reader] = None

    def unsubscribe(self, reader: Wakeable) -> None:
        """No more of that."""
        self._readers.pop(reader, None)

    def _nothing(self) -> Projection:
        now = None if self._present is None else self._present.state
        return Projection(self._definitions, make_view=self._make_view, metrics=self._metrics, warn=self._warn, now=now)

    @property
    def _end(self) -> int:
        return self._end_of(self._now.shown)

    def _end_of(self, offset: int) -> int:
        return join(offset, self._generation, LAST_PLACE)

    def _project(self, record: Record) -> Projecting:
        now, entry = self._now, record.entry
        if not isinstance(entry, (*UNSHOWN, Position)):
            yield from now.late.steps()
        touched = now.take(record)
        if isinstance(entry, DerivedBundles):
            self.derived.told(entry)
        if isinstance(entry, UNSHOWN):
            return ()
        if isinstance(entry, Mark):
            self._history.gap(entry.previous, record.offset)
        if now.built:
            changes = yield from self._settle(touched, record.time_ms)
            self._forget_departed()
            return changes
        # Nobody can resume from before the first bundles: until then the horizon follows the head.
        self._history.restart(self._end)
        if now.coverage.complete:
            yield from now.build(lambda _: self._end)
            self._history.restart(self._end)  # nor from what was to be seen while they were built: nothing
        self.derived.begin(record.offset)
        return ()

    def _settle(self, touched: set[BundleKey], time_ms: int) -> Projecting:
        """Brings the touched bundles up to date, as changes of this offset; then moves the head."""
        differences, known = list[Difference](), {key: self._now.memory(key) for key in touched}
        for key in sorted(touched):
            differences += yield from self._now.differences(key)
            yield
        offset = self._now.shown
        fits = len(differences) <= MAX_CHANGES
        first, stride = (join(offset, self._generation, 0), 1) if fits else (self._end, 0)
        changes = [_change(first + stride * place, *each, time_ms) for place, each in enumerate(differences)]
        for change in changes:
            self._now.shelve(change)
        if fits:
            self._history.extend(changes, self._end)
        else:
            self._warn(f"{len(changes)} bundles changed at offset {offset}: no places for all, watches start over")
            self._history.restart(self._end)
        self.derived.note(offset, derivations(offset, known, self._now.memory, changes))
        return changes

    def _forget_departed(self) -> None:
        """History may hold members of kinds that were let go: readers are asked about for each, so they are bounded."""
        if len(self._now.sources.departed) > MAX_DEPARTED:
            self._warn(f"{MAX_DEPARTED} undeclared kinds came and went: their past is forgotten, watches start over")
            self._now.forget_departed()
            self._history.restart(self._end)

    def _compare(self, snapshot: Snapshot) -> None:
        if snapshot.generation != self._generation:
            return  # Then nobody holds a resourceVersion from which he could resume.
        strays = self._now.catalogue.resource_versions().keys() ^ snapshot.bundles.keys()
        if strays:
            self._warn(f"the snapshot at {snapshot.offset} disagrees with its objects on {len(strays)} bundles")
            # Who resumes exactly there would never be told of them.
            shown = self._now.shown
            self._history.gap(shown - 1, shown + 1)


def _report(metrics: Metrics, now: Projection, history: History, counts: Counter[tuple[str, ChangeType]]) -> None:
    metrics.log_head_offset.set(now.offset)
    metrics.log_horizon_offset.set(split(history.horizon).offset)
    digest = now.catalogue.digest.known
    if digest is not None:  # of a moment of the past nobody asks for it
        metrics.bundles_digest.set(digest)
    metrics.history_bytes.set(history.bytes)
    for view in now.views:
        metrics.bundles.labels(view).set(now.catalogue.count(view))
    for (view, change_type), count in counts.items():
        metrics.bundle_changes.labels(view, change_type).inc(count)


def _adopted(resource_version: int, generation: int) -> int:
    """A bundle's resourceVersion from a snapshot: of another generation, its offset's last place in that one.

    Generations begin again after the last (3, then 0): then that is lower, and what was handed out stays.
    """
    version = split(resource_version)
    if version.generation == generation:
        return resource_version
    return max(resource_version, join(version.offset, generation, LAST_PLACE))


def _change(resource_version: int, before: Bundle | None, draft: Draft | None, time_ms: int) -> BundleChange:
    return BundleChange(resource_version, before, None if draft is None else draft.finish(resource_version), time_ms)


def _kind_of_change(change: BundleChange) -> tuple[str, ChangeType]:
    if change.before is None:
        return change.key.view, ChangeType.ADDED
    return change.key.view, ChangeType.DELETED if change.after is None else ChangeType.MODIFIED


if TYPE_CHECKING:
    _follower: type[Follower] = Projector
    _reader: type[ViewReader] = Projector
