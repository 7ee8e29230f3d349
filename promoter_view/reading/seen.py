"""The views as one request may see them: a ``ViewReader`` in front of another, through a mask for each namespace.

What may be seen is asked for elsewhere, and takes time. So nothing is shown of a namespace of which that is not known:
a get or a list says that it does not know (``Unseen``), a cursor stops in front of the change until it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from promoter_view.access.admission import Admission
from promoter_view.boundaries import Cursor, ViewReader, Wakeable
from promoter_view.reading.seen_bundles import SeenBundles, SeenCursor
from promoter_view.reading.sight import NOTHING_SEEN, Sight, scope_of
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.history import Expired
from promoter_view.views.member_mask import Hidden, MemberMask
from promoter_view.web.errors import ReviewUnavailable

#: Namespaces may come while others are asked about.
_ATTEMPTS = 5
_Result = TypeVar("_Result")


class Unseen(Exception):  # noqa: N818 - a state, as history.Ahead is
    """What may be seen in those namespaces is not known, or no longer."""

    def __init__(self, namespaces: Iterable[str]) -> None:
        self.namespaces = frozenset(namespaces)
        super().__init__(f"what may be seen in {len(self.namespaces)} namespaces is not known yet")


class Seen:
    """What a request reads the views through. This one is everybody's, where nothing is hidden, and costs nothing."""

    #: It is all there is, and always was.
    everything = True

    def __init__(self, views: ViewReader, plurals: Iterable[str] = ()) -> None:
        self._views = views
        self._scope = scope_of(plurals, ())

    @property
    def views(self) -> ViewReader:
        """To be read inside ``see`` only, but for cursors, which go on."""
        return self._views

    @property
    def scope(self) -> str:
        """Stands for the namespaces whose bundles may be seen."""
        return self._scope

    async def look(self) -> None:
        """Know all that there is to be seen now. Errors: ReviewUnavailable."""

    async def see(self, ask: Callable[[], _Result]) -> _Result:
        """Reading begins with what ``ask`` gives, once what it needs is known. Errors: its own; ReviewUnavailable."""
        return ask()

    def sees(self, view: str, namespace: str) -> bool:  # noqa: ARG002
        """Whether bundles of that view may be seen there, by an answer that counts."""
        return True

    def refuses(self, view: str) -> bool:  # noqa: ARG002
        """There is something of that view, and none of it may be seen."""
        return False

    def follow(self, reader: Wakeable) -> None:
        """Wake that reader also when more is known of what it may see."""

    def leave(self, reader: Wakeable) -> None:
        """No more of that."""

    async def renew(self) -> bool:
        """Look again what may be seen. True where it has changed, so that a cursor has something to say."""
        return False


class SeenViews(Seen):
    """``views`` as ``sight`` allows whoever was admitted; ``masks`` by view, shared by all readers.

    It is its own ``ViewReader``, and remembers how the sight stood when reading began.
    """

    everything = False

    def __init__(self, views: ViewReader, masks: Mapping[str, MemberMask], sight: Sight, admission: Admission) -> None:
        super().__init__(views)
        self._masks = masks
        self._admission = admission
        self._begun = sight.changes
        self._replaced = False
        self.sight = sight

    @property
    def views(self) -> ViewReader:
        """These."""
        return self

    @property
    def scope(self) -> str:
        """The sight's."""
        return self.sight.scope

    @property
    def outdated(self) -> bool:
        """What may be seen, or who looks, is no longer what it was (a token's groups may change)."""
        return self._replaced or self.sight.changes != self._begun

    async def look(self) -> None:
        """The sight does. Errors: ReviewUnavailable."""
        await self.sight.look()

    async def see(self, ask: Callable[[], _Result]) -> _Result:
        """Errors: those of ``ask``; ReviewUnavailable."""
        for _ in range(_ATTEMPTS):
            self._begun = self.sight.changes
            try:
                return ask()
            except Unseen as error:
                await self.sight.examine(error.namespaces)
        raise ReviewUnavailable("what may be seen changes faster than it can be asked for")

    def sees(self, view: str, namespace: str) -> bool:
        """By an answer that counts."""
        return self.sight.hidden(view, namespace) not in (None, NOTHING_SEEN)

    def refuses(self, view: str) -> bool:
        """The sight does."""
        return self.sight.refuses(view)

    def follow(self, reader: Wakeable) -> None:
        """Wake it also when something becomes known."""
        self.sight.subscribe(reader)

    def leave(self, reader: Wakeable) -> None:
        """No more of that."""
        self.sight.unsubscribe(reader)

    async def renew(self) -> bool:
        """While nobody can be asked, what was known counts for its time."""
        self._replaced = self._admission.identity != self.sight.identity
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
        return SeenCursor(cursor, self._masks, self.sight, outdated=lambda: self.outdated)

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
        return SeenBundles(bundles, hidden, self._masks[view]) if any(hidden.values()) else bundles

    def _known(self, keys: Iterable[BundleKey]) -> Mapping[str, Hidden]:
        """By namespace, of keys of one view; of several only that it is known. Errors: Unseen."""
        places = dict.fromkeys((key.view, key.namespace) for key in keys)
        found = {(view, namespace): self.sight.hidden(view, namespace) for view, namespace in places}
        known = {namespace: hidden for (_, namespace), hidden in found.items() if hidden is not None}
        if None in found.values():
            raise Unseen(namespace for (_, namespace), hidden in found.items() if hidden is None)
        return known


if TYPE_CHECKING:
    _reader: type[ViewReader] = SeenViews
