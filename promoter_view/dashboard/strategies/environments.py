"""An environment of a strategy as pages show it: what is live, what comes next, and what is in its way. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from promoter_view.dashboard.search import policy_words
from promoter_view.dashboard.strategies.checks import Phase, PullRequest, read_request
from promoter_view.dashboard.strategies.commits import ShownCommit
from promoter_view.dashboard.strategies.figures import Deliveries
from promoter_view.dashboard.strategies.outlook import NO_OUTLOOK, Outlook, read_outlook
from promoter_view.dashboard.strategies.past import NO_PAST, UNSEEN_PAST, EnvironmentPast, PastPromotions
from promoter_view.dashboard.strategies.sides import Side, read_side
from promoter_view.decoded import mapping, mappings, text
from promoter_view.views.contents import BundleContents, Contents
from promoter_view.views.promotion_strategy.estimates.deliveries import Delivery, choose_pasts
from promoter_view.views.promotion_strategy.estimates.hops import Hop, hop_to
from promoter_view.views.promotion_strategy.estimates.stalled import MOVING
from promoter_view.views.promotion_strategy.order import Order, Vertex, read_order
from promoter_view.views.promotion_strategy.order_gate import (
    HISTORIES,
    POLICIES,
    PREVIOUS_ENVIRONMENT,
    OrderCheck,
    gate_steps,
    order_gate,
)
from promoter_view.views.promotion_strategy.restores import RESTORES, read_restore
from promoter_view.views.promotion_strategy.state.reading import (
    EnvironmentStatus,
    StatedStrategy,
    read_status,
    status_steps,
)
from promoter_view.views.promotion_strategy.state.standing import Standing, by_branch, read_standing, unknown
from promoter_view.views.promotion_strategy.state.words import StateWord

#: Branches without a policy of which it is known what to say: as many as a large strategy has.
_KEPT_BRANCHES = 1024
_NEVER = "", ""
_POLICY = "ChangeTransferPolicy"


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
    hydrated: tuple[str, str]
    words: tuple[str, ...]

    @property
    def branch(self) -> str:
        """The active branch."""
        return self.standing.branch


@dataclass(frozen=True, slots=True)
class Station:
    """One environment: what its policy says, in its strategy. Two are equal, and look the same, when nothing changed.

    ``past`` is what is told of what it has had.
    ``facts`` are those of the status, ``after`` the short names of the branches that it depends on where that is not
    the one before. ``newest``: the newest dry commit of the strategy is live
    here, or changes nothing here. ``no_op_sha`` is the dry commit that the hydrator found to change nothing here, ""
    for none. ``upcoming``: another commit than the active one is proposed. ``preparing``: the hydrator is at work on a
    newer one than is proposed. ``outlook``: what the past tells of what is on its way. ``visible``: its reader may see
    how it stands. ``is_restored``: what is live is what a RestoreActiveCommit has made that keeps others out.
    """

    policy: Policy
    past: PastPromotions
    facts: EnvironmentStatus
    newest: bool
    auto_merge: bool
    preparing: bool
    level: int = 0
    after: tuple[str, ...] = ()
    outlook: Outlook = NO_OUTLOOK
    visible: bool = True
    is_restored: bool = False

    @property
    def branch(self) -> str:
        """The active branch."""
        return self.facts.branch

    @property
    def name(self) -> str:
        """What it is called in short."""
        return self.facts.name

    @property
    def since(self) -> datetime | None:
        """Since when it is in its state."""
        return self.facts.since

    @property
    def state(self) -> StateWord:
        """In one word."""
        return self.facts.state

    @property
    def messages(self) -> tuple[str, ...]:
        """What it waits for, a sentence each."""
        return self.facts.messages

    @property
    def no_op_sha(self) -> str:
        """The dry commit that changes nothing here."""
        return self.policy.standing.note_sha if self.policy.standing.is_no_op else ""

    @property
    def unexplained(self) -> Station:
        """The same as far as its past goes: without its state and how long it takes, which others change.

        That it is held is its own.
        """
        word = self.state if self.state is StateWord.HELD else StateWord.UNKNOWN
        bare = EnvironmentStatus(self.branch, self.name, word)
        return replace(self, facts=bare, outlook=NO_OUTLOOK, is_restored=False)

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
        return self.past.entries

    @property
    def upcoming(self) -> ShownCommit | None:
        """The dry commit that is proposed, where that is another one than the active."""
        return self.proposed.dry if self.policy.standing.is_open else None

    @property
    def proposed_at(self) -> datetime | None:
        """When what comes next was proposed: its pull request's time, else its hydrated commit's; None for nothing."""
        if self.upcoming is None:
            return None
        if self.open_request is not None and self.open_request.opened is not None:
            return self.open_request.opened
        return self.proposed.hydrated.time if self.proposed.hydrated is not None else None

    @property
    def live_since(self) -> datetime | None:
        """When the active commit went live, as far as statuses tell."""
        if self.arrival is not None:
            return self.arrival.live_since
        return self.active.hydrated.time if self.active.hydrated is not None else None

    @property
    def arrival(self) -> EnvironmentPast | None:
        """How what is live came here: the newest of what was, unless that is not told of yet."""
        for newest in self.history[:1]:
            live, told = self.active.dry, newest.active.dry
            if live is not None and told is not None and told.sha == live.sha:
                return newest
        return None

    @property
    def restored_from(self) -> str:
        """The hydrated commit that was made live again, where what is live was; "" where it was promoted."""
        return self.arrival.restored_from if self.arrival is not None else ""

    @property
    def last_request(self) -> PullRequest | None:
        """The pull request that brought what is live."""
        if self.arrival is not None:
            return self.arrival.request
        request = self.request
        return request if request is not None and request.has_come_in else None

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The promotions that are told of. The newest may be live still: then its checks of now count."""
        told, live = self.past.deliveries, self.active.dry
        if self.arrival is None or self.restored_from or live is None or [each.sha for each in told[:1]] != [live.sha]:
            return told
        return (replace(told[0], failed=self.active.checks.worst is Phase.FAILURE), *told[1:])

    @property
    def open_request(self) -> PullRequest | None:
        """The pull request by which the next change comes in."""
        request = self.request
        return request if request is not None and request.state == "open" else None


