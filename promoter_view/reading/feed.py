"""The one reader of what happens: a state to tell, then what a cursor reads, in the words of a format. Pure.

Bookmarks come in between, signs of life where nothing else was said, a leave-taking at the end. The position is the
last change examined; no bookmark ever says more. A ``pump.Reader``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.reading.format import Format
from promoter_view.reading.selection import Selection
from promoter_view.reading.wire import Wire
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.slices import BeginSlice, endless
from promoter_view.views.history import Expired, require_come
from promoter_view.web.errors import Forbidden

#: Changes examined in one pull, so that a feed that selects little lets others have their turn.
_MAX_EXAMINED = 1024


class End(enum.StrEnum):
    """Why a feed ended."""

    TIMEOUT = "timeout"
    DRAINED = "drained"
    EXPIRED = "expired"
    FORBIDDEN = "forbidden"


class FeedState(enum.Enum):
    """BEGINNING: waits for ``begin``. TELLING: the state, has no position. LIVE: has one. OVER: said all.

    REPLAYING: tells the state as well, as its cursor reads it.
    """

    BEGINNING = enum.auto()
    TELLING = enum.auto()
    REPLAYING = enum.auto()
    LIVE = enum.auto()
    OVER = enum.auto()


class Feed:
    """``views`` are those of one client. ``restart`` is called where it begins anew; ``begin`` is to follow."""

    def __init__(
        self,
        views: ViewReader,
        selection: Selection,
        form: Format,
        wire: Wire,
        *,
        restart: Callable[[], None] = lambda: None,
        begin_slice: BeginSlice = endless,
    ) -> None:
        self._views = views
        self._selection = selection
        self._choose = selection.chooser()
        self._format = form
        self._wire = wire
        self._restart = restart
        self._begin_slice = begin_slice
        self._state = FeedState.BEGINNING
        self._cursor: Cursor | None = None
        self._backlog: Iterator[Bundle | None] = iter(())
        self._held: BundleChange | None = None
        self._making: Iterator[None] | None = None
        self._examined = 0
        self._said: list[bytes] = []
        self._due = self._beat = False
        self._end: End | None = None
        self._refusal: Forbidden | None = None

    @property
    def finished(self) -> bool:
        """The last byte was pulled."""
        return self._state is FeedState.OVER

    @property
    def ended(self) -> End | None:
        """Why it ends, once that is known."""
        return self._end

    @property
    def idle(self) -> bool:
        """Nothing to say until the head moves or something falls due."""
        if self._said or self._beat or self._end is not None or self._state is FeedState.TELLING:
            return False
        if self._cursor is None:
            return True
        is_quiet = self._held is None and self._cursor.caught_up
        if self._state is FeedState.REPLAYING:
            return is_quiet and not self._cursor.position
        return is_quiet and not self._due

    def begin(self, at_least: int = 0) -> None:
        """Tell all there is, of one head that is not older than ``at_least``. Errors: Ahead, Unseen."""
        require_come(at_least, self._views.head)
        chosen = self._selection
        cursor = self._views.cursor(chosen.view, chosen.namespace, self._views.head)
        found = [self._views.list(view, chosen.namespace) for view in chosen.views]
        self._cursor, self._state = cursor, FeedState.TELLING
        self._backlog = self._wanted(chain.from_iterable(found))
        if not any(found):
            self._complete(self._said)

    def resume(self, position: int) -> None:
        """Go on behind that position; 0: behind the head. Errors: Expired, Ahead, Unseen."""
        chosen = self._selection
        self._cursor = self._views.cursor(chosen.view, chosen.namespace, position or self._views.head)
        self._state = FeedState.LIVE

    def replay(self) -> None:
        """Tell all there is, as a cursor reads it that has no position (0) before. Errors: Expired, Ahead, Unseen."""
        self.resume(0)
        self._state = FeedState.REPLAYING

    def expire(self, error: Expired) -> None:
        """With the next pull: what came before counts no more."""
        self._said.append(self._format.expired(error))
        self._cursor, self._backlog, self._held, self._making = None, iter(()), None, None
        if self._format.begins_anew:
            self._state = FeedState.BEGINNING
            self._restart()
        else:
            self._end = End.EXPIRED

    def remind(self) -> None:
        """A bookmark is due; it comes with the next pull, once there is a position."""
        self._due = self._format.bookmarks and self._state is not FeedState.BEGINNING

    def beat(self) -> None:
        """A sign of life is due."""
        self._beat = True

    def end(self, why: End, refusal: Forbidden | None = None) -> None:
        """Take leave with the next pull, wherever it stands. ``refusal``: its client may no longer read this."""
        self._end, self._refusal = self._end or why, refusal or self._refusal

    def pull(self, max_bytes: int) -> bytes:
        """The next frames, joined."""
        parts, self._said = self._said, []
        if self._end is None:
            try:
                self._go_on(parts, self._wire.budget(max_bytes))
            except Expired as error:
                self.expire(error)
                parts += self._said
                self._said = []
        if self._end is not None:
            self._take_leave(parts)
        elif self._beat and not any(parts):
            parts.append(self._format.beat())
        self._beat = False
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _go_on(self, parts: list[bytes], budget: int) -> None:
        if self._state is FeedState.TELLING:
            budget -= self._tell(parts, budget)
        cursor = self._cursor
        if cursor is None or self._state not in (FeedState.LIVE, FeedState.REPLAYING):
            return
        read = self._read_in_steps if self._format.in_steps else self._read
        read(cursor, parts, budget)
        if self._state is FeedState.REPLAYING:
            if not self._position(cursor):
                return
            self._complete(parts)
        if self._due:
            self._due = False
            parts.append(self._format.bookmark(self._position(cursor)))

    def _wanted(self, bundles: Iterable[Bundle]) -> Iterator[Bundle | None]:
        """Those to be said; None for a step on the way to the next one."""
        for bundle in bundles:
            if self._selection.admits(bundle):
                yield from self._format.present_steps(bundle)
                yield bundle
            else:
                yield None

    def _tell(self, parts: list[bytes], budget: int) -> int:
        """Some of the state; how many bytes that are."""
        size, is_over = 0, self._begin_slice()
        for bundle in self._backlog:
            if bundle is not None:
                parts.append(self._format.present(bundle))
                size += len(parts[-1])
            if size >= budget or is_over():
                return size
        self._complete(parts)
        return size

    def _complete(self, parts: list[bytes]) -> None:
        assert self._cursor is not None
        self._state = FeedState.LIVE
        said = self._format.complete(self._position(self._cursor))
        if said:
            parts.append(said)
            self._due = False

    def _read(self, cursor: Cursor, parts: list[bytes], budget: int) -> None:
        choose = self._choose
        changed = self._present if self._state is FeedState.REPLAYING else self._format.changed
        size = examined = found = 0
        while size < budget and examined < _MAX_EXAMINED and not cursor.caught_up:
            changes = cursor.take(1)
            examined += 1
            found += len(changes)
            for change in changes:
                event = choose(change)
                if event is not None and (said := changed(*event, change)):
                    parts.append(said)
                    size += len(said)
        self._format.examined(found)

    def _read_in_steps(self, cursor: Cursor, parts: list[bytes], budget: int) -> None:
        """The same, but that a change is held back until what is to be said of it is made."""
        size = examined = 0
        while size < budget and examined < _MAX_EXAMINED and (self._held is not None or not cursor.caught_up):
            if self._held is None:
                self._examined = cursor.position
                self._held = next(iter(cursor.take(1)), None)
                self._format.examined(int(self._held is not None))
                examined += 1
            event = None if self._held is None else self._choose(self._held)
            if event is not None and self._held is not None:
                if not self._is_made(*event, self._held):
                    return
                is_state = self._state is FeedState.REPLAYING
                changed = self._present if is_state else self._format.changed
                parts.append(changed(*event, self._held))
                size += len(parts[-1])
            self._held = None

    def _present(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:  # noqa: ARG002
        """Of a state that a cursor reads: each of its bundles has come to be."""
        return self._format.present(bundle)

    def _is_made(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bool:
        """Whether what is to be said of it is there; else that is a step nearer."""
        if self._making is None:
            is_state = self._state is FeedState.REPLAYING
            self._making = self._format.present_steps(bundle) if is_state else self._format.steps(event, bundle, change)
        if next(self._making, self) is not self:
            return False
        self._making = None
        return True

    def _position(self, cursor: Cursor) -> int:
        """Up to which everything has been examined and said."""
        return cursor.position if self._held is None else self._examined

    def _take_leave(self, parts: list[bytes]) -> None:
        # Before the state is whole there is no position from which the client could resume.
        cursor = self._cursor if self._state is FeedState.LIVE else None
        if self._end is not End.EXPIRED:
            parts.append(self._format.farewell(None if cursor is None else self._position(cursor), self._refusal))
        parts.append(self._wire.end())
        self._state = FeedState.OVER
