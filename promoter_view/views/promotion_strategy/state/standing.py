"""What a ChangeTransferPolicy says of its environment, as far as its state depends on that. Pure.

A policy of the wrong shape counts as absent, so nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

from promoter_view.decoded import mapping, mappings, parse_time, text
from promoter_view.urls import web_url
from promoter_view.views.commits import commit_url, person
from promoter_view.views.promotion_strategy.state.kinds import CheckKinds, ReasonKind
from promoter_view.views.status.messages import clipped

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_KEYLESS = "without a key"
_MOST_CHARACTERS = 300
_MOST_OF_A_WORD = 40
_MOST_SOURCES = 20
#: Branches without a policy of which it is known what to say: as many as a large strategy has.
_KEPT_BRANCHES = 1024
_USUAL = CheckKinds()
_IN_ORDER = list(ReasonKind)


class PolicyCheck(NamedTuple):
    """A commit status that failed or is pending. ``reported``: there is one; else it is only asked for."""

    kind: ReasonKind
    key: str
    description: str = ""
    url: str = ""
    reported: bool = True

    @property
    def title(self) -> str:
        """``gate lint``; of one that is called as its kind is, as every timer of GitOps Promoter, ``timer``."""
        return self.key if self.key == self.kind else f"{self.kind} {self.key}"


@dataclass(frozen=True, slots=True)
class PolicyChecks:
    """The checks of one side, the foremost kind first. What says neither failure nor success is pending."""

    failed: tuple[PolicyCheck, ...] = ()
    pending: tuple[PolicyCheck, ...] = ()
    passed: int = 0

    def asking(self, keys: Iterable[str], kinds: CheckKinds) -> PolicyChecks:
        """With those keys, of which nothing is reported."""
        more = (PolicyCheck(kinds.of(key), key, reported=False) for key in sorted(keys))
        return replace(self, pending=_foremost_first((*self.pending, *more)))


@dataclass(frozen=True, slots=True)
class DryCommit:
    """A dry commit, as far as a state tells of it. ``sources``: what it was made from. ``url``: of the web, or ""."""

    sha: str = ""
    time: datetime = _NEVER
    sources: tuple[str, ...] = ()
    subject: str = ""
    author: str = ""
    url: str = ""


_NO_COMMIT = DryCommit()


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """A pull request: the forge's id and its state, "" where there is none; opened in seconds since 1970."""

    number: str = ""
    state: str = ""
    url: str = ""
    opened: int | None = None


@dataclass(frozen=True, slots=True)
class Hydrated:
    """A hydrated commit, and when it was made, in seconds since 1970."""

    sha: str = ""
    time: int | None = None


