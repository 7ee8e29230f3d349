"""What a replica's core is told: frozen values. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.log.etcd.layout import Head
from promoter_view.log.etcd.loading import Beginning
from promoter_view.log.etcd.replica import Revision
from promoter_view.log.etcd.surveying import Survey
from promoter_view.log.etcd.transactions import Tail


@dataclass(frozen=True, slots=True)
class Begin:
    """The replica starts."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A ``Load`` is done: the follower holds ``beginning``. ``head`` is that of ``survey``, made before."""

    beginning: Beginning
    survey: Survey
    head: Head | None


@dataclass(frozen=True, slots=True)
class Heard:
    """The watch has said something, as it does when it is opened."""


@dataclass(frozen=True, slots=True)
class Read:
    """The watch has brought a whole revision."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class Moved:
    """A part of a revision's records is applied, up to ``offset``."""

    offset: int


@dataclass(frozen=True, slots=True)
class Applied:
    """An ``Apply`` is done."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class Failed:
    """Loading or watching did not succeed, or something broke for good."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Surveyed:
    """How things stand, by a linearizable read. ``wall`` is the host's date, in seconds.

    ``silent``: the watch is open, nothing that it brought waits to be applied, and nothing has come for a while.
    """

    survey: Survey
    wall: float
    silent: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """etcd did not say who leads, did not take a candidate, or did not keep a lease alive."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stood:
    """A ``Stand`` with this lease was answered: who leads now, by ``found``, and ``tail``, where head stands.

    It was asked for at ``asked_at``, in seconds, and lives for ``seconds`` from then on at least.
    """

    lease: int
    found: Survey
    tail: Tail
    asked_at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Kept:
    """The lease was kept alive, as was asked for at ``asked_at``, in seconds."""

    asked_at: float


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The lease has ended."""


@dataclass(frozen=True, slots=True)
class Deposed:
    """The term's writer can write no longer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark that begins the term is durable, and applied here."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """etcd forgot what comes before that offset, at this leader's word."""

    first: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The log is closed."""


Input = (
    Begin
    | Loaded
    | Heard
    | Read
    | Moved
    | Applied
    | Failed
    | Surveyed
    | Unanswered
    | Stood
    | Kept
    | Lapsed
    | Deposed
    | Marked
    | Compacted
    | Stopped
)
