"""The meaning of a stream of Server-Sent Events: which frames a client sees, in which order. Pure; a pump.Reader.

A snapshot and SYNCED, or a resume; then changes, BOOKMARKs in between, GOODBYE at the end. Where a position cannot be
resumed a RESET comes first. The position is that of the last change examined; no id ever says more.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

import orjson

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.dashboard import sse
from promoter_view.dashboard.filters import Filter
from promoter_view.dashboard.visible import Visible
from promoter_view.dashboard.voices import Voice
from promoter_view.dashboard.wires import Wire
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.history import Expired
from promoter_view.views.sight import Unseen

#: Changes taken from the cursor at once.
_BATCH = 4
#: Changes or bundles examined in one pull, so that a stream that selects little lets others have their turn.
_MAX_EXAMINED = 1024


class Needs(Protocol):
    """What a stream asks for and cannot do itself; the answers come later."""

    def restart(self) -> None:
        """Call ``SseReader.begin`` once all is known that it needs."""

    def learn(self, view: str, namespace: str) -> None:
        """Call ``SseReader.regard`` once it is known whether that may be seen."""


class State(enum.Enum):
    """BEGINNING: waits for ``begin``. SNAPSHOT: says what there is, has no position. LIVE: has one. OVER: said all."""

    BEGINNING = enum.auto()
    SNAPSHOT = enum.auto()
    LIVE = enum.auto()
    OVER = enum.auto()


class SseReader:
    """``views`` are those of one client; ``visible`` what it may see, until ``regard`` says otherwise."""

    def __init__(
        self, views: ViewReader, wanted: Filter, visible: Visible, *, voice: Voice, wire: Wire, needs: Needs
    ) -> None:
        self._views = views
        self._filter = wanted
        self._visible = visible
        self._voice = voice
        self._wire = wire
        self._needs = needs
        self._state = State.BEGINNING
        self._cursor: Cursor | None = None
        self._held: deque[BundleChange] = deque()
        self._examined = 0
        self._backlog: Iterator[Bundle | None] | None = None
        self._making: Iterator[None] | None = None
        self._regarded: Visible | None = None
        self._said: list[bytes] = []
        self._blocked = self._beat = self._due = self._ending = False

    @property
    def finished(self) -> bool:
        """The stream is over."""
        return self._state is State.OVER

    @property
    def idle(self) -> bool:
        """Nothing to write until the head moves or something falls due."""
        if self._said or self._beat or self._ending:
            return False
        if self._cursor is None:
            return True
        if self._due or self._backlog is not None or self._regarded is not None:
            return False
        return self._blocked if self._held else self._cursor.caught_up

    @property
    def position(self) -> int:
        """The resourceVersion up to which everything has been examined and said."""
        if self._cursor is None or self._held:
            return self._examined
        return self._cursor.position

    def begin(self) -> None:
        """Say all there is, of one head. Errors: Unseen."""
        cursor = self._open(self._views.head)
        found = [self._views.list(view, self._filter.namespaces.only) for view in self._filter.views]
        self._follow(cursor, State.SNAPSHOT)
        self._backlog = self._snapshot(found)

    def resume(self, position: int) -> None:
        """Go on behind that position. Errors: Expired, Ahead, Unseen."""
        self._follow(self._open(position), State.LIVE)
        self._due = True

    def reset(self) -> None:
        """Say that what came before counts no more; ``begin`` is to follow."""
        self._said.append(self._wire.text(sse.frame("RESET", b"{}", 0)))
        self._state, self._cursor, self._backlog, self._making = State.BEGINNING, None, None, None
        self._held.clear()
        self._needs.restart()

    def regard(self, visible: Visible) -> None:
        """From the next pull on that is what may be seen."""
        if self._cursor is None:
            self._visible = visible
        elif visible != self._visible:
            self._regarded = visible
        self._blocked = False

    def beat(self) -> None:
        """A sign of life is due."""
        self._beat = True

    def remind(self) -> None:
        """A bookmark is due."""
        self._due = self._state is State.LIVE

    def end(self) -> None:
        """Take leave with the next pull, wherever it stands."""
        self._ending = True

    def pull(self, max_bytes: int) -> bytes:
        """The next frames, joined."""
        parts, self._said = self._said, []
        if self._ending:
            return b"".join((*parts, *self._farewell()))
        try:
            self._go_on(parts, self._wire.budget(max_bytes))
        except (Expired, Unseen):
            self.reset()
            parts += self._said
            self._said = []
        if self._beat and not parts:
            parts.append(self._wire.shared("heartbeat", lambda: sse.HEARTBEAT))
        self._beat = False
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _open(self, position: int) -> Cursor:
        views = self._filter.views
        return self._views.cursor(views[0] if len(views) == 1 else "", self._filter.namespaces.only, position)

    def _follow(self, cursor: Cursor, state: State) -> None:
        self._cursor, self._state, self._blocked = cursor, state, False
        self._examined = cursor.position

    def _go_on(self, parts: list[bytes], budget: int) -> None:
        if self._cursor is None:
            return
        if self._regarded is not None:
            self._turn_to(self._regarded)
        if self._backlog is not None:
            self._recite(self._backlog, parts, budget)
        if self._backlog is None and self._cursor is not None:
            self._read(self._cursor, parts, budget)
        if self._due and self._backlog is None:
            parts.append(self._position_frame("BOOKMARK"))

    def _turn_to(self, visible: Visible) -> None:
        """Something else may be seen: show the difference, as of the position. Errors: Expired, Unseen."""
        before, self._visible, self._regarded = self._visible, visible, None
        if self._backlog is not None:
            # Half of it is said by other rights than the rest would be.
            raise Expired(self.position, self._views.horizon)
        namespace = self._filter.namespaces.only
        found = [self._views.list_at(view, namespace, self.position) for view in self._filter.views]
        self._backlog = self._difference(found, before)
        self._due = self._due or before.scope != visible.scope

    def _snapshot(self, found: Sequence[Sequence[Bundle]]) -> Iterator[Bundle | None]:
        """The bundles to be said; None for a step on the way to the next one."""
        for bundle in chain.from_iterable(found):
            if self._filter.admits(bundle) and self._sees(bundle):
                yield from self._voice.present_steps(bundle)
                yield bundle
            else:
                yield None

    def _difference(self, found: Sequence[Sequence[Bundle]], before: Visible) -> Iterator[Bundle | None]:
        """The bundles of rights gained, and those of rights lost: of the others nothing is to be said."""
        for bundle in chain.from_iterable(found):
            key = bundle.key
            saw = before.sees(key.view, key.namespace) is True
            if saw != self._sees(bundle) and self._filter.admits(bundle):
                yield from self._voice.present_steps(bundle)
                yield bundle

    def _sees(self, bundle: Bundle) -> bool:
        view, namespace, _ = bundle.key
        may = self._visible.sees(view, namespace)
        if may is None:
            self._needs.learn(view, namespace)
        return may is True

    def _recite(self, backlog: Iterator[Bundle | None], parts: list[bytes], budget: int) -> None:
        size = 0
        for bundle in backlog:
            if bundle is None:
                return
            say = self._voice.present if self._visible.sees(*bundle.key[:2]) else self._voice.absent
            parts.append(say(self._wire, bundle))
            size += len(parts[-1])
            if size >= budget:
                return
        self._recited(parts)

    def _recited(self, parts: list[bytes]) -> None:
        self._backlog = None
        if self._state is State.SNAPSHOT:
            self._state = State.LIVE
            parts.append(self._position_frame("SYNCED"))

    def _read(self, cursor: Cursor, parts: list[bytes], budget: int) -> None:
        size = examined = 0
        while size < budget and examined < _MAX_EXAMINED:
            if not self._held:
                if cursor.caught_up:
                    return
                self._examined = cursor.position
                self._held.extend(cursor.take(_BATCH))
                examined += _BATCH
            while self._held:
                if not self._may_pass(self._held[0]) or not self._is_made(self._held[0]):
                    return
                size += self._say(parts, self._held.popleft())

    def _may_pass(self, change: BundleChange) -> bool:
        view, namespace, _ = change.key
        if self._visible.sees(view, namespace) is not None:
            return True
        # Before it is asked for: the answer may come at once, to be regarded with the next pull.
        self._blocked = True
        self._needs.learn(view, namespace)
        return False

    def _is_made(self, change: BundleChange) -> bool:
        """Whether what is to be said of it is there; else that is a step nearer."""
        if self._making is None:
            event = self._event(change)
            self._making = iter(()) if event is None else self._voice.steps(self._wire, *event, change)
        if next(self._making, self) is not self:
            return False
        self._making = None
        return True

    def _event(self, change: BundleChange) -> tuple[ChangeType, Bundle] | None:
        return self._filter.event(change) if self._visible.sees(*change.key[:2]) else None

    def _say(self, parts: list[bytes], change: BundleChange) -> int:
        self._examined = change.resource_version
        event = self._event(change)
        if event is None:
            return 0
        frame = self._voice.changed(self._wire, *event, change)
        if frame:
            parts.append(frame)
        return len(frame)

    def _position_frame(self, event: str) -> bytes:
        self._due = False
        position = self.position
        data = orjson.dumps({"resourceVersion": str(position), "scope": self._visible.scope})
        return self._wire.text(sse.frame(event, data, position))

    def _farewell(self) -> Iterator[bytes]:
        if self._state is State.LIVE and self._backlog is None:
            yield self._position_frame("BOOKMARK")
        yield self._wire.text(sse.frame("GOODBYE", b"{}"))
        yield self._wire.end()
        self._state = State.OVER
