"""The state of simulated promotions: strategies, environments, changes and their checks. Frozen values only.

What moves them is ``promotion``; what they look like in a cluster is ``rendering``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace

HISTORY_LENGTH = 5

#: Keys of checks. Those on the active branch soak a change; those on the proposed branch let it through.
HEALTH = "argocd-health"
TIMER = "timer"
LINT = "lint"
APPROVAL = "change-approval"
PREVIOUS = "promoter-previous-environment"


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
    """A pull request. ``merged`` is None while it is open."""

    number: int
    opened: float
    merged: float | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An entry of a policy's history: what became active, what was proposed for it, by which pull request."""

    change: CommitChange
    active_checks: tuple[tuple[str, Check], ...]
    proposed_checks: tuple[tuple[str, Check], ...]
    request: Request


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of a strategy. ``soak_seconds`` 0: no timer. ``approval``: a gate that a person opens."""

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

    @property
    def name(self) -> str:
        """The last part of the branch: ``production`` of ``environment/production``."""
        return self.branch.rpartition("/")[2]

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

    def with_check(self, key: str, check: Check, *, active: bool) -> Environment:
        """The same with one check changed."""
        if active:
            return replace(self, active_checks={**self.active_checks, key: check})
        return replace(self, proposed_checks={**self.proposed_checks, key: check})


@dataclass(frozen=True, slots=True)
class Strategy:
    """One PromotionStrategy. ``head`` is the newest dry commit; ``next_request`` numbers pull requests.

    ``began`` is when it was made, in seconds since 1970.
    """

    namespace: str
    name: str
    cluster_provider: bool
    began: float
    head: Commit
    environments: tuple[Environment, ...]
    flaky: bool = False
    next_request: int = 1

    @property
    def settled(self) -> bool:
        """The newest commit is active and healthy everywhere."""
        return all(
            found.healthy and found.promoted and found.active.dry.sha == self.head.sha for found in self.environments
        )

    def with_environment(self, index: int, environment: Environment) -> Strategy:
        """The same with one environment changed."""
        before, after = self.environments[:index], self.environments[index + 1 :]
        return replace(self, environments=(*before, environment, *after))