#: Reads what a policy, or its history, tells of what was, told which checks are the order gate's.
ReadPast = Callable[[Mapping[str, Any], OrderCheck], PastPromotions]


@dataclass(frozen=True, slots=True)
class Shared:
    """What stations of a strategy say beside what is told of each: where both are what they were, so is the station.

    ``manual``: the branches that a person merges. ``newest`` is a dry commit, ``latest`` the one that the hydrator
    worked on last. ``restoring``: the RestoreActiveCommits that have made what is live. ``names``: by branch, where
    these are no chain. ``visible``: policies may be seen.
    """

    order: Order
    manual: frozenset[str]
    newest: str
    latest: str
    restoring: frozenset[str]
    names: Mapping[str, str]
    visible: bool


@dataclass(frozen=True, slots=True)
class ShownStrategy:
    """A strategy's environments in their order, and its status."""

    status: StatedStrategy
    shared: Shared
    stations: tuple[Station, ...]

    @property
    def order(self) -> Order:
        """Of the environments."""
        return self.shared.order

    @property
    def unexplained(self) -> tuple[Station, ...]:
        """The environments as far as their past goes."""
        return tuple(station.unexplained for station in self.stations)

    @property
    def deliveries(self) -> Deliveries:
        """The promotions that are told of."""
        pasts = [station.past for station in self.stations]
        return Deliveries(
            tuple(station.deliveries for station in self.stations),
            self.order.starts,
            self.order.ends,
            frozenset(past.kept for past in pasts if past.count),
            sum(not past.is_told for past in pasts),
        )

    @property
    def front(self) -> frozenset[str]:
        """The branches that are next: not up to date, while all that they wait for are."""
        settled = {each.branch for each in self.stations if each.state is StateWord.UP_TO_DATE}
        return frozenset(self.order.front(settled.__contains__))


def first_stall(stations: Iterable[Station]) -> datetime | None:
    """From when on one of these is stalled, should nothing change; None: never."""
    return min((at for each in stations if (at := each.outlook.stalled_at) is not None), default=None)


def read_strategy(contents: Contents, read: ReadPast, before: ShownStrategy | None = None) -> ShownStrategy:
    """The environments of a strategy; ``read``: as much of their past as is wanted.

    ``before``: the same, read by the same of another of its bundles. Of a thousand environments a change changes a
    few, and the others are the same objects.
    """
    gate, order, status = order_gate(contents), contents.root(read_order), read_status(contents)
    told = contents.each(POLICIES, gate.reading(_WithPast(read)))
    policies = by_branch(policy for policy, _ in told)
    pasts = choose_pasts((past for _, past in told), contents.each(HISTORIES, gate.reading(read)))
    latest = max((each.hydrated for each in policies.values()), key=itemgetter(0), default=_NEVER)[1]
    facts = {each.branch: each for each in status.environments}
    shared = _shared(contents, order, facts, status.whole.newest_sha, latest)
    knew = before.stations if before is not None and before.shared == shared else (None,) * len(order.vertices)
    stations = list[Station]()
    for vertex, known in zip(order.vertices, knew, strict=True):
        branch = vertex.branch
        policy = policies.get(branch) or _none(unknown(branch))
        past = pasts.get(branch) or (NO_PAST if shared.visible else UNSEEN_PAST)
        stated = facts.get(branch) or _unstated(branch)
        if known is not None and known.policy is policy and known.past is past and known.facts is stated:
            stations.append(known)
        else:
            stations.append(_station(shared, vertex, policy, past, stated))
    return ShownStrategy(status, shared, tuple(_with_outlooks(order, stations, knew, pasts)))


