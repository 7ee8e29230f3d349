"""The state of simulated promotions: strategies, environments, changes and their checks. Frozen values only.

What moves them is ``promotion``; what they look like in a cluster is ``rendering``. Nothing here is of one release of
the promoter: what differs between these is ``release``'s.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace

#: As many past promotions of an environment as the release keeps that keeps most.
HISTORY_LENGTH = 20

#: Keys of checks. Those on the active branch soak a change; those on the proposed branch let it through. The key of the
#: order of environments has another name in a cluster, which its release gives.
HEALTH = "argocd-health"
TIMER = "timer"
LINT = "lint"
APPROVAL = "change-approval"
WINDOW = "release-window"
ORDER = "order"


class CheckPhase(enum.StrEnum):
    """What a check says."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a commit."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, slots=True)
class Commit:
    """A dry commit, and the code commit that caused it. ``time`` in seconds since 1970."""

    sha: str
    subject: str
    body: str
    author: Author
    time: float
    code_sha: str
    code_subject: str
    code_author: Author


@dataclass(frozen=True, slots=True)
class CommitChange:
    """A dry commit as it was hydrated for one environment."""

    dry: Commit
    hydrated_sha: str
    time: float


@dataclass(frozen=True, slots=True)
class Check:
    """One commit status. ``since`` is when it came to its phase."""

    phase: CheckPhase
    since: float
    description: str


@dataclass(frozen=True, slots=True)
class Request:
    """A pull request. ``merged`` is None while it is open; then ``merged_sha`` is the commit that it made.

    ``past_the_promoter``: somebody merged it on the source code host.
    """

    number: int
    opened: float
    merged: float | None = None
    merged_sha: str = ""
    past_the_promoter: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """An entry of the history: what became active, what was proposed for it, by which pull request.

    ``restored_from``: it was made active again, having been that hydrated commit; the checks and the pull request are
    then those of the first time. "" for a promotion.
    """

    change: CommitChange
    active_checks: tuple[tuple[str, Check], ...]
    proposed_checks: tuple[tuple[str, Check], ...]
    request: Request
    restored_from: str = ""


@dataclass(frozen=True, slots=True)
class SimulatedRestore:
    """Somebody's wish to have an earlier promotion live again, of the time ``asked``.

    ``active_sha``: the hydrated commit that the controller has made for that, "" before. While it ``blocks``, the dry
    commit ``blocked_sha`` stays out, and nothing else is merged by itself.
    """

    past: Past
    asked: float
    blocked_sha: str
    active_sha: str = ""
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class ReleaseWindow:
    """When an environment may be changed: the first minutes of each period of the hour, which it divides."""

    every_minutes: int
    open_minutes: int
    offset_minutes: int = 0

    @property
    def cron(self) -> str:
        """When it opens."""
        return f"{self.offset_minutes}-59/{self.every_minutes} * * * *"

    def is_open(self, now: float) -> bool:
        """At that time, in seconds since 1970."""
        return self._into(now) < self.open_minutes * 60

    def opens(self, now: float) -> float:
        """When it opens next."""
        return now - self._into(now) + self.every_minutes * 60

    def closes(self, now: float) -> float:
        """When it does that is open."""
        return now - self._into(now) + self.open_minutes * 60

    def _into(self, now: float) -> float:
        return (now - self.offset_minutes * 60) % (self.every_minutes * 60)


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of a strategy. ``soak_seconds`` 0: no timer. ``approval``: a gate that a person opens.

    ``upstreams``: the places of the environments that have to have a change before it. ``stalls``: the lint of what is
    proposed never reports.
    """

    branch: str
    auto_merge: bool
    soak_seconds: float
    approval: bool
    active: CommitChange
    proposed: CommitChange
    active_checks: dict[str, Check] = field(default_factory=dict)
    proposed_checks: dict[str, Check] = field(default_factory=dict)
    request: Request | None = None
    history: tuple[Past, ...] = ()
    upstreams: tuple[int, ...] = ()
    restore: SimulatedRestore | None = None
    window: ReleaseWindow | None = None
    stalls: bool = False

    @property
    def name(self) -> str:
        """The last part of the branch: ``production`` of ``environment/production``."""
        return self.branch.rpartition("/")[2]

    @property
    def active_keys(self) -> tuple[str, ...]:
        """The checks that are asked of what is active."""
        return (HEALTH, *([TIMER] if self.soak_seconds else []))

    @property
    def proposed_keys(self) -> tuple[str, ...]:
        """The checks that are asked of what is proposed."""
        asked = ((WINDOW, self.window), (APPROVAL, self.approval), (ORDER, self.upstreams))
        return (LINT, *(key for key, wanted in asked if wanted))

    @property
    def promoted(self) -> bool:
        """Nothing is on its way here."""
        return self.active.dry.sha == self.proposed.dry.sha

    @property
    def healthy(self) -> bool:
        """All checks of the active branch succeed."""
        return all(check.phase is CheckPhase.SUCCESS for check in self.active_checks.values())

    @property
    def let_through(self) -> bool:
        """All checks of the proposed branch succeed."""
        return all(check.phase is CheckPhase.SUCCESS for check in self.proposed_checks.values())

    @property
    def held(self) -> bool:
        """A restore keeps others out."""
        return self.restore is not None and self.restore.blocks

    def has(self, dry_sha: str) -> bool:
        """That dry commit is active and healthy here."""
        return self.healthy and self.active.dry.sha == dry_sha

    def with_check(self, key: str, check: Check, *, active: bool) -> Environment:
        """The same with one check changed."""
        if active:
            return replace(self, active_checks={**self.active_checks, key: check})
        return replace(self, proposed_checks={**self.proposed_checks, key: check})


@dataclass(frozen=True, slots=True)
class Strategy:
    """One PromotionStrategy. ``head`` is the newest dry commit; ``next_request`` numbers pull requests.

    ``began`` is when it was made, in seconds since 1970; ``rest_seconds`` how long it is at rest before a commit.
    """

    namespace: str
    name: str
    cluster_provider: bool
    began: float
    head: Commit
    environments: tuple[Environment, ...]
    flaky: bool = False
    next_request: int = 1
    rest_seconds: float = 15.0

    @property
    def settled(self) -> bool:
        """The newest commit is active and healthy everywhere, and no restore is under way."""
        return all(found.promoted and found.has(self.head.sha) and found.restore is None for found in self.environments)

    @property
    def stalls(self) -> bool:
        """A change of it waits for what never comes."""
        return any(found.stalls and not found.promoted for found in self.environments)

    @property
    def is_chain(self) -> bool:
        """Each environment comes behind the one before it."""
        return all(found.upstreams == tuple(range(place)[-1:]) for place, found in enumerate(self.environments))

    def ancestors(self, index: int) -> list[int]:
        """The places of all environments that have to have a change before the one there, in order."""
        found: set[int] = set()
        waiting = [*self.environments[index].upstreams]
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self.environments[place].upstreams
        return sorted(found)

    def with_environment(self, index: int, environment: Environment) -> Strategy:
        """The same with one environment changed."""
        before, after = self.environments[:index], self.environments[index + 1 :]
        return replace(self, environments=(*before, environment, *after))
