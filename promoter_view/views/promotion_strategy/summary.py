"""One word of state for an environment and for a promotion strategy, and the words that say why. Pure.

Table columns and pages use the same functions. Everything is read from the contents of a PromotionStrategyDetails; a
member of the wrong shape counts as absent, so nothing here raises.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.views.contents import Contents

#: The field of a strategy's bundle that tells how its environments stand.
POLICIES = "changeTransferPolicies"
#: The check by which GitOps Promoter holds an environment back until the one before it is done.
PREVIOUS_ENVIRONMENT = "promoter-previous-environment"

_POLICY = "ChangeTransferPolicy"
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
#: Branches without a policy of which it is known what to say: as many as a large strategy has.
_KEPT_BRANCHES = 1024


class StateWord(enum.StrEnum):
    """What a person sees first. The members stand in order, the worst first."""

    FAILED = "Failed"
    BLOCKED = "Blocked"
    AWAITING_MERGE = "AwaitingMerge"
    PROMOTING = "Promoting"
    UNKNOWN = "Unknown"
    PROMOTED = "Promoted"


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """One environment of a strategy.

    ``reasons`` says in words why the state is what it is; empty for Promoted, and for Promoting when nothing holds it.
    The shas are those of dry commits, "" where there is none. ``hydrated_sha`` is the newest dry commit that the
    hydrator has worked off here: beyond ``proposed_sha`` when it changed nothing in this environment (a no-op). Where
    it is not ``visible`` nothing of it is known, for its reader may not see ChangeTransferPolicies.
    """

    branch: str
    state: StateWord
    reasons: tuple[str, ...] = ()
    active_sha: str = ""
    proposed_sha: str = ""
    hydrated_sha: str = ""
    visible: bool = True

    def has(self, sha: str) -> bool:
        """Whether that dry commit is live here, or has nothing to change here."""
        return bool(sha) and (self.active_sha == sha or (self.is_no_op and self.hydrated_sha == sha))

    @property
    def is_no_op(self) -> bool:
        """Whether the hydrator found nothing to change for the newest dry commit (status.proposed.note.drySha)."""
        return self.hydrated_sha != self.proposed_sha


@dataclass(frozen=True, slots=True)
class Summary:
    """A strategy in short. ``newest_sha`` is "" where no environment names a dry commit."""

    state: StateWord
    environments: tuple[EnvironmentFacts, ...]
    newest_sha: str

    @property
    def promoted_count(self) -> int:
        """How many environments have the newest dry commit."""
        return sum(environment.has(self.newest_sha) for environment in self.environments)

    @property
    def foremost(self) -> EnvironmentFacts | None:
        """The first environment that is in the strategy's state: the one to look at."""
        return next((each for each in self.environments if each.state is self.state), None)


@dataclass(frozen=True, slots=True)
class DryCommit:
    """A dry commit as far as the newest one is looked for."""

    sha: str = ""
    time: datetime = _NEVER


@dataclass(frozen=True, slots=True)
class Standing:
    """What one ChangeTransferPolicy says of its environment, and the newest dry commit that it names."""

    environment: EnvironmentFacts
    newest: DryCommit

    @property
    def branch(self) -> str:
        """The environment's."""
        return self.environment.branch


def missing_of(contents: Contents) -> Callable[[str], Standing]:
    """What tells of environments without a policy: that there is none, or that its reader may not see any."""
    return unseen if _POLICY in contents.hidden else unknown


def summarize_standings(
    branches: Iterable[str], standings: Mapping[str, Standing], missing: Callable[[str], Standing]
) -> Summary:
    """The summary of a strategy of those environments; ``missing`` tells of one without a standing."""
    found = [standings.get(branch) or missing(branch) for branch in branches]
    environments = tuple(each.environment for each in found)
    newest = max((each.newest for each in found), key=lambda commit: commit.time, default=DryCommit())
    return Summary(worst({each.state for each in environments}), environments, newest.sha)


def read_branches(root: Mapping[str, Any]) -> tuple[str, ...]:
    """The branches of a PromotionStrategy's environments, in order."""
    return tuple(text(each, "branch") for each in mappings(root, "spec", "environments"))


def read_standing(policy: Mapping[str, Any]) -> Standing:
    """What a ChangeTransferPolicy says."""
    newest = newest_dry_commit([mapping(policy, "status")])
    return Standing(summarize_environment(text(policy, "spec", "activeBranch"), policy), newest)


@lru_cache(maxsize=_KEPT_BRANCHES)
def unknown(branch: str) -> Standing:
    """What is to be said of an environment without a policy."""
    return Standing(summarize_environment(branch, None), DryCommit())


@lru_cache(maxsize=_KEPT_BRANCHES)
def unseen(branch: str) -> Standing:
    """What is to be said of an environment to somebody who may not see its policy."""
    return Standing(EnvironmentFacts(branch, StateWord.UNKNOWN, ("not visible to you",), visible=False), DryCommit())


