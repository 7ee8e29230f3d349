"""What a reflector's core is told, and what it has its driver do: frozen values. Data only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.outcomes import ClusterError, Outcome
from promoter_view.records import ObjectKey, SourceObject, UnreadObject


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, and objects a page. The defaults go with kube-apiserver's bookmark about every minute."""

    watch_seconds: float = 300.0
    idle_seconds: float = 150.0
    first_state_idle_seconds: float = 15.0
    absent_seconds: float = 10.0
    confirm_absent_seconds: float = 1.0
    good_while_seconds: float = 5.0
    page_size: int = 500


@dataclass(frozen=True, slots=True)
class Begin:
    """The reflector starts, with the position that the log holds for its path."""

    position: str | None


@dataclass(frozen=True, slots=True)
class Woke:
    """A ``Wait`` is over."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A ``Fetch`` was answered with this body."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the open stream."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The open stream has ended as streams do."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The request under way did not succeed, or the open stream broke."""

    error: ClusterError


@dataclass(frozen=True, slots=True)
class Forgotten:
    """In place of any input: the log has lost the path's position. ``outcome`` is counted, and the list's reason."""

    outcome: Outcome
    message: str


Input = Begin | Woke | Answered | Line | Ended | Failed | Forgotten


@dataclass(frozen=True, slots=True)
class Fetch:
    """GET the path with these parameters; answer with Answered or Failed. Closes an open stream."""

    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Open:
    """Open a stream of the path; answer with Lines, then Ended or Failed. Closes an open stream.

    ``idle_seconds``: how long it may be silent.
    """

    parameters: Parameters
    idle_seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Answer with Woke after so many seconds. Closes an open stream."""

    seconds: float


Request = Fetch | Open | Wait


@dataclass(frozen=True, slots=True)
class AllowIdle:
    """From now on the open stream may be silent for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Put:
    """Record an added or modified object; its resourceVersion is the position after it."""

    key: ObjectKey
    found: SourceObject
    type: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Record that an object is gone; ``position`` is None where the event told none."""

    key: ObjectKey
    resource_version: str
    position: str | None


@dataclass(frozen=True, slots=True)
class PassOver:
    """Record that an object's newest state cannot be read; ``position`` is None where the event told none."""

    key: ObjectKey
    found: UnreadObject
    position: str | None


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Record that the watch goes on from there."""

    position: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Record that the path must be listed: its position no longer holds, also after a restart."""

    every_path: bool = False


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Make the recorded objects of the path equal to what was found, then record ``position``.

    ``passed_over`` are objects that are there and could not be read: their recorded state stays. Where one of them has
    no name it may be any object, so that nothing is deleted.
    ``reason`` says why the whole path was listed; "" when it was not (its resource is not installed).
    """

    found: Mapping[ObjectKey, SourceObject]
    passed_over: Mapping[ObjectKey, UnreadObject]
    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spare:
    """The path may not be read, and nothing needs it: what was never known of it counts as empty."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """An object was skipped. ``named``: it is recorded as such, and named by whoever reads the record."""

    message: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Count this outcome; log the message, where there is one."""

    outcome: Outcome
    message: str = ""
    failure: bool = False


@dataclass(frozen=True, slots=True)
class Breathe:
    """Nothing to do: a place where the driver may let others run."""


Action = (
    Request | AllowIdle | Put | Delete | PassOver | Bookmark | Forget | Reconcile | Spare | Malformed | Note | Breathe
)
Actions = Iterator[Action]
