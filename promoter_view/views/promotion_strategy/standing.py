"""One word of state for an environment, from its ChangeTransferPolicy, and the words that say why. Pure.

A policy of the wrong shape counts as absent, so nothing here raises.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol, TypeVar

from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.views.promotion_strategy.order_gate import PREVIOUS_ENVIRONMENT, OrderCheck

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_KEYLESS = "without a key"
#: Branches without a policy of which it is known what to say: as many as a large strategy has.
_KEPT_BRANCHES = 1024


class StateWord(enum.StrEnum):
    """What a person sees first. The members stand in order, the worst first."""

    FAILED = "Failed"
    HELD = "Held"
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
    it is not ``visible`` nothing of it is known, for its reader may not see ChangeTransferPolicies. ``awaits``: the
    branches for which the order gate holds it back, of which its first reason tells. ``held_by``: the
    RestoreActiveCommit that keeps others out, "" for none; ``is_restored``: what is live is what that has made.
    """

    branch: str
    state: StateWord
    reasons: tuple[str, ...] = ()
    active_sha: str = ""
    proposed_sha: str = ""
    hydrated_sha: str = ""
    visible: bool = True
    awaits: tuple[str, ...] = ()
    held_by: str = ""
    is_restored: bool = False

    def has(self, sha: str) -> bool:
        """Whether that dry commit is live here, or has nothing to change here."""
        return bool(sha) and (self.active_sha == sha or (self.is_no_op and self.hydrated_sha == sha))

    @property
    def is_no_op(self) -> bool:
        """Whether the hydrator found nothing to change for the newest dry commit (status.proposed.note.drySha)."""
        return self.hydrated_sha != self.proposed_sha


@dataclass(frozen=True, slots=True)
class DryCommit:
    """A dry commit as far as the newest one is looked for."""

    sha: str = ""
    time: datetime = _NEVER


@dataclass(frozen=True, slots=True)
class Standing:
    """What one ChangeTransferPolicy says of its environment, and the newest dry commit that it names.

    ``queued``: the order gate holds it back, of which its first reason tells. ``holding``: what else does, in a few
    words that go behind its name (``check soak is pending``); "" for nothing. ``deployed_sha`` is the hydrated commit
    that is live; ``is_failing``: a check of it failed.
    """

    environment: EnvironmentFacts
    newest: DryCommit
    queued: bool = False
    holding: str = ""
    deployed_sha: str = ""
    is_failing: bool = False

    @property
    def branch(self) -> str:
        """The environment's."""
        return self.environment.branch


def read_standing(policy: Mapping[str, Any], order: OrderCheck = PREVIOUS_ENVIRONMENT) -> Standing:
    """What a ChangeTransferPolicy says; ``order``: which checks are the order gate's."""
    status = mapping(policy, "status")
    environment = summarize_environment(text(policy, "spec", "activeBranch"), policy, order)
    return Standing(
        environment,
        newest_dry_commit([status]),
        environment.state is StateWord.BLOCKED and _is_queued(status, order),
        _holding(policy, environment.state, order),
        text(status, "active", "hydrated", "sha"),
        any(_checks(status, "active", "failure")),
    )


@lru_cache(maxsize=_KEPT_BRANCHES)
def unknown(branch: str) -> Standing:
    """What is to be said of an environment without a policy."""
    return Standing(summarize_environment(branch, None), DryCommit())


@lru_cache(maxsize=_KEPT_BRANCHES)
def unseen(branch: str) -> Standing:
    """What is to be said of an environment to somebody who may not see its policy."""
    return Standing(EnvironmentFacts(branch, StateWord.UNKNOWN, ("not visible to you",), visible=False), DryCommit())


def summarize_environment(
    branch: str, policy: Mapping[str, Any] | None, order: OrderCheck = PREVIOUS_ENVIRONMENT
) -> EnvironmentFacts:
    """One environment, from its ChangeTransferPolicy."""
    if policy is None:
        return EnvironmentFacts(branch, StateWord.UNKNOWN, ("no ChangeTransferPolicy yet",))
    status = mapping(policy, "status")
    active, proposed = text(status, "active", "dry", "sha"), text(status, "proposed", "dry", "sha")
    hydrated = text(status, "proposed", "note", "drySha") or proposed
    state, reasons = _state(policy, active, proposed, hydrated, order)
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


def newest_dry_commit(statuses: Sequence[Mapping[str, Any]]) -> DryCommit:
    """The dry commit with the latest commitTime in those ChangeTransferPolicy statuses: of equals the first."""
    commits = [mapping(status, side, "dry") for status in statuses for side in ("proposed", "active")]
    named = [DryCommit(text(each, "sha"), parse_time(text(each, "commitTime")) or _NEVER) for each in commits]
    return max(filter(lambda commit: commit.sha, named), key=lambda commit: commit.time, default=DryCommit())


def _state(
    policy: Mapping[str, Any], active: str, proposed: str, hydrated: str, order: OrderCheck
) -> tuple[StateWord, tuple[str, ...]]:
    """The first state that holds, and why."""
    if not active and not proposed:
        return StateWord.UNKNOWN, ("no dry commit yet",)
    if failures := tuple(_failures(mapping(policy, "status"))):
        return StateWord.FAILED, failures
    if not proposed:
        return StateWord.UNKNOWN, ("no proposed dry commit",)
    if proposed == active or hydrated != proposed:
        return StateWord.PROMOTED, ()
    return _under_way(policy, order)


def _under_way(policy: Mapping[str, Any], order: OrderCheck) -> tuple[StateWord, tuple[str, ...]]:
    """The state of an environment to which a dry commit is being promoted."""
    status = mapping(policy, "status")
    if _awaits_merge(policy):
        return StateWord.AWAITING_MERGE, (_merge_request(status),)
    blockers = tuple(_blockers(status, order))
    return (StateWord.BLOCKED, blockers) if blockers else (StateWord.PROMOTING, ())


def _checks(status: Mapping[str, Any], side: str, phase: str) -> Iterator[tuple[str, str]]:
    """Key and description of the checks of one side that are in that phase."""
    for check in mappings(status, side, "commitStatuses"):
        if check.get("phase") == phase:
            yield text(check, "key") or _KEYLESS, " ".join(text(check, "description").split())


def _failures(status: Mapping[str, Any]) -> Iterator[str]:
    for side in ("active", "proposed"):
        for key, description in _checks(status, side, "failure"):
            yield _said(f"{side} check {key} failing", description)


def _blockers(status: Mapping[str, Any], order: OrderCheck) -> Iterator[str]:
    """What is pending, the order gate first: before that nothing else counts."""
    found = sorted(_checks(status, "proposed", "pending"), key=lambda check: check[0] != order.key)
    for key, description in found:
        yield _said(order.words if key == order.key else key, description)


def _is_queued(status: Mapping[str, Any], order: OrderCheck) -> bool:
    return any(key == order.key for key, _ in _checks(status, "proposed", "pending"))


def _holding(policy: Mapping[str, Any], state: StateWord, order: OrderCheck) -> str:
    """What keeps others waiting for this environment, but those that it waits for itself."""
    status = mapping(policy, "status")
    for side in ("active", "proposed"):
        for key, _ in _checks(status, side, "failure"):
            return f"check {key} failed"
    if state is StateWord.AWAITING_MERGE:
        return _merge_request(status)
    proposed = _checks(status, "proposed", "pending") if state is StateWord.BLOCKED else ()
    for key, _ in chain(proposed, _checks(status, "active", "pending")):
        if key != order.key:
            return f"check {key} is pending"
    return ""


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
