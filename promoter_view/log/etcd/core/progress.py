"""How far a replica has read, whether that may be served, and for how long something may be missing. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promoter_view.log.etcd.layout import Head
from promoter_view.log.etcd.loading import Beginning
from promoter_view.log.etcd.replica import Revision
from promoter_view.log.etcd.surveying import Survey
from promoter_view.log.etcd.transactions import Tail, empty_tail


@dataclass(frozen=True, slots=True)
class Progress:
    """A state that was loaded from the etcd ``cluster``, with all applied up to ``revision`` and ``offset``.

    ``first`` is the oldest offset that readers may ask for. ``needed`` is the revision of head when the state was
    loaded; ``over`` the term that was over by then, 0 for none. ``head`` was put at ``head_revision``: until ``needed``
    is applied it may be ahead of the state. ``anew``: see Beginning.
    """

    cluster: int
    revision: int
    offset: int
    first: int
    needed: int
    over: int
    head: Head | None
    head_revision: int
    anew: bool

    @classmethod
    def begin(cls, beginning: Beginning, survey: Survey, head: Head | None) -> Progress:
        """Of a state that was loaded; ``head`` is what it has to catch up with."""
        leads = survey.leader is not None and head is not None and survey.leader.create_revision == head.term
        return cls(
            cluster=survey.cluster,
            revision=beginning.revision,
            offset=beginning.offset,
            first=beginning.offset,
            needed=survey.head_revision,
            over=0 if leads or head is None else head.term,
            head=head,
            head_revision=survey.head_revision,
            anew=beginning.anew,
        )

    @property
    def caught_up(self) -> bool:
        """All that was there when the state was loaded is applied."""
        return self.revision >= self.needed

    @property
    def tail(self) -> Tail:
        """Where a transaction goes on, once all is applied that anybody wrote."""
        return empty_tail() if self.head is None else Tail(self.head_revision, self.head)

    def denied_by(self, survey: Survey) -> str | None:
        """Why the etcd of that survey is not the one that was read."""
        if survey.cluster != self.cluster:
            return f"another etcd answers: cluster {survey.cluster:x}"
        if survey.revision < survey.seen:
            return f"etcd is at revision {survey.revision}, and {survey.seen} was read before"
        return None

    def is_live(self, seen: int) -> bool:
        """Whether it may be served: it is that of a leader who is alive, or was when it was read.

        And never while it is older than ``seen``, which was served: an etcd that was restored is behind until a
        leader's mark is ahead of all.
        """
        alive = self.head is not None and self.head.term != self.over
        return self.caught_up and alive and 0 < self.offset >= seen and not self.anew

    def moved(self, offset: int) -> Progress:
        """The follower is in the middle of a revision."""
        return replace(self, offset=offset)

    def advanced(self, revision: Revision) -> Progress:
        """The follower holds the log up to that revision."""
        head = revision.head
        if head is None:
            return replace(self, revision=revision.number)
        return replace(
            self,
            revision=revision.number,
            offset=head.offset,
            first=self.first or head.offset,
            head=head,
            head_revision=revision.number,
        )


@dataclass(frozen=True, slots=True)
class Lag:
    """Nothing written before ``known_at`` is missing. ``goal``: a revision that was there at ``since``, 0 for none."""

    known_at: float
    goal: int = 0
    since: float = 0.0

    def seconds(self, now: float) -> float:
        """For how long something may have been missed."""
        return max(0.0, now - self.known_at)

    def behind(self, now: float) -> float:
        """For how long something has been known to be missing, 0 while nothing is."""
        return now - self.since if self.goal else 0.0

    def surveyed(self, survey: Survey, revision: int) -> Lag:
        """What is there now, or was a moment ago, where all up to ``revision`` is applied."""
        if survey.head_revision <= revision:
            # Also where a goal was forgotten by an etcd that was restored.
            return Lag(max(self.known_at, survey.asked_at))
        return self if self.goal else replace(self, goal=survey.head_revision, since=survey.asked_at)

    def advanced(self, revision: int) -> Lag:
        """All up to that revision is applied."""
        return self if not self.goal or revision < self.goal else Lag(max(self.known_at, self.since))


@dataclass(frozen=True, slots=True)
class Faults:
    """What is in the way, for people: of following, of standing for leader, of knowing who leads."""

    following: str | None = None
    clock: str | None = None
    leader: str | None = None

    @property
    def first(self) -> str | None:
        """The one to be shown."""
        return self.following or self.clock or self.leader
