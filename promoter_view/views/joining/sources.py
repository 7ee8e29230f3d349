"""The source objects, kept once as their bytes, and the views that they are fed to. Pure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey, ObjectKey, SourceObject, UndeclaredKind, UnreadObject
from promoter_view.slices import Steps
from promoter_view.views.bundles import Drafts
from promoter_view.views.fields import Fields
from promoter_view.views.joining.facts import decode


class Sources:
    """All objects of the log. A malformed one is kept, counted and named once, and stops nothing but itself."""

    def __init__(self, views: Iterable[Drafts], *, metrics: Metrics, warn: Callable[[str], None]) -> None:
        self.views = tuple(views)
        self._metrics = metrics
        self._warn = warn
        self._objects: dict[ObjectKey, SourceObject] = {}
        self._malformed: dict[ObjectKey, tuple[str, ...]] = {}
        self._unreadable: dict[ObjectKey, UnreadObject] = {}
        self._untold: set[ObjectKey] = set()
        #: The undeclared kinds that are taken up, and those that were before.
        self.kinds: tuple[UndeclaredKind, ...] = ()
        self.departed: tuple[UndeclaredKind, ...] = ()
        metrics.unreadable_objects.clear()

    @property
    def unreadable(self) -> Mapping[ObjectKey, UnreadObject]:
        """The objects whose newest state could not be read, a copy."""
        return self._unreadable.copy()

    def copy(self) -> Mapping[ObjectKey, SourceObject]:
        """The objects as they are now; does not change afterwards."""
        return self._objects.copy()

    def take_up(self, kinds: tuple[UndeclaredKind, ...]) -> set[BundleKey]:
        """From here on these undeclared kinds are members, and no others; the bundles that this touches."""
        before, self.kinds = set(self.kinds), kinds
        gone = sorted(before - set(kinds))
        self.departed = tuple(kind for kind in (*self.departed, *gone) if kind not in kinds)
        touched = _union([view.take_up(kinds, self.departed) for view in self.views])
        for kind in {kind.kind for kind in gone} - {kind.kind for kind in kinds}:
            self._metrics.forget_kind(kind)
        come = {kind.kind for kind in set(kinds) - before}
        found = [(key, source) for key, source in self._objects.items() if key.kind in come] if come else ()
        return touched.union(*(self._show(key, source) for key, source in found))

    def forget_departed(self) -> None:
        """What was taken up before is nowhere to be seen any more."""
        self.departed = ()
        for view in self.views:
            view.take_up(self.kinds, ())

    def load(self, objects: Mapping[ObjectKey, SourceObject], beside: Sources | None = None) -> Steps:
        """All objects of a snapshot, where there are none yet; no bundle is to be seen yet that they touch.

        ``beside`` are those of another state of the same views: what is read there of the same bytes is not read again.
        """
        for key, source in objects.items():
            self._load(_interned(key), source, beside)
            yield

    def put(self, key: ObjectKey, source: SourceObject) -> set[BundleKey]:
        """An object is there, or has changed; the bundles that this touches."""
        self._is_read(key)
        if key not in self._objects:
            key = _interned(key)
        self._objects[key] = source
        return self._show(key, source)

    def _load(self, key: ObjectKey, source: SourceObject, beside: Sources | None) -> None:
        self._objects[key] = source
        views = self._wanting(key)
        if beside is not None and all(
            view.load_alike(key, source.body, other)
            for view, other in zip(self.views, beside.views, strict=True)
            if view in views
        ):
            return
        fields = self._fields(key, source) if views else None
        if fields is not None:
            for view in views:
                view.load(fields, source.body)
            self._note(key, tuple(fields.problems))

    def _show(self, key: ObjectKey, source: SourceObject) -> set[BundleKey]:
        views = self._wanting(key)
        fields = self._fields(key, source) if views else None
        if fields is None:
            # Its bytes would spoil every bundle that holds them.
            return _union(view.remove(key) for view in views)
        touched = _union(view.put(fields, source.body) for view in views)
        self._note(key, tuple(fields.problems))
        return touched

    def _wanting(self, key: ObjectKey) -> Sequence[Drafts]:
        return [view for view in self.views if key.kind in view.kinds]

    def _fields(self, key: ObjectKey, source: SourceObject) -> Fields | None:
        document, problem = decode(source.body)
        if document is None:
            self._note(key, (problem,))
            return None
        return Fields(key, document)

    def remove(self, key: ObjectKey) -> set[BundleKey]:
        """An object is gone; the bundles that this touches."""
        self._is_read(key)
        self._objects.pop(key, None)
        self._malformed.pop(key, None)
        return _union(view.remove(key) for view in self.views if key.kind in view.kinds)

    def forget(self) -> Steps:
        """Nothing is there any more. In steps: what is let go of in one would be freed in one."""
        while self._objects:
            key, _ = self._objects.popitem()
            for view in self.views:
                view.remove(key)
            yield

    def pass_over(self, key: ObjectKey, found: UnreadObject) -> None:
        """An object's newest state could not be read: the one before it, if there is one, is what is shown."""
        if key not in self._unreadable:
            self._metrics.unreadable_objects.labels(key.kind).inc()
            self._untold.add(key)
        self._unreadable[key] = found

    def tell(self) -> None:
        """Names the objects that could not be read since this was last called, and still cannot."""
        for key in sorted(self._untold):
            found = self._unreadable[key]
            shown = "its last readable state is shown" if key in self._objects else "it is left out"
            at = f"resourceVersion {found.resource_version}" if found.resource_version else "an unknown resourceVersion"
            self._warn(f"{key.kind} {_name(key)} at {at} {found.reason}; {shown}")
        self._untold.clear()

    def _is_read(self, key: ObjectKey) -> None:
        if self._unreadable.pop(key, None) is not None:
            self._untold.discard(key)
            self._metrics.unreadable_objects.labels(key.kind).dec()

    def _note(self, key: ObjectKey, problems: tuple[str, ...]) -> None:
        if self._malformed.get(key, ()) == problems:
            return
        if not problems:
            del self._malformed[key]
            return
        self._malformed[key] = problems
        self._metrics.malformed_objects.labels(key.kind).inc()
        self._warn(
            f"{key.kind} {_name(key)} is malformed, what cannot be read of it is left out: {'; '.join(problems)}"
        )


def _interned(key: ObjectKey) -> ObjectKey:
    """The log decodes each record into strings of its own; kinds and namespaces are few."""
    return ObjectKey(sys.intern(key.kind), sys.intern(key.namespace), key.name)


def _name(key: ObjectKey) -> str:
    return f"{key.namespace}/{key.name}" if key.namespace else key.name


def _union(touched: Iterable[set[BundleKey]]) -> set[BundleKey]:
    return set().union(*touched)
