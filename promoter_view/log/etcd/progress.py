"""How far a replica has read: what it has applied, who waits for that, whether it may be served, its lag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from promoter_view.log.etcd.layout import Head
from promoter_view.log.etcd.loading import Beginning
from promoter_view.log.etcd.surveying import Survey


@dataclass(frozen=True, slots=True)
class _Goal:
    """A revision that was there at ``asked_at``, and is not applied yet."""

    revision: int
    asked_at: float


@dataclass(frozen=True, slots=True)
class _Waiter:
    """Who waits for a revision; ``live``: also that it may be served."""

    revision: int
    live: bool
    fires: Deferred[None]


class Progress:
    """What the rest of a replica needs to know of its reading. ``applied_offset`` is told each offset reached.

    A state may be served once it is that of a leader who is alive, or was when it was read, and never while it is
    older than one that was served: an etcd that was restored is behind until a leader's mark is ahead of all.
    """

    def __init__(self, *, clock: IReactorTime, applied_offset: Callable[[int], None]) -> None:
        self.head: Head | None = None
        self._clock = clock
        self._applied_offset = applied_offset
        self._waiting: list[_Waiter] = []
        self._becoming_live: Deferred[None] = Deferred()
        self._needed = 0
        self._old_term = 0
        self._term = 0
        self._goal: _Goal | None = None
        self._known_at = clock.seconds()
        self.first = 0
        self.revision = 0
        self.offset = 0
        self.seen = 0
        self.anew = False
        self.loaded = False

    @property
    def caught_up(self) -> bool:
        """All that was there when the state was loaded is applied."""
        return self.loaded and self.revision >= self._needed

    @property
    def live(self) -> bool:
        """The state may be served."""
        return self.caught_up and 0 < self.offset >= self.seen and self._term != self._old_term and not self.anew

    @property
    def lag_seconds(self) -> float:
        """For how long something may have been missed."""
        return max(0.0, self._clock.seconds() - self._known_at)

    @property
    def behind_seconds(self) -> float:
        """For how long something has been known to be missing, 0 while nothing is."""
        return 0.0 if self._goal is None else self._clock.seconds() - self._goal.asked_at

    def becoming_live(self) -> Deferred[None]:
        """Fires once the state may be served, the first time."""
        return self._becoming_live

    def begin(self, beginning: Beginning, survey: Survey, head: Head | None) -> None:
        """A state was loaded; ``head`` is what it has to catch up with."""
        self.loaded, self.anew = True, beginning.anew
        self.first = self.offset = beginning.offset
        self.revision = beginning.revision
        self._needed = survey.head_revision
        self._old_term = self._term = 0
        if head is not None:
            leads = survey.leader is not None and survey.leader.create_revision == head.term
            self._old_term = 0 if leads else head.term
            # Before the first record that is read, the state is of the term that is over.
            self._term = head.term
        self._settle()

    def drop(self) -> None:
        """The state is not true any more."""
        self.seen = max(self.seen, self.offset)
        self.loaded, self.anew, self.head = False, False, None

    def lead(self) -> None:
        """This replica leads: what it made of its own is the truth now."""
        self.anew = False

    def moved(self, offset: int) -> None:
        """The follower is in the middle of a revision."""
        self.offset = offset

    def applied(self, revision: int, head: Head) -> None:
        """The follower holds the log up to that head."""
        self.revision, self.offset, self._term, self.head = revision, head.offset, head.term, head
        self.first = self.first or head.offset
        if self._goal is not None and revision >= self._goal.revision:
            self._known_at = max(self._known_at, self._goal.asked_at)
            self._goal = None
        self._applied_offset(head.offset)
        self._settle()

    def surveyed(self, survey: Survey) -> None:
        """What is there now, or was a moment ago."""
        if survey.head_revision <= self.revision:
            self._known_at = max(self._known_at, survey.asked_at)
        elif self._goal is None:
            self._goal = _Goal(survey.head_revision, survey.asked_at)

    def reached(self, revision: int, *, live: bool = True) -> Deferred[None]:
        """Fires once that revision is applied, and (``live``) the state may be served. May be cancelled."""
        waiter = _Waiter(revision, live, Deferred(self._forget))
        if self._satisfies(waiter):
            return succeed(None)
        self._waiting.append(waiter)
        return waiter.fires

    def _settle(self) -> None:
        ready = [waiter for waiter in self._waiting if self._satisfies(waiter)]
        self._waiting = [waiter for waiter in self._waiting if waiter not in ready]
        for waiter in ready:
            waiter.fires.callback(None)
        if self.live and not self._becoming_live.called:
            self._becoming_live.callback(None)

    def _satisfies(self, waiter: _Waiter) -> bool:
        return self.loaded and self.revision >= waiter.revision and (self.live or not waiter.live)

    def _forget(self, cancelled: Deferred[None]) -> None:
        self._waiting = [waiter for waiter in self._waiting if waiter.fires is not cancelled]
