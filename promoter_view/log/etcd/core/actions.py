"""What a replica's core has its driver do: frozen values. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from twisted.logger import LogLevel

from promoter_view.log.etcd.replica import Revision
from promoter_view.log.etcd.surveying import Survey
from promoter_view.log.etcd.transactions import Tail


@dataclass(frozen=True, slots=True)
class Term:
    """A time of leading. ``number`` is the revision that made the leader's key, ``tail`` where head stood then.

    Its lease lives for ``seconds`` once it was kept alive, as was asked for at ``renewed_at``, in seconds.
    """

    number: int
    lease: int
    tail: Tail
    renewed_at: float
    seconds: float

    def is_alive(self, now: float) -> bool:
        """Whether the lease has not ended yet, whatever etcd has been told: nobody else leads before it has."""
        return now - self.renewed_at < self.seconds

    def is_held(self, survey: Survey) -> bool:
        """Whether the leader's key is still the one that was won."""
        return survey.leader is not None and survey.leader.create_revision == self.number


@dataclass(frozen=True, slots=True)
class Load:
    """After so many seconds load a state into the follower, in place of a watch; answer with Loaded or Failed."""

    after: float


@dataclass(frozen=True, slots=True)
class OpenWatch:
    """After so many seconds watch the log on from there, in place of another watch; answer with Failed at last."""

    cluster: int
    revision: int
    offset: int
    after: float


@dataclass(frozen=True, slots=True)
class TurnToNext:
    """Ask another member of etcd from now on."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Give the follower the revision's records; answer with Applied."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class RefuseReads:
    """Do not take what the watch has brought: it ends with this error."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Serve:
    """The state may be served, and holds all up to that revision."""

    revision: int


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """All up to that offset is applied: whoever wrote it may know."""

    offset: int


@dataclass(frozen=True, slots=True)
class Look:
    """Survey now, and not in a second only."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Once nothing runs of the last term put the leader's key, with a lease; answer with Stood or Unanswered.

    The lease is as long as the settings say, doubled so many times.
    """

    doublings: int = 0


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the term's lease alive; answer with Kept, Unanswered, or Lapsed at last."""

    term: Term


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Give the lease back, and with it the leader's key."""


@dataclass(frozen=True, slots=True)
class BeginTerm:
    """Write the term's mark behind ``tail``; answer with Marked, and with Deposed where that is over."""

    term: Term
    tail: Tail


@dataclass(frozen=True, slots=True)
class Lead:
    """Begin what runs on the leader only."""

    term: Term


@dataclass(frozen=True, slots=True)
class EndTerm:
    """Write no more, and end what runs on the leader only."""

    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Say it in the log of the process, and count it where it has an outcome."""

    words: str
    level: LogLevel
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """The log cannot go on: the process ends."""

    error: Exception


Action = (
    Load
    | OpenWatch
    | TurnToNext
    | Apply
    | RefuseReads
    | Serve
    | Acknowledge
    | Look
    | Stand
    | Keep
    | GiveUp
    | BeginTerm
    | Lead
    | EndTerm
    | Note
    | Fail
)
Actions = tuple[Action, ...]
