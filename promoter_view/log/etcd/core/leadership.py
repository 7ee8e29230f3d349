"""Who leads, as far as one replica is concerned: standing, winning, leading, stepping down. A part of machine.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from twisted.logger import LogLevel

from promoter_view.log.etcd.core import actions, inputs
from promoter_view.log.etcd.core.actions import Actions, Term
from promoter_view.log.etcd.core.losses import Losses
from promoter_view.log.etcd.core.progress import Faults, Progress
from promoter_view.log.etcd.core.states import IN_TERM, State
from promoter_view.log.etcd.replica import Rewound
from promoter_view.log.etcd.surveying import Survey
from promoter_view.log.offsets import refusal

#: So long a leader goes on trying to reach etcd. Nobody else can win while nobody reaches it.
PATIENCE_SECONDS = 10.0


class Leadership(ABC):
    """What a replica's state is to who leads. ``progress`` is None while there is no state."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._term: Term | None = None
        self._losses = Losses()
        self._seen = 0
        self._now = 0.0
        self.state = State.NEW
        self.progress: Progress | None = None
        self.faults = Faults()

    @property
    def is_live(self) -> bool:
        """Whether the state may be served."""
        return self.progress is not None and self.progress.is_live(self._seen)

    @property
    def revision(self) -> int:
        """Up to where all is applied, 0 before there is a state."""
        return 0 if self.progress is None else self.progress.revision

    @property
    def leads(self) -> int:
        """The number of the term in which it leads, 0 where it does not."""
        return self._term.number if self._term is not None and self.state is State.LEADING else 0

    def is_sole(self, now: float) -> bool:
        """Whether it leads, and nobody else can: also after a pause of this process that it has not noticed yet."""
        return self._term is not None and self.state is State.LEADING and self._term.is_alive(now)

    @abstractmethod
    def _drop(self, error: Exception) -> Actions:
        """The state is not true any more."""

    def _compare(self, survey: Survey, wall: float, progress: Progress) -> Actions:
        """Whether this replica leads, with who leads by that survey."""
        if survey.leader is None and self.state is State.FOLLOWING:
            return self._stand(refusal(progress.offset, wall))
        self.faults = replace(self.faults, leader=None)
        if self._term is None or survey.revision < self._term.number or self._term.is_held(survey):
            return ()
        return self._lose(
            "the leader's key belongs to another replica: etcd was restored from a backup, or the lease has ended"
        )

    def _stand(self, refused: str | None) -> Actions:
        """A replica whose clock is not believed leaves leading to the others."""
        if refused is None:
            self.state, self.faults = State.STANDING, replace(self.faults, clock=None)
            return (actions.Stand(self._losses.doublings(self._now)),)
        said = refused == self.faults.clock
        self.faults = replace(self.faults, clock=refused, leader=None)
        words = f"{self._identity} does not try to become the leader: {refused}"
        return () if said else (actions.Note(words, LogLevel.error),)

    def _unanswered(self, given: inputs.Unanswered) -> Actions:
        self.faults = replace(self.faults, leader=f"etcd did not say which replica leads: {given.reason}")
        if self.state is State.STANDING:  # a lease that was not kept alive is not stood with
            return self._step_down(given.reason)
        if self._term is not None and self._now - self._term.renewed_at > PATIENCE_SECONDS:
            return self._step_down(f"etcd has not been reached for {PATIENCE_SECONDS:.0f} s: {given.reason}")
        return ()

    def _stood(self, given: inputs.Stood) -> Actions:
        leader = given.found.leader
        self.faults = replace(self.faults, leader=None)
        if self.state is not State.STANDING:  # it was given up meanwhile
            return (actions.GiveUp(),)
        if leader is None or leader.lease != given.lease:
            return self._step_down("another replica leads")
        return self._win(Term(leader.create_revision, given.lease, given.tail, given.asked_at, given.seconds))

    def _win(self, term: Term) -> Actions:
        self.state, self._term = State.ELECTED, term
        note = actions.Note(f"{self._identity} leads, term {term.number}", LogLevel.info)
        marking = self._mark()
        return (note, *marking, *(() if self._term is None else (actions.Keep(term),)))

    def _mark(self) -> Actions:
        """A term begins once all that stood there when it was won is applied: since then nobody else could write.

        What this replica made of its own is the truth from then on, and not before: others may have made theirs.
        """
        if self.state is not State.ELECTED or self._term is None or self.revision < self._term.tail.revision:
            return ()
        assert self.progress is not None
        if self.progress.tail != self._term.tail:
            return self._drop(Rewound("head is not as it was read"))
        self.state, self.progress = State.MARKING, replace(self.progress, anew=False)
        return (actions.BeginTerm(self._term, replace(self.progress.tail, lost=self._seen)),)

    def _marked(self, _: inputs.Marked) -> Actions:
        assert self._term is not None
        self.state = State.LEADING
        return (actions.Lead(self._term),)

    def _kept(self, given: inputs.Kept) -> Actions:
        assert self._term is not None
        self._term = replace(self._term, renewed_at=max(self._term.renewed_at, given.asked_at))
        return ()

    def _lapsed(self, _: inputs.Lapsed) -> Actions:
        return self._lose("the lease has ended, after a pause of this process or a time without etcd")

    def _deposed(self, given: inputs.Deposed) -> Actions:
        return self._lose(given.reason)

    def _lose(self, reason: str) -> Actions:
        """The term ended while this replica was still at it: its next lease is a longer one."""
        self._losses = self._losses.one_more(self._now)
        return self._step_down(reason)

    def _step_down(self, reason: str) -> Actions:
        """Lead no more, nor stand, and let others stand at once."""
        if self.state is State.STANDING:
            self.state = State.FOLLOWING
            return (actions.GiveUp(),)
        if self.state not in IN_TERM:
            return ()
        self.state, self._term = State.FOLLOWING, None
        return (actions.EndTerm(reason), actions.GiveUp())
