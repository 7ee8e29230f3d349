"""An environment of a strategy as pages show it: what is live, what comes next, and what is in its way. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from promoter_view.dashboard.search import policy_words
from promoter_view.dashboard.strategies.checks import Checks, PullRequest, read_checks, read_request
from promoter_view.dashboard.strategies.commits import ShownCommit, read_commit
from promoter_view.dashboard.strategies.figures import Deliveries, Delivery, read_deliveries
from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.promotion_strategy.order import read_order
from promoter_view.views.promotion_strategy.order_gate import POLICIES, PREVIOUS_ENVIRONMENT, order_gate
from promoter_view.views.promotion_strategy.standing import (
    EnvironmentFacts,
    Standing,
    StateWord,
    by_branch,
    read_standing,
)
from promoter_view.views.promotion_strategy.summary import Summary, missing_of, short_names, summarize_strategy

#: The promotions of an environment that GitOps Promoter keeps.
KEPT = 5
#: Branches without a policy of which it is known what to say: as many as a large strategy has.
_KEPT_BRANCHES = 1024
_NEVER = "", ""


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

    ``name`` is short, ``branch`` the whole; ``facts`` are the summary's, ``after`` the short names of the branches
    that it depends on where that is not the one before. ``newest``: the newest dry commit of the strategy is live
    here, or changes nothing here. ``no_op_sha`` is the dry commit that the hydrator found to change nothing here, ""
    for none. ``upcoming``: another commit than the active one is proposed. ``preparing``: the hydrator is at work on a
    newer one than is proposed.
    """

    policy: Policy
    facts: EnvironmentFacts
    name: str
    newest: bool
    auto_merge: bool
    preparing: bool
    level: int = 0
    after: tuple[str, ...] = ()

    @property
    def branch(self) -> str:
        """The active branch."""
        return self.facts.branch

    @property
    def state(self) -> StateWord:
        """In one word."""
        return self.facts.state

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is in that state."""
        return self.facts.reasons

    @property
    def no_op_sha(self) -> str:
        """The dry commit that changes nothing here."""
        return self.facts.hydrated_sha if self.facts.is_no_op else ""

    @property
    def visible(self) -> bool:
        """Its reader may see how it stands."""
        return self.facts.visible

    @property
    def unexplained(self) -> Station:
        """The same as far as its past goes: without for whom it waits, which others change."""
        return replace(self, facts=self.policy.standing.environment) if self.facts.awaits else self

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


#: Reads a policy whose order gate's checks have that key.
ReadPolicy = Callable[[Mapping[str, Any], str], Policy]


@dataclass(frozen=True, slots=True)
class ShownStrategy:
    """A strategy's environments in their order, and its summary."""

    summary: Summary
    stations: tuple[Station, ...]

    @property
    def unexplained(self) -> tuple[Station, ...]:
        """The environments as far as their past goes."""
        return tuple(station.unexplained for station in self.stations)

    @property
    def deliveries(self) -> Deliveries:
        """The promotions that are told of."""
        return Deliveries(tuple(station.policy.deliveries for station in self.stations))


def read_strategy(contents: Contents, read: ReadPolicy) -> ShownStrategy:
    """The environments of a strategy, as ``read`` has found its policies to tell of them."""
    gate = order_gate(contents)
    policies = by_branch(contents.each(POLICIES, gate.reading(read)))
    summary = summarize_strategy(contents, gate, {branch: each.standing for branch, each in policies.items()})
    latest = max((each.hydrated for each in policies.values()), key=itemgetter(0), default=_NEVER)[1]
    missing = missing_of(contents)
    found = [policies.get(branch) or _none(missing(branch)) for branch in summary.order.branches]
    return ShownStrategy(summary, tuple(_stations(found, summary, contents.root(read_manual), latest)))


def strategy_steps(contents: BundleContents, read: ReadPolicy) -> Iterator[None]:
    """Reads what ``read_strategy`` will want, a member a step."""
    contents.root(read_order)
    contents.root(read_manual)
    yield
    gate = order_gate(contents)
    yield
    yield from contents.steps(POLICIES, gate.reading(read))


def read_policy(policy: Mapping[str, Any], order_key: str = PREVIOUS_ENVIRONMENT) -> Policy:
    """What a ChangeTransferPolicy says, with its last promotion."""
    return _read_policy(policy, order_key, 1)


def read_policy_with_past(policy: Mapping[str, Any], order_key: str = PREVIOUS_ENVIRONMENT) -> Policy:
    """What a ChangeTransferPolicy says, with the promotions that are kept."""
    return _read_policy(policy, order_key, KEPT)


def _read_policy(policy: Mapping[str, Any], order_key: str, most_past: int) -> Policy:
    status = mapping(policy, "status")
    return Policy(
        standing=read_standing(policy, order_key),
        active=_side(mapping(status, "active"), order_key),
        proposed=_side(mapping(status, "proposed"), order_key),
        request=read_request(mapping(status, "pullRequest")),
        history=tuple(_past(each, order_key) for each in islice(mappings(status, "history"), most_past)),
        hydrated=_hydrated(mapping(status, "proposed")),
        deliveries=read_deliveries(policy),
        words=policy_words(policy),
    )


@lru_cache(maxsize=_KEPT_BRANCHES)
def _none(standing: Standing) -> Policy:
    """Of an environment without a policy."""
    return replace(read_policy({}), standing=standing)


def read_manual(root: Mapping[str, Any]) -> frozenset[str]:
    """The branches of a strategy that a person merges (``autoMerge: false``)."""
    environments = mappings(root, "spec", "environments")
    return frozenset(text(each, "branch") for each in environments if each.get("autoMerge") is False)


def _stations(policies: Sequence[Policy], summary: Summary, manual: frozenset[str], latest: str) -> Iterator[Station]:
    """The environments in promotion order."""
    names = short_names(summary.order.branches)
    is_chain = summary.order.is_chain
    for policy, facts, vertex in zip(policies, summary.environments, summary.order.vertices, strict=True):
        preparing = latest and facts.state is not StateWord.PROMOTED and facts.hydrated_sha not in ("", latest)
        yield Station(
            policy=policy,
            facts=facts,
            name=names[facts.branch],
            newest=facts.has(summary.newest_sha),
            auto_merge=facts.branch not in manual,
            preparing=bool(preparing),
            level=vertex.level,
            after=() if is_chain else tuple(names[branch] for branch in vertex.nearest),
        )


def _side(found: Mapping[str, Any], order_key: str) -> Side:
    checks = read_checks(found, order_key)
    return Side(read_commit(mapping(found, "dry")), read_commit(mapping(found, "hydrated")), checks)


def _past(found: Mapping[str, Any], order_key: str) -> EnvironmentPast:
    active, proposed = (_side(mapping(found, side), order_key) for side in ("active", "proposed"))
    return EnvironmentPast(active, proposed, read_request(mapping(found, "pullRequest")))


def _hydrated(proposed: Mapping[str, Any]) -> tuple[str, str]:
    time = text(proposed, "hydrated", "commitTime")
    return (time, text(proposed, "note", "drySha") or text(proposed, "dry", "sha")) if time else _NEVER
