"""The views as one request may see them: a ``ViewReader`` in front of another, masked as a sight says.

What may be seen is asked for elsewhere, and takes time. So nothing is shown of a namespace of which that is not known:
a get or a list says that it does not know (``Unseen``), a cursor stops in front of the change until it does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from promoter_view.access.admission import Admission
from promoter_view.boundaries import Cursor, ViewReader, Wakeable
from promoter_view.reading.looks import SightedBundles
from promoter_view.reading.sight import NOTHING_SEEN, Sight
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.history import Expired
from promoter_view.views.member_mask import Hidden, Mask
from promoter_view.web.errors import ReviewUnavailable

#: Namespaces may come while others are asked about.
_ATTEMPTS = 5
_Result = TypeVar("_Result")


class Unseen(Exception):  # noqa: N818 - a state, as history.Ahead is
    """What may be seen in those namespaces is not known, or no longer."""

    def __init__(self, namespaces: Iterable[str]) -> None:
        self.namespaces = frozenset(namespaces)
        super().__init__(f"the permissions for {len(self.namespaces)} namespaces are not known yet")


class SightedViews:
    """``views`` as ``sight`` allows whoever was admitted; ``masks`` by view, shared by all readers.

    It is a ``ViewReader``, and remembers how the sight stood when reading began.
    """

    def __init__(self, views: ViewReader, masks: Mapping[str, Mask], sight: Sight, admission: Admission) -> None:
        self._views = views
        self._masks = masks
        self._begun = sight.changes
        self._replaced = False
        self.sight = sight
        self.admission = admission

    @property
    def views(self) -> ViewReader:
        """To be read inside ``see`` only, but for cursors, which go on. Where all may be seen they cost nothing."""
        return self._views if self.sight.everything else self

    @property
    def outdated(self) -> bool:
        """What may be seen, or who looks, is no longer what it was (a token's groups may change)."""
        return self._replaced or self.sight.changes != self._begun

    async def see(self, ask: Callable[[], _Result]) -> _Result:
        """Reading begins with what ``ask`` gives, once what it needs is known. Errors: its own; ReviewUnavailable."""
        for _ in range(_ATTEMPTS):
            self._begun = self.sight.changes
            try:
                return ask()
            except Unseen as error:
                await self.sight.examine(error.namespaces)
        raise ReviewUnavailable("the permissions change faster than they can be checked")

    async def renew(self) -> bool:
        """Look again what may be seen. True where it has changed, so that a cursor has something to say.

        While nobody can be asked, what was known counts for its time.
        """
        self._replaced = self.admission.identity != self.sight.identity
        with suppress(ReviewUnavailable):
            await self.sight.refresh()
        return self.outdated

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
        return max(self._views.horizon, self.sight.horizon)

    def get(self, key: BundleKey) -> Bundle | None:
        """The bundle as it may be seen. Errors: Unseen."""
        found = self._views.get(key)
        return None if found is None else next(iter(self._seen(key.view, [found])), None)

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:
        """The bundles as they may be seen. Errors: Unseen."""
        return self._seen(view, self._views.list(view, namespace))

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:
        """As they were, by what may be seen now. Errors: Unseen, Expired, Ahead."""
        return self._seen(view, self._views.list_at(view, namespace, resource_version))

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:
        """A cursor that shows changes as they may be seen. Errors: Unseen, Expired, Ahead.

        All namespaces that hold bundles are known when it begins; for one that comes later it waits. ``view`` "": of
        all views of the sight.
        """
        cursor = self._views.cursor(view, namespace, after)
        read = [view] if view else self._masks
        self._known(bundle.key for each in read for bundle in self._views.list(each, namespace))
        if after < self.sight.horizon:
            raise Expired(after, self.sight.horizon)
        return SightedCursor(cursor, self._masks, self.sight, outdated=lambda: self.outdated)

    def is_superseded(self, change: BundleChange) -> bool:
        """A later change of the same bundle, which its reader will be told of, is in the history already.

        It is looked at as this one is: a later change of what is hidden from its reader does not come to him.
        """
        newest, after = self._views.get(change.key), change.after
        if newest is None or after is None:
            return newest is not after
        if after.hidden:
            newest = self._masks[change.key.view].bundle(newest, after.hidden)
        return newest.tail != after.tail

    def subscribe(self, reader: Wakeable) -> None:
        """As those behind."""
        self._views.subscribe(reader)

    def unsubscribe(self, reader: Wakeable) -> None:
        """As those behind."""
        self._views.unsubscribe(reader)

    def _seen(self, view: str, bundles: Sequence[Bundle]) -> Sequence[Bundle]:
        hidden = self._known(bundle.key for bundle in bundles)
        if NOTHING_SEEN in hidden.values():
            bundles = tuple(bundle for bundle in bundles if hidden[bundle.key.namespace] != NOTHING_SEEN)
        return SightedBundles(bundles, hidden, self._masks[view]) if any(hidden.values()) else bundles

    def _known(self, keys: Iterable[BundleKey]) -> Mapping[str, Hidden]:
        """By namespace, of keys of one view; of several only that it is known. Errors: Unseen."""
        places = dict.fromkeys((key.view, key.namespace) for key in keys)
        found = {(view, namespace): self.sight.hidden(view, namespace) for view, namespace in places}
        known = {namespace: hidden for (_, namespace), hidden in found.items() if hidden is not None}
        if None in found.values():
            raise Unseen(namespace for (_, namespace), hidden in found.items() if hidden is None)
        return known


class SightedCursor:
    """Takes changes from another cursor and shows them as they may be seen. A ``boundaries.Cursor``.

    It holds back at most one ``take`` of them: those from the first of which it is not known what may be seen.
    ``outdated`` tells whether its reader has to begin again.
    """

    def __init__(
        self, cursor: Cursor, masks: Mapping[str, Mask], sight: Sight, *, outdated: Callable[[], bool]
    ) -> None:
        self._cursor = cursor
        self._masks = masks
        self._sight = sight
        self._outdated = outdated
        self._held: deque[BundleChange] = deque()
        self._examined = cursor.position
        self._waits_since = -1  # what ``learnt`` was when it began to wait

    @property
    def caught_up(self) -> bool:
        """Nothing is left to read until the head moves, or until more is known."""
        if self._outdated():
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
        if self._outdated():
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
        key = self._held[0].key
        hidden = self._sight.hidden(key.view, key.namespace, reading=True)
        if hidden is None:
            # Counted before it is asked for: the answer may come at once.
            self._waits_since = self._sight.learnt
            self._sight.want(key.namespace)
            return False
        change = self._held.popleft()
        self._examined = change.resource_version
        shown = None if hidden == NOTHING_SEEN else self._masks[key.view].change(change, hidden)
        if shown is not None:
            seen.append(shown)
        return True


if TYPE_CHECKING:
    _reader: type[ViewReader] = SightedViews
    _cursor: type[Cursor] = SightedCursor