def summarize_environment(branch: str, policy: Mapping[str, Any] | None) -> EnvironmentFacts:
    """One environment, from its ChangeTransferPolicy."""
    if policy is None:
        return EnvironmentFacts(branch, StateWord.UNKNOWN, ("no ChangeTransferPolicy yet",))
    status = mapping(policy, "status")
    active, proposed = text(status, "active", "dry", "sha"), text(status, "proposed", "dry", "sha")
    hydrated = text(status, "proposed", "note", "drySha") or proposed
    state, reasons = _state(policy, active, proposed, hydrated)
    return EnvironmentFacts(branch, state, reasons, active, proposed, hydrated)


class OfBranch(Protocol):
    """What is said of an environment."""

    @property
    def branch(self) -> str:
        """The active branch, "" where none is named."""


_Policy = TypeVar("_Policy", bound=OfBranch)


def by_branch(found: Iterable[_Policy]) -> dict[str, _Policy]:
    """What was read of policies, the first of each active branch, in the bundle's order."""
    policies: dict[str, _Policy] = {}
    for each in found:
        policies.setdefault(each.branch, each)
    policies.pop("", None)
    return policies


def short_names(branches: Sequence[str]) -> Mapping[str, str]:
    """For each branch its last part (``environment/staging``), or the whole where two would look alike."""
    names = {branch: branch.rpartition("/")[2] or branch for branch in branches}
    return names if len(set(names.values())) == len(names) else {branch: branch for branch in names}


def worst(states: Iterable[StateWord]) -> StateWord:
    """The state of a whole whose parts are in those; Unknown where there is no part."""
    order = list(StateWord)
    return min(states, key=order.index, default=StateWord.UNKNOWN)


def newest_dry_commit(statuses: Sequence[Mapping[str, Any]]) -> DryCommit:
    """The dry commit with the latest commitTime in those ChangeTransferPolicy statuses: of equals the first."""
    commits = [mapping(status, side, "dry") for status in statuses for side in ("proposed", "active")]
    named = [DryCommit(text(each, "sha"), parse_time(text(each, "commitTime")) or _NEVER) for each in commits]
    return max(filter(lambda commit: commit.sha, named), key=lambda commit: commit.time, default=DryCommit())


def _state(policy: Mapping[str, Any], active: str, proposed: str, hydrated: str) -> tuple[StateWord, tuple[str, ...]]:
    """The first state that holds, and why."""
    if not active and not proposed:
        return StateWord.UNKNOWN, ("no dry commit yet",)
    if failures := tuple(_failures(mapping(policy, "status"))):
        return StateWord.FAILED, failures
    if not proposed:
        return StateWord.UNKNOWN, ("no proposed dry commit",)
    if proposed == active or hydrated != proposed:
        return StateWord.PROMOTED, ()
    return _under_way(policy)


def _under_way(policy: Mapping[str, Any]) -> tuple[StateWord, tuple[str, ...]]:
    """The state of an environment to which a dry commit is being promoted."""
    status = mapping(policy, "status")
    if _awaits_merge(policy):
        return StateWord.AWAITING_MERGE, (_merge_request(status),)
    blockers = tuple(_blockers(status))
    return (StateWord.BLOCKED, blockers) if blockers else (StateWord.PROMOTING, ())


def _checks(status: Mapping[str, Any], side: str, phase: str) -> Iterator[tuple[str, str]]:
    """Key and description of the checks of one side that are in that phase."""
    for check in mappings(status, side, "commitStatuses"):
        if check.get("phase") == phase:
            yield text(check, "key") or "without a key", " ".join(text(check, "description").split())


def _failures(status: Mapping[str, Any]) -> Iterator[str]:
    for side in ("active", "proposed"):
        for key, description in _checks(status, side, "failure"):
            yield _said(f"{side} check {key} failing", description)


def _blockers(status: Mapping[str, Any]) -> Iterator[str]:
    for key, description in _checks(status, "proposed", "pending"):
        yield _said("previous environment" if key == PREVIOUS_ENVIRONMENT else key, description)


def _said(what: str, description: str) -> str:
    return f"{what}: {description}" if description else what


def _awaits_merge(policy: Mapping[str, Any]) -> bool:
    checks = mappings(policy, "status", "proposed", "commitStatuses")
    return (
        mapping(policy, "spec").get("autoMerge") is False
        and text(policy, "status", "pullRequest", "state") == "open"
        and all(check.get("phase") == "success" for check in checks)
    )


def _merge_request(status: Mapping[str, Any]) -> str:
    number = text(status, "pullRequest", "id")
    return f"pull request #{number} waits to be merged" if number else "a pull request waits to be merged"