def strategy_steps(contents: BundleContents, read: ReadPast) -> Iterator[None]:
    """Reads what ``read_strategy`` will want, a member a step."""
    contents.root(read_manual)
    yield
    yield from gate_steps(contents)
    gate = order_gate(contents)
    yield from contents.steps(POLICIES, gate.reading(_WithPast(read)))
    yield from contents.steps(HISTORIES, gate.reading(read))
    yield from status_steps(contents)


@dataclass(frozen=True, slots=True)
class _WithPast:
    """Reads what a policy says of now and of what was, for one decoding. Two are equal where they read the same."""

    read: ReadPast

    def __call__(self, policy: Mapping[str, Any], order: OrderCheck) -> tuple[Policy, PastPromotions]:
        return read_policy(policy, order), self.read(policy, order)


def read_policy(policy: Mapping[str, Any], order: OrderCheck = PREVIOUS_ENVIRONMENT) -> Policy:
    """What a ChangeTransferPolicy says of what is, and is to be."""
    status = mapping(policy, "status")
    return Policy(
        standing=read_standing(policy),
        active=read_side(status, "active", order),
        proposed=read_side(status, "proposed", order),
        request=read_request(mapping(status, "pullRequest")),
        hydrated=_hydrated(mapping(status, "proposed")),
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


@lru_cache(maxsize=_KEPT_BRANCHES)
def _unstated(branch: str) -> EnvironmentStatus:
    """Of an environment of which the status says nothing."""
    return EnvironmentStatus(branch, branch, StateWord.UNKNOWN)


def _shared(
    contents: Contents, order: Order, facts: Mapping[str, EnvironmentStatus], newest: str, latest: str
) -> Shared:
    restoring = frozenset(each.name for each in contents.each(RESTORES, read_restore) if not each.is_new)
    branches = () if order.is_chain else order.branches
    names = {branch: facts[branch].name if branch in facts else branch for branch in branches}
    visible = _POLICY not in contents.hidden
    return Shared(order, contents.root(read_manual), newest, latest, restoring, names, visible)


def _station(shared: Shared, vertex: Vertex, policy: Policy, past: PastPromotions, facts: EnvironmentStatus) -> Station:
    """An environment without its outlook."""
    standing, names = policy.standing, shared.names
    return Station(
        policy=policy,
        past=past,
        facts=facts,
        newest=standing.has(shared.newest),
        auto_merge=vertex.branch not in shared.manual,
        preparing=bool(shared.latest) and standing.is_open and standing.hydrated_sha != shared.latest,
        level=vertex.level,
        after=tuple(names[each] for each in vertex.nearest) if names else (),
        visible=shared.visible,
        is_restored=facts.held_by in shared.restoring,
    )


def _with_outlooks(
    order: Order, stations: Sequence[Station], knew: Sequence[Station | None], pasts: Mapping[str, PastPromotions]
) -> Iterator[Station]:
    """What the past of all of them tells of each to which something is on its way, or that should move."""
    by_name = {station.branch: station for station in stations}
    changed = {station.branch for station, known in zip(stations, knew, strict=True) if station is not known}
    for station, vertex in zip(stations, order.vertices, strict=True):
        is_as_before = vertex.branch not in changed and changed.isdisjoint(vertex.nearest)
        if is_as_before or (station.upcoming is None and station.state not in MOVING):
            yield station
        else:
            awaited = [by_name[each] for each in vertex.nearest]
            outlook = _outlook(station, awaited, hop_to(vertex, pasts))
            yield station if outlook == station.outlook else replace(station, outlook=outlook)


def _outlook(station: Station, awaited: Sequence[Station], hop: Hop) -> Outlook:
    proposed = station.proposed_at
    return read_outlook(
        hop,
        station.state,
        since=station.since,
        proposed=proposed,
        arrived=_arrived(station.upcoming, awaited),
    )


def _arrived(upcoming: ShownCommit | None, awaited: Sequence[Station]) -> datetime | None:
    """Since when all of those have that commit; None where one has not, or no change of it came to any."""
    if upcoming is None or not all(station.policy.standing.has(upcoming.sha) for station in awaited):
        return None
    times = (station.live_since for station in awaited if station.policy.standing.active_sha == upcoming.sha)
    return max((time for time in times if time is not None), default=None)


def _hydrated(proposed: Mapping[str, Any]) -> tuple[str, str]:
    time = text(proposed, "hydrated", "commitTime")
    return (time, text(proposed, "note", "drySha") or text(proposed, "dry", "sha")) if time else _NEVER