_NOTHING = Hydrated()


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What one ChangeTransferPolicy says of its environment.

    ``live`` is the dry commit that is live, hydrated as ``deployed``; ``proposed_commit``, hydrated as ``prepared``,
    the one that is proposed. ``note_sha``: the one that the hydrator has worked off last. ``proposed`` has the keys
    that the policy asks for too, and ``keys`` are all of these. ``auto_merge``: nobody has to merge. ``exists``: there
    is such a policy.
    """

    branch: str
    live: DryCommit = _NO_COMMIT
    proposed_commit: DryCommit = _NO_COMMIT
    note_sha: str = ""
    deployed: Hydrated = _NOTHING
    prepared: Hydrated = _NOTHING
    active: PolicyChecks = PolicyChecks()
    proposed: PolicyChecks = PolicyChecks()
    keys: frozenset[str] = frozenset()
    auto_merge: bool = True
    request: MergeRequest = MergeRequest()
    exists: bool = True

    @property
    def active_sha(self) -> str:
        """The dry commit that is live, "" for none."""
        return self.live.sha

    @property
    def proposed_sha(self) -> str:
        """The dry commit that is proposed, "" for none."""
        return self.proposed_commit.sha

    @property
    def newest(self) -> DryCommit:
        """The later of the two, of equals the one that is proposed."""
        live, proposed = self.live, self.proposed_commit
        return live if live.sha and (not proposed.sha or live.time > proposed.time) else proposed

    @property
    def is_no_op(self) -> bool:
        """Whether the hydrator found nothing to change for the dry commit that it has worked off last."""
        return bool(self.note_sha) and self.note_sha != self.proposed_sha

    @property
    def is_open(self) -> bool:
        """Whether another dry commit than the active one is proposed."""
        return bool(self.proposed_sha) and self.proposed_sha != self.active_sha and not self.is_no_op

    @property
    def hydrated_sha(self) -> str:
        """The dry commit that the hydrator has worked off last here: beyond what is proposed when it is a no-op."""
        return self.note_sha or self.proposed_sha

    def has(self, sha: str) -> bool:
        """Whether that dry commit is live here, or has nothing to change here."""
        return bool(sha) and (self.active_sha == sha or (self.is_no_op and self.note_sha == sha))


def read_standing(policy: Mapping[str, Any], kinds: CheckKinds = _USUAL) -> Standing:
    """What a ChangeTransferPolicy says; ``kinds``: which kinds its checks are of."""
    spec, status = mapping(policy, "spec"), mapping(policy, "status")
    asked = frozenset(read_keys(spec))
    reported = frozenset(_keys(status, "proposed"))
    return Standing(
        branch=text(spec, "activeBranch"),
        live=_dry(mapping(status, "active", "dry")),
        proposed_commit=_dry(mapping(status, "proposed", "dry")),
        note_sha=text(status, "proposed", "note", "drySha"),
        deployed=_hydrated(mapping(status, "active", "hydrated")),
        prepared=_hydrated(mapping(status, "proposed", "hydrated")),
        active=_checks(status, "active", kinds),
        proposed=_checks(status, "proposed", kinds).asking(asked - reported, kinds),
        keys=asked | reported,
        auto_merge=spec.get("autoMerge") is not False,
        request=read_merge_request(mapping(status, "pullRequest")),
    )


@lru_cache(maxsize=_KEPT_BRANCHES)
def unknown(branch: str) -> Standing:
    """What is to be said of an environment without a policy."""
    return Standing(branch, exists=False)


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


def read_merge_request(found: Mapping[str, Any]) -> MergeRequest:
    """A status' pullRequest."""
    opened = parse_time(text(found, "prCreationTime"))
    number, state = text(found, "id")[:_MOST_OF_A_WORD], text(found, "state")[:_MOST_OF_A_WORD]
    return MergeRequest(number, state, web_url(text(found, "url")), int(opened.timestamp()) if opened else None)


def read_keys(spec: Mapping[str, Any]) -> Iterator[str]:
    """The keys of the proposed checks that a spec asks for."""
    return filter(None, (text(each, "key") for each in mappings(spec, "proposedCommitStatuses")))


def _dry(found: Mapping[str, Any]) -> DryCommit:
    sha = text(found, "sha")
    if not sha:
        return _NO_COMMIT
    sources = (text(each, "commit", "sha") for each in mappings(found, "references"))
    return DryCommit(
        sha,
        parse_time(text(found, "commitTime")) or _NEVER,
        tuple(filter(None, sources))[:_MOST_SOURCES],
        text(found, "subject")[:_MOST_CHARACTERS],
        person(text(found, "author"))[:_MOST_CHARACTERS],
        commit_url(text(found, "repoURL"), sha),
    )


def _hydrated(found: Mapping[str, Any]) -> Hydrated:
    sha, made = text(found, "sha"), parse_time(text(found, "commitTime"))
    return Hydrated(sha, int(made.timestamp()) if made else None) if sha or made else _NOTHING


def _keys(status: Mapping[str, Any], side: str) -> Iterator[str]:
    return (text(each, "key") for each in mappings(status, side, "commitStatuses"))


def _checks(status: Mapping[str, Any], side: str, kinds: CheckKinds) -> PolicyChecks:
    failed, pending, passed = list[PolicyCheck](), list[PolicyCheck](), 0
    for each in mappings(status, side, "commitStatuses"):
        phase = each.get("phase")
        if phase == "success":
            passed += 1
        else:
            (failed if phase == "failure" else pending).append(_check(each, kinds))
    return PolicyChecks(tuple(failed), _foremost_first(pending), passed)


def _check(found: Mapping[str, Any], kinds: CheckKinds) -> PolicyCheck:
    key = text(found, "key")
    description = clipped(" ".join(text(found, "description").split()), _MOST_CHARACTERS)
    return PolicyCheck(kinds.of(key), key or _KEYLESS, description, web_url(text(found, "url")))


def _foremost_first(checks: Sequence[PolicyCheck]) -> tuple[PolicyCheck, ...]:
    """The order gate's first: before that nothing else counts. Those of a kind as they come."""
    return tuple(sorted(checks, key=lambda check: _IN_ORDER.index(check.kind)))
