"""An environment of a strategy as pages show it: what is live, what comes next, and what is in its way. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from promoter_view.dashboard.search import policy_words
from promoter_view.dashboard.strategies.checks import Checks, PullRequest, read_checks, read_request
from promoter_view.dashboard.strategies.commits import ShownCommit, read_commit
from promoter_view.dashboard.strategies.figures import Deliveries, Delivery, read_deliveries
from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.contents import Contents, Read
from promoter_view.views.promotion_strategy.summary import (
    POLICIES,
    Standing,
    StateWord,
    Summary,
    by_branch,
    missing_of,
    read_standing,
    short_names,
    summarize_standings,
)

#: The promotions of an environment that GitOps Promoter keeps.
KEPT = 5
#: Branches without a policy of which it is known what to say: as many as a large strategy has.
_KEPT_BRANCHES = 1024
_NEVER = "", ""


class Spec(NamedTuple):
    """What a strategy says of an environment."""

    branch: str
    auto_merge: bool


@dataclass(frozen=True, slots=True)
class Side:
    """The active or the proposed branch: its dry and its hydrated commit, and the checks on it."""

    dry: ShownCommit | None
    hydrated: ShownCommit | None
    checks: Checks


@dataclass(frozen=True, slots=True)
class EnvironmentPast:
    """One promotion that was: what went live when, by which pull request, with which checks."""

    active: Side
    proposed: Side
    request: PullRequest | None

    @property
    def live_since(self) -> datetime | None:
        """When it went live: the merge, else the commit on the active branch."""
        if self.request is not None and self.request.merged is not None:
            return self.request.merged
        return self.active.hydrated.time if self.active.hydrated is not None else None


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """What a ChangeTransferPolicy says of its environment. Two are equal when they are one: read of the same bytes.

    ``hydrated`` is when the hydrator last worked here (RFC 3339, "" for never), and the dry commit that it worked on.
    ``words`` are those by which it is searched for.
    """

    standing: Standing
    active: Side
    proposed: Side
    request: PullRequest | None
    history: tuple[EnvironmentPast, ...]
    hydrated: tuple[str, str]
    deliveries: tuple[Delivery, ...]
    words: tuple[str, ...]

    @property
    def branch(self) -> str:
        """The active branch."""
        return self.standing.branch


@dataclass(frozen=True, slots=True)
class Station:
    """One environment: what its policy says, in its strategy. Two are equal, and look the same, when nothing changed.

    ``name`` is short, ``branch`` the whole; ``state`` and ``reasons`` are the summary's. ``newest``: the newest dry
    commit of the strategy is live here, or changes nothing here. ``no_op_sha`` is the dry commit that the hydrator
    found to change nothing here, "" for none. ``upcoming``: another commit than the active one is proposed.
    ``preparing``: the hydrator is at work on a newer one than is proposed.
    """

    policy: Policy
    name: str
    newest: bool
    auto_merge: bool
    preparing: bool

    @property
    def branch(self) -> str:
        """The active branch."""
        return self.policy.branch

    @property
    def state(self) -> StateWord:
        """In one word."""
        return self.policy.standing.environment.state

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is in that state."""
        return self.policy.standing.environment.reasons

    @property
    def no_op_sha(self) -> str:
        """The dry commit that changes nothing here."""
        environment = self.policy.standing.environment
        return environment.hydrated_sha if environment.is_no_op else ""

    @property
    def visible(self) -> bool:
        """Its reader may see how it stands."""
        return self.policy.standing.environment.visible

    @property
    def active(self) -> Side:
        """What is live."""
        return self.policy.active

    @property
    def proposed(self) -> Side:
        """What is proposed."""
        return self.policy.proposed

    @property
    def request(self) -> PullRequest | None:
        """The newest pull request."""
        return self.policy.request

    @property
    def history(self) -> tuple[EnvironmentPast, ...]:
        """The promotions that were, the newest first."""
        return self.policy.history

    @property
    def upcoming(self) -> ShownCommit | None:
        """The dry commit that is proposed, where that is another one than the active."""
        dry = self.proposed.dry
        live = self.active.dry.sha if self.active.dry is not None else ""
        return dry if dry is not None and dry.sha != live and self.state is not StateWord.PROMOTED else None

    @property
    def live_since(self) -> datetime | None:
        """When the active commit went live, as far as statuses tell."""
        for past in self.history[:1]:
            dry = past.active.dry
            if dry is not None and self.active.dry is not None and dry.sha == self.active.dry.sha:
                return past.live_since
        return self.active.hydrated.time if self.active.hydrated is not None else None

    @property
    def last_request(self) -> PullRequest | None:
        """The pull request that brought what is live."""
        if self.history:
            return self.history[0].request
        request = self.request
        return request if request is not None and request.state != "open" else None

    @property
    def open_request(self) -> PullRequest | None:
        """The pull request by which the next change comes in."""
        request = self.request
        return request if request is not None and request.state == "open" else None


