"""The views as one reader may see them: a ``ViewReader`` in front of another, through a lens for each namespace. Pure.

What may be seen is asked for elsewhere, and takes time. So nothing is shown of a namespace of which that is not known:
a get or a list says that it does not know (``Unseen``), a cursor stops in front of the change until it does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Protocol, overload

from promoter_view.boundaries import Cursor, ViewReader, Wakeable
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.history import Expired
from promoter_view.views.lens import Hidden, Lens


class Unseen(Exception):  # noqa: N818 - a state, as history.Ahead is
    """What may be seen in those namespaces is not known, or no longer."""

    def __init__(self, namespaces: Iterable[str]) -> None:
        self.namespaces = frozenset(namespaces)
        super().__init__(f"what may be seen in {len(self.namespaces)} namespaces is not known yet")


class Sight(Protocol):
    """What one reader may see."""

    @property
    def horizon(self) -> int:
        """Until this resourceVersion something else may have been seen: nobody resumes from before it."""

    @property
    def outdated(self) -> bool:
        """What may be seen has changed since reading began, so that the reader has to begin again."""

    @property
    def learnt(self) -> int:
        """Counts how often something became known."""

    def hidden(self, namespace: str) -> Hidden | None:
        """The kinds whose members may not be seen there; None where that is not known."""

    def want(self, namespace: str) -> None:
        """Somebody waits for that to be known; once it is, ``learnt`` has grown and the reader is woken."""


class SightedViews:
    """``views`` as ``sight`` allows; ``lenses`` by view, shared by all readers. A ``boundaries.ViewReader``."""

    def __init__(self, views: ViewReader, lenses: Mapping[str, Lens], sight: Sight) -> None:
        self._views = views
        self._lenses = lenses
        self._sight = sight

    @property
    def ready(self) -> bool:
        """As those behind."""
        return self._views.ready

    @property
    def head(self) -> int:
        """As those behind: resourceVersions are the same for everybody."""
        return self._views.head

    @property
    def horizon(self) -> int:
        """The later of the history's and the sight's."""
        return max(self._views.horizon, self._sight.horizon)

    def get(self, key: BundleKey) -> Bundle | None:
        """The bundle as it may be seen. Errors: Unseen."""
        found = self._views.get(key)
        if found is None:
            return None
        return self._lenses[key.view].bundle(found, self._known([key.namespace])[key.namespace])

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:
        """The bundles as they may be seen. Errors: Unseen."""
        return self._seen(view, self._views.list(view, namespace))

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:
        """As they were, by what may be seen now. Errors: Unseen, Expired, Ahead."""
        return self._seen(view, self._views.list_at(view, namespace, resource_version))

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:
        """A cursor that shows changes as they may be seen. Errors: Unseen, Expired, Ahead.

        All namespaces that hold bundles are known when it begins; for one that comes later it waits.
        """
        cursor = self._views.cursor(view, namespace, after)
        read = [view] if view else self._lenses
        self._known(_namespaces(chain.from_iterable(self._views.list(each, namespace) for each in read)))
        if after < self._sight.horizon:
            raise Expired(after, self._sight.horizon)
        return SightedCursor(cursor, self._lenses, self._sight)

    def subscribe(self, reader: Wakeable) -> None:
        """As those behind."""
        self._views.subscribe(reader)

    def unsubscribe(self, reader: Wakeable) -> None:
        """As those behind."""
        self._views.unsubscribe(reader)

    def _seen(self, view: str, bundles: Sequence[Bundle]) -> Sequence[Bundle]:
        hidden = self._known(_namespaces(bundles))
        return SeenBundles(bundles, hidden, self._lenses[view]) if any(hidden.values()) else bundles

    def _known(self, namespaces: Iterable[str]) -> Mapping[str, Hidden]:
        found = {namespace: self._sight.hidden(namespace) for namespace in namespaces}
        known = {namespace: hidden for namespace, hidden in found.items() if hidden is not None}
        if len(known) < len(found):
            raise Unseen(found.keys() - known.keys())
        return known


class SeenBundles(Sequence[Bundle]):
    """Bundles, each as it may be seen once it is looked at; ``hidden`` by namespace, as of one moment."""

    def __init__(self, bundles: Sequence[Bundle], hidden: Mapping[str, Hidden], lens: Lens) -> None:
        self._bundles = bundles
        self._hidden = hidden
        self._lens = lens

    def __len__(self) -> int:
        return len(self._bundles)

    @overload
    def __getitem__(self, index: int) -> Bundle: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Bundle]: ...
    def __getitem__(self, index: int | slice) -> Bundle | Sequence[Bundle]:
        if isinstance(index, slice):
            return SeenBundles(self._bundles[index], self._hidden, self._lens)
        bundle = self._bundles[index]
        return self._lens.bundle(bundle, self._hidden[bundle.key.namespace])


class SightedCursor:
    """Takes changes from another cursor and shows each as it may be seen in its view. A ``boundaries.Cursor``.

    It holds back at most one ``take`` of them: those from the first of which it is not known what may be seen.
    """

    def __init__(self, cursor: Cursor, lenses: Mapping[str, Lens], sight: Sight) -> None:
        self._cursor = cursor
        self._lenses = lenses
        self._sight = sight
        self._held: deque[BundleChange] = deque()
        self._examined = cursor.position
        self._waits_since = -1  # what ``learnt`` was when it began to wait

    @property
    def caught_up(self) -> bool:
        """Nothing is left to read until the head moves, or until more is known."""
        if self._sight.outdated:
            return False
        if self._held:
            return self._waits_since == self._sight.learnt
        return self._cursor.caught_up

    @property
    def position(self) -> int:
        """The resourceVersion up to which everything has been examined and, as far as it may be, shown."""
        return self._examined if self._held else self._cursor.position

    def take(self, limit: int) -> Sequence[BundleChange]:
        """The next changes that look like changes. Errors: Expired, also where what may be seen has changed."""
        if self._sight.outdated:
            raise Expired(self.position, self._sight.horizon)
        if not self._held:
            self._examined = self._cursor.position
            self._held.extend(self._cursor.take(limit))
        seen: list[BundleChange] = []
        while self._held and self._pass(seen):
            pass
        return seen

    def _pass(self, seen: list[BundleChange]) -> bool:
        """Whether the first change that is held could be examined."""
        view, namespace, _ = self._held[0].key
        hidden = self._sight.hidden(namespace)
        if hidden is None:
            # Counted before it is asked for: the answer may come at once.
            self._waits_since = self._sight.learnt
            self._sight.want(namespace)
            return False
        change = self._held.popleft()
        self._examined = change.resource_version
        shown = self._lenses[view].change(change, hidden)
        if shown is not None:
            seen.append(shown)
        return True


def _namespaces(bundles: Iterable[Bundle]) -> Iterable[str]:
    return dict.fromkeys(bundle.key.namespace for bundle in bundles)


if TYPE_CHECKING:
    _reader: type[ViewReader] = SightedViews
    _cursor: type[Cursor] = SightedCursor
