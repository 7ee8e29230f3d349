"""Bundles and their changes through a mask for each namespace: a list, and a cursor that waits for what is unknown."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, overload

from promoter_view.boundaries import Cursor
from promoter_view.reading.sight import NOTHING_SEEN, Sight
from promoter_view.records import Bundle, BundleChange
from promoter_view.views.history import Expired
from promoter_view.views.member_mask import Hidden, MemberMask


class SeenBundles(Sequence[Bundle]):
    """Bundles, each as it may be seen once it is looked at; ``hidden`` by namespace, as of one moment."""

    def __init__(self, bundles: Sequence[Bundle], hidden: Mapping[str, Hidden], mask: MemberMask) -> None:
        self._bundles = bundles
        self._hidden = hidden
        self._mask = mask

    def __len__(self) -> int:
        return len(self._bundles)

    @overload
    def __getitem__(self, index: int) -> Bundle: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Bundle]: ...
    def __getitem__(self, index: int | slice) -> Bundle | Sequence[Bundle]:
        if isinstance(index, slice):
            return SeenBundles(self._bundles[index], self._hidden, self._mask)
        bundle = self._bundles[index]
        return self._mask.bundle(bundle, self._hidden[bundle.key.namespace])


class SeenCursor:
    """Takes changes from another cursor and shows them as they may be seen. A ``boundaries.Cursor``.

    It holds back at most one ``take`` of them: those from the first of which it is not known what may be seen.
    ``outdated`` tells whether its reader has to begin again.
    """

    def __init__(
        self, cursor: Cursor, masks: Mapping[str, MemberMask], sight: Sight, *, outdated: Callable[[], bool]
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
    _cursor: type[Cursor] = SeenCursor