@dataclass(frozen=True, slots=True)
class ShownStrategy:
    """A strategy's environments in their order, and its summary."""

    summary: Summary
    stations: tuple[Station, ...]

    @property
    def deliveries(self) -> Deliveries:
        """The promotions that are told of."""
        return Deliveries(tuple(station.policy.deliveries for station in self.stations))


def read_strategy(contents: Contents, read: Read[Policy]) -> ShownStrategy:
    """The environments of a strategy, as ``read`` has found its policies to tell of them."""
    policies = by_branch(contents.each(POLICIES, read))
    specs = contents.root(read_specs)
    standings = {branch: each.standing for branch, each in policies.items()}
    missing = missing_of(contents)
    summary = summarize_standings([spec.branch for spec in specs], standings, missing)
    names = short_names([spec.branch for spec in specs])
    latest = max((each.hydrated for each in policies.values()), key=itemgetter(0), default=_NEVER)[1]
    stations = (
        _station(policies.get(spec.branch) or _none(missing(spec.branch)), names[spec.branch], spec, summary, latest)
        for spec in specs
    )
    return ShownStrategy(summary, tuple(stations))


def read_policy(policy: Mapping[str, Any]) -> Policy:
    """What a ChangeTransferPolicy says, with its last promotion."""
    return _read_policy(policy, 1)


def read_policy_with_past(policy: Mapping[str, Any]) -> Policy:
    """What a ChangeTransferPolicy says, with the promotions that are kept."""
    return _read_policy(policy, KEPT)


def _read_policy(policy: Mapping[str, Any], most_past: int) -> Policy:
    status = mapping(policy, "status")
    return Policy(
        standing=read_standing(policy),
        active=_side(mapping(status, "active")),
        proposed=_side(mapping(status, "proposed")),
        request=read_request(mapping(status, "pullRequest")),
        history=tuple(map(_past, islice(mappings(status, "history"), most_past))),
        hydrated=_hydrated(mapping(status, "proposed")),
        deliveries=read_deliveries(policy),
        words=policy_words(policy),
    )


@lru_cache(maxsize=_KEPT_BRANCHES)
def _none(standing: Standing) -> Policy:
    """Of an environment without a policy."""
    return replace(read_policy({}), standing=standing)


def read_specs(root: Mapping[str, Any]) -> Sequence[Spec]:
    """A strategy's environments, in order."""
    specs = mappings(root, "spec", "environments")
    return [Spec(text(each, "branch"), each.get("autoMerge") is not False) for each in specs]


def _station(policy: Policy, name: str, spec: Spec, summary: Summary, latest: str) -> Station:
    found = policy.standing.environment
    preparing = bool(latest) and found.state is not StateWord.PROMOTED and found.hydrated_sha not in ("", latest)
    return Station(policy, name, found.has(summary.newest_sha), spec.auto_merge, preparing)


def _side(found: Mapping[str, Any]) -> Side:
    return Side(read_commit(mapping(found, "dry")), read_commit(mapping(found, "hydrated")), read_checks(found))


def _past(found: Mapping[str, Any]) -> EnvironmentPast:
    active, proposed = _side(mapping(found, "active")), _side(mapping(found, "proposed"))
    return EnvironmentPast(active, proposed, read_request(mapping(found, "pullRequest")))


def _hydrated(proposed: Mapping[str, Any]) -> tuple[str, str]:
    time = text(proposed, "hydrated", "commitTime")
    return (time, text(proposed, "note", "drySha") or text(proposed, "dry", "sha")) if time else _NEVER
