"""The state of the views at one offset: objects, how much of the cluster they are, and the bundles made of them. Pure.

Until every list path has had a position objects are only stored; then all bundles are built, with one resourceVersion.
The same again when the rules change by which objects are cleaned.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial

from promoter_view.metrics import Metrics
from promoter_view.records import (
    Bundle,
    BundleChange,
    BundleKey,
    Change,
    ChangeType,
    CursorMoved,
    CursorPlace,
    DerivedBundles,
    KindsChanged,
    Mark,
    Memory,
    Position,
    Record,
    SchemaRead,
    Snapshot,
    SourceObject,
    UndeclaredKind,
    Unknown,
    Unreadable,
)
from promoter_view.slices import Steps
from promoter_view.views.bundles import Draft, Drafting, Drafts
from promoter_view.views.catalogue import Catalogue
from promoter_view.views.coverage import Coverage
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.joining.late import LateBundles
from promoter_view.views.joining.sources import Sources
from promoter_view.views.status.memories import Memories

#: A bundle as it was, and as it must now be; None where there is none.
Difference = tuple[Bundle | None, Draft | None]


class Projection:
    """Nothing is known at first. ``built``: the bundles are there, and ``differences`` tells what becomes of them.

    ``now`` is there for a moment of the past: the state of now, whose objects and bundles are known. Then nothing is
    counted, and bundles are ``late``: they are to be made before another record is taken that may touch them.
    """

    def __init__(
        self,
        definitions: Iterable[ViewDefinition],
        *,
        make_view: Callable[[ViewDefinition], Drafts],
        metrics: Metrics,
        warn: Callable[[str], None],
        now: Projection | None = None,
    ) -> None:
        self.views = {definition.plural: make_view(definition) for definition in definitions}
        #: Those of the views as they are now, by plural: another object when they change.
        self.definitions = self._definitions()
        self.sources = Sources(self.views.values(), metrics=metrics, warn=warn)
        self._present = now
        self.coverage = Coverage()
        self._memories = Memories(counts=now is None)
        self.catalogue = Catalogue()
        self.late = LateBundles()
        #: Of subscriptions, by name.
        self.cursors: dict[str, CursorPlace] = {}
        self.offset = 0
        #: The offset of the last record that readers are told of.
        self.shown = 0
        self.built = False

    def restore(self, snapshot: Snapshot) -> Steps:
        """The objects of a snapshot; its bundles are still to be built."""
        self.offset = snapshot.offset
        self.shown = snapshot.shown or snapshot.offset
        self.cursors = dict(snapshot.cursors)
        self.coverage.restore(snapshot)
        self._memories = Memories(snapshot.memory, counts=self._present is None)
        self._take_up(snapshot.kinds)
        beside = None if self._present is None else self._present.sources
        yield from self.sources.load(snapshot.objects, beside)
        for key, unread in snapshot.unreadable.items():
            self.sources.pass_over(key, unread)

    def take(self, record: Record) -> set[BundleKey]:
        """Moves on by one record; the bundles that it touches."""
        self.offset, entry = record.offset, record.entry
        if isinstance(entry, CursorMoved | DerivedBundles | Unknown):
            self._move(entry)
            return set()
        self.shown = record.offset
        return self._take(entry)

    def build(self, version_of: Callable[[BundleKey], int]) -> Steps:
        """All bundles, with those resourceVersions; nothing is seen of them before the last step."""
        catalogue = Catalogue()
        make = partial(self._whole, self.offset)
        if self._present is not None:
            self.late = LateBundles(make)
        for view in self.views.values():
            for key in view.bundle_keys():
                version = version_of(key)
                bundle = self._known(key, version)
                if bundle is None:
                    bundle = yield from make(key, version)
                catalogue.put(bundle)
                yield
        self._memories.forget_others(catalogue)
        self.catalogue, self.built = catalogue, True

    def digested(self) -> Steps:
        """Brings the digest up to date: that of a moment is compared with nobody's."""
        return self.catalogue.digest.steps() if self._present is None else iter(())

    def differences(self, key: BundleKey) -> Generator[None, None, Sequence[Difference]]:
        """What is to become of the bundle of that key."""
        before = self.catalogue.get(key)
        draft = yield from self._settled(key, before, self.offset)
        if draft is None:
            self._memories.forget(key)
        return [*_differences(before, draft)]

    def _known(self, key: BundleKey, resource_version: int) -> Bundle | None:
        """Of a moment the bundle of now, where that is the same, or one that is late."""
        if self._present is None:
            return None
        found = self._present.catalogue.get(key)
        if found is not None and found.resource_version == resource_version:
            return found
        root = self.views[key.view].root_of_small(key)
        return None if root is None else self.late.add(key, root, resource_version)

    def _whole(self, offset: int, key: BundleKey, resource_version: int) -> Generator[None, None, Bundle]:
        """The bundle of a root that is there, as of that offset."""
        draft = yield from self._settled(key, None, offset)
        assert draft is not None
        return draft.finish(resource_version)

    def _settled(self, key: BundleKey, before: Bundle | None, offset: int) -> Drafting:
        draft = yield from self.views[key.view].draft(key)
        if draft is None:
            return None
        return (yield from self._memories.settle(draft, before, offset))

    def shelve(self, change: BundleChange) -> None:
        """A bundle has become what it must be."""
        if change.after is None:
            self.catalogue.remove(change.key)
        else:
            self.catalogue.put(change.after)

    def forget_departed(self) -> None:
        """Of kinds that were let go nothing is to be seen any more."""
        self.sources.forget_departed()
        self.definitions = self._definitions()

    def memory(self, key: BundleKey) -> Memory | None:
        """What is remembered of the bundle of that key."""
        return self._memories.get(key)

    def snapshot(self, generation: int) -> Snapshot:
        """All of it, by reference."""
        return Snapshot(
            offset=self.offset,
            mirror=self.coverage.mirror,
            generation=generation,
            complete=self.built,
            positions=self.coverage.positions(),
            objects=self.sources.copy(),
            bundles=self.catalogue.resource_versions(),
            unreadable=self.sources.unreadable,
            kinds=self.sources.kinds,
            schemas=self.coverage.schemas(),
            memory=self._memories.snapshot(),
            cursors=dict(self.cursors),
            shown=0 if self.shown == self.offset else self.shown,
        )

    def _take_up(self, kinds: tuple[UndeclaredKind, ...]) -> set[BundleKey]:
        touched = self.sources.take_up(kinds)
        self.definitions = self._definitions()
        return touched

    def _move(self, entry: CursorMoved | DerivedBundles | Unknown) -> None:
        if not isinstance(entry, CursorMoved):
            return
        if entry.place is None:
            self.cursors.pop(entry.subscription, None)
        else:
            self.cursors[entry.subscription] = entry.place

    def _definitions(self) -> Mapping[str, ViewDefinition]:
        return {plural: view.definition for plural, view in self.views.items()}

    def _take(self, entry: Mark | KindsChanged | Position | SchemaRead | Unreadable | Change) -> set[BundleKey]:
        if isinstance(entry, Mark):
            begins = self._memories.mark(entry)
            if self.coverage.mark(entry):
                self.catalogue, self.built = Catalogue(), False
            return set(self.catalogue.resource_versions()) if begins else set()
        if isinstance(entry, KindsChanged):
            return self._take_up(entry.kinds)
        self.coverage.take(entry)
        if isinstance(entry, Position | SchemaRead):
            return set()
        if isinstance(entry, Unreadable):
            self.sources.pass_over(entry.key, entry.found)
            return set()
        if entry.type is ChangeType.DELETED:
            return self.sources.remove(entry.key)
        return self.sources.put(entry.key, SourceObject(entry.body, entry.resource_version))


def _differences(before: Bundle | None, draft: Draft | None) -> Iterator[Difference]:
    if before is None or draft is None:
        if before is not None or draft is not None:
            yield before, draft
    elif before.uid != draft.root.uid:
        yield before, None
        yield None, draft
    elif before.tail != draft.tail:  # their heads are made of key and uid, which are equal
        yield before, draft
