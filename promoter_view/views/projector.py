"""The projector: folds the log's records into the bundles of every view, and is what readers read. No reactor here.

One offset is projected in one go: objects, bundles and their changes first, the head last. Until every list path has
had a position objects are only stored; then all bundles are built at once, with the last place of that offset, which is
the first horizon. The same again when the rules change by which objects are cleaned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from promoter_view import clocks
from promoter_view.boundaries import Cursor, Follower, ViewReader, Wakeable
from promoter_view.metrics import Metrics
from promoter_view.records import (
    Bundle,
    BundleChange,
    BundleKey,
    ChangeType,
    Entry,
    Mark,
    ObjectKey,
    Position,
    Record,
    Snapshot,
    SourceObject,
    Unreadable,
    UnreadObject,
)
from promoter_view.views.bundles import Draft, Drafts, View
from promoter_view.views.catalogue import Catalogue
from promoter_view.views.coverage import Coverage
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.history import History, HistoryCursor
from promoter_view.views.joining.sources import Sources
from promoter_view.views.versions import LAST_PLACE, join, split

#: The changes that fit into one offset: the last place is that of the offset's end.
MAX_CHANGES = LAST_PLACE - 1


class Projector:
    """Implements ``boundaries.Follower`` and ``boundaries.ViewReader``.

    All ``definitions`` are always projected, for no option may move a place. ``history_bytes`` bounds the history.
    ``make_view``: ``View`` joins bundles from their members, ``ReflectedView`` takes them as they come.
    ``warn`` gets one line for what an operator should know; ``timer`` (seconds) is for the metrics alone. ``is_live``
    tells a log that is being replayed (nothing is to be read yet: its state is an old one) from one that goes on.
    """

    def __init__(
        self,
        definitions: Iterable[ViewDefinition],
        *,
        generation: int,
        history_bytes: int,
        metrics: Metrics,
        warn: Callable[[str], None],
        timer: Callable[[], float] = clocks.monotonic,
        is_live: Callable[[], bool] = lambda: True,
        make_view: Callable[[ViewDefinition], Drafts] = View,
    ) -> None:
        self._make_view = make_view
        self._definitions = tuple(definitions)
        self._history = History(generation=generation, max_bytes=history_bytes)
        self._generation = generation
        self._metrics = metrics
        self._warn = warn
        self._timer = timer
        self._is_live = is_live
        self._readers: dict[Wakeable, None] = {}
        self._empty()

    def restore(self, snapshot: Snapshot) -> None:
        """Begin from a snapshot: bundles keep their resourceVersions, and its end is the horizon."""
        self._empty()
        self._offset = snapshot.offset
        self._history.restart(self._end)
        self._coverage.restore(snapshot)
        for key, source in snapshot.objects.items():
            self._sources.put(key, source)
        for key, unread in snapshot.unreadable.items():
            self._sources.pass_over(key, unread)
        if snapshot.complete:
            self._build({key: self._adopted(version) for key, version in snapshot.bundles.items()})
            self._compare(snapshot)
        self._report(Counter())

    def apply(self, records: Sequence[Record]) -> None:
        """Take durable records, then wake the readers once."""
        counts: Counter[tuple[str, ChangeType]] = Counter()
        for record in records:
            started = self._timer()
            counts.update(map(_kind_of_change, self._project(record)))
            self._metrics.projection_seconds.observe(self._timer() - started)
        if records:
            if self._is_live():
                self._sources.tell()
            self._report(counts)
            for reader in tuple(self._readers):
                reader.wake()

    def snapshot(self) -> Snapshot:
        """All that was applied so far, by reference."""
        return Snapshot(
            offset=self._offset,
            mirror=self._coverage.mirror,
            generation=self._generation,
            complete=self._built,
            positions=self._coverage.positions(),
            objects=self._sources.copy(),
            bundles=self._catalogue.resource_versions(),
            unreadable=self._sources.unreadable,
        )

    @property
    def ready(self) -> bool:
        """Bundles are built, every path of the newest mark has a position, and that mark is this process's own."""
        return self._built and self._coverage.complete and self._is_live()

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
    def digest(self) -> int:
        """One number for all bundles as they are now: the same on every replica at this head."""
        return self._catalogue.digest

    @property
    def unreadable(self) -> Mapping[ObjectKey, UnreadObject]:
        """The objects whose newest state could not be read: what is shown of them is older, or nothing."""
        return self._sources.unreadable

    def count(self, view: str) -> int:
        """How many bundles that view has."""
        return self._catalogue.count(view)

    def get(self, key: BundleKey) -> Bundle | None:
        """The bundle as it is now."""
        return self._catalogue.get(key)

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:
        """The bundles as they are now, by (namespace, name)."""
        return self._catalogue.list(view, namespace)

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:
        """The bundles as they were: those of now, with the changes since undone. Errors: Expired, Ahead."""
        past: dict[BundleKey, Bundle | None] = {}
        for change in self._history.since(resource_version):
            key = change.key
            if key.view == view and namespace in ("", key.namespace):
                past.setdefault(key, change.before)
        now = self._catalogue.list(view, namespace)
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

    def _empty(self) -> None:
        """Nothing is known; whoever reads the history finds out when he is next woken."""
        self._views = {definition.plural: self._make_view(definition) for definition in self._definitions}
        self._sources = Sources(self._views.values(), metrics=self._metrics, warn=self._warn)
        self._coverage = Coverage()
        self._catalogue = Catalogue()
        self._offset = 0
        self._built = False

    @property
    def _end(self) -> int:
        return join(self._offset, self._generation, LAST_PLACE)

    def _project(self, record: Record) -> Sequence[BundleChange]:
        touched = self._take(record.offset, record.entry)
        self._offset = record.offset
        if self._built:
            return self._settle(touched, record.time_ms)
        if self._coverage.complete:
            self._build({})
        # Nobody can resume from before the first bundles: until then the horizon follows the head.
        self._history.restart(self._end)
        return ()

    def _take(self, offset: int, entry: Entry) -> set[BundleKey]:
        if isinstance(entry, Mark):
            if self._coverage.mark(entry):
                self._catalogue, self._built = Catalogue(), False
            self._history.gap(entry.previous, offset)
            return set()
        if entry.position is not None:
            self._coverage.move(entry.path, entry.position)
        if isinstance(entry, Position):
            return set()
        if isinstance(entry, Unreadable):
            self._sources.pass_over(entry.key, entry.found)
            return set()
        if entry.type is ChangeType.DELETED:
            return self._sources.remove(entry.key)
        return self._sources.put(entry.key, SourceObject(entry.body, entry.resource_version))

    def _settle(self, touched: set[BundleKey], time_ms: int) -> Sequence[BundleChange]:
        """Brings the touched bundles up to date, as changes of this offset; then moves the head."""
        steps = [step for key in sorted(touched) for step in self._steps(key)]
        fits = len(steps) <= MAX_CHANGES
        first, stride = (join(self._offset, self._generation, 0), 1) if fits else (self._end, 0)
        changes = [_change(first + stride * place, *step, time_ms) for place, step in enumerate(steps)]
        for change in changes:
            self._shelve(change)
        if fits:
            self._history.extend(changes, self._end)
        else:
            self._warn(f"{len(steps)} bundles changed at offset {self._offset}: no places for all, watches start over")
            self._history.restart(self._end)
        return changes

    def _steps(self, key: BundleKey) -> Iterator[tuple[Bundle | None, Draft | None]]:
        before = self._catalogue.get(key)
        draft = self._views[key.view].draft(key)
        if before is None or draft is None:
            if before is not None or draft is not None:
                yield before, draft
        elif before.uid != draft.root.uid:
            yield before, None
            yield None, draft
        elif before.tail != draft.tail:  # their heads are made of key and uid, which are equal
            yield before, draft

    def _shelve(self, change: BundleChange) -> None:
        if change.after is None:
            self._catalogue.remove(change.key)
        else:
            self._catalogue.put(change.after)

    def _build(self, known: Mapping[BundleKey, int]) -> None:
        """All bundles at once; one that is not ``known`` has the resourceVersion of this offset's end."""
        for view in self._views.values():
            for draft in view.drafts():
                self._catalogue.put(draft.finish(known.get(draft.key, self._end)))
        self._built = True

    def _adopted(self, resource_version: int) -> int:
        """A bundle's resourceVersion from a snapshot: of another generation, its offset's last place in ours.

        Generations begin again after the last (3, then 0): then that is lower, and what was handed out stays.
        """
        version = split(resource_version)
        if version.generation == self._generation:
            return resource_version
        return max(resource_version, join(version.offset, self._generation, LAST_PLACE))

    def _compare(self, snapshot: Snapshot) -> None:
        if snapshot.generation != self._generation:
            return  # Then nobody holds a resourceVersion from which he could resume.
        strays = self._catalogue.resource_versions().keys() ^ snapshot.bundles.keys()
        if strays:
            self._warn(f"the snapshot at {snapshot.offset} disagrees with its objects on {len(strays)} bundles")
            # Who resumes exactly there would never be told of them.
            self._history.gap(snapshot.offset - 1, snapshot.offset + 1)

    def _report(self, counts: Counter[tuple[str, ChangeType]]) -> None:
        metrics = self._metrics
        metrics.log_head_offset.set(self._offset)
        metrics.log_horizon_offset.set(split(self._history.horizon).offset)
        metrics.bundles_digest.set(self.digest)
        metrics.history_bytes.set(self._history.bytes)
        for view in self._views:
            metrics.bundles.labels(view).set(self._catalogue.count(view))
        for (view, change_type), count in counts.items():
            metrics.bundle_changes.labels(view, change_type).inc(count)


def _change(resource_version: int, before: Bundle | None, draft: Draft | None, time_ms: int) -> BundleChange:
    return BundleChange(resource_version, before, None if draft is None else draft.finish(resource_version), time_ms)


def _kind_of_change(change: BundleChange) -> tuple[str, ChangeType]:
    if change.before is None:
        return change.key.view, ChangeType.ADDED
    return change.key.view, ChangeType.DELETED if change.after is None else ChangeType.MODIFIED


if TYPE_CHECKING:
    _follower: type[Follower] = Projector
    _reader: type[ViewReader] = Projector
