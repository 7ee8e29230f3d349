"""Fleets of strategies with a past: what the demo, tests and benchmarks put into a cluster. Deterministic by seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from promoter_view.simulator.company.commits import write_commit
from promoter_view.simulator.company.gates.checks import succeeded
from promoter_view.simulator.company.manifests import Document, Rendered, with_owner
from promoter_view.simulator.company.model import HEALTH, TIMER, CommitChange, Environment, ReleaseWindow, Strategy
from promoter_view.simulator.company.naming import new_sha
from promoter_view.simulator.company.promotion import Move, MoveKind, moves, perform
from promoter_view.simulator.company.release import Release
from promoter_view.simulator.company.rendering import render, render_provider
from promoter_view.simulator.company.restoring import restorable

#: A past move is this many seconds before the next one, so that no wait of a promotion is longer than two moves.
PAST_STEP_SECONDS = 45.0
_BRANCHES = ("development", "staging", "production", "eu-production", "us-production", "ap-production")


class FleetStore(Protocol):
    """Where a fleet is put: the simulator's objects, or a real cluster."""

    def add_namespaces(self, *names: str) -> None:
        """Makes those that are not there yet."""

    def apply(self, document: Document) -> Document:
        """Creates or replaces an object; gives it as it is stored, with its uid."""


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """How a fleet is laid out. Each ``cluster_every``-th namespace uses the ClusterScmProvider; 0: none does."""

    strategies: int
    namespaces: int = 10
    environments: int = 3
    cluster_every: int = 4
    past_moves: int = 180
    seed: int = 1


def make_fleet(plan: FleetPlan, now: float) -> list[Strategy]:
    """The strategies of a plan, each somewhere in a promotion and with a full history behind it."""
    chance = random.Random(plan.seed)  # noqa: S311 (a fleet by seed, no secret)
    return [_strategy(plan, number, chance, now) for number in range(plan.strategies)]


def _strategy(plan: FleetPlan, number: int, chance: random.Random, now: float) -> Strategy:
    place = number % max(1, min(plan.namespaces, plan.strategies))
    strategy = new_strategy(
        f"team-{place:03d}",
        f"app-{number:05d}",
        environment_branches(plan.environments),
        chance,
        now - plan.past_moves * PAST_STEP_SECONDS,
        cluster_provider=bool(plan.cluster_every) and place % plan.cluster_every == plan.cluster_every - 1,
    )
    return live_through(strategy, plan.past_moves - chance.randrange(plan.past_moves // 6 + 1), now, chance)


def environment_branches(count: int) -> list[str]:
    """Branches of the first ``count`` environments."""
    names = [*_BRANCHES, *(f"cell-{number:03d}" for number in range(count - len(_BRANCHES)))]
    return [f"environment/{name}" for name in names[:count]]


def new_strategy(
    namespace: str,
    name: str,
    branches: Sequence[str],
    random: random.Random,
    now: float,
    *,
    cluster_provider: bool = False,
    depends_on: Mapping[str, Sequence[str]] | None = None,
) -> Strategy:
    """A strategy whose first commit is active everywhere: the last environment waits for a person and soaks a while.

    ``depends_on``: the branches that each branch waits for; without it they are a chain.
    """
    head = write_commit(random, name, now)
    last = len(branches) - 1
    environments = tuple(
        replace(
            _environment(branch, CommitChange(head, new_sha(random), now), final=index == last),
            upstreams=_upstreams(branches, index, depends_on),
        )
        for index, branch in enumerate(branches)
    )
    return Strategy(namespace, name, cluster_provider, now, head, environments)


def _upstreams(branches: Sequence[str], index: int, depends_on: Mapping[str, Sequence[str]] | None) -> tuple[int, ...]:
    if depends_on is None:
        return tuple(range(index)[-1:])
    return tuple(branches.index(branch) for branch in depends_on.get(branches[index], ()))


def _environment(branch: str, change: CommitChange, *, final: bool) -> Environment:
    good = replace(succeeded([HEALTH], change.time)[HEALTH], description="Healthy since the beginning")
    return Environment(
        branch=branch,
        auto_merge=not final,
        soak_seconds=40.0 if final else 0.0,
        approval=False,
        active=change,
        proposed=change,
        active_checks={HEALTH: good, **({TIMER: good} if final else {})},
    )


def live_through(strategy: Strategy, count: int, until: float, random: random.Random) -> Strategy:
    """The strategy after about ``count`` moves, the last of them shortly before ``until``."""
    now = until - count * PAST_STEP_SECONDS
    for _ in range(count):
        found = moves(strategy, now)
        if found:
            strategy = make_move(strategy, random.choice(found), now, random)
        now += PAST_STEP_SECONDS
    return strategy


def with_restore(strategy: Strategy, now: float, random: random.Random) -> Strategy:
    """The strategy after an earlier commit was made live again, in the last environment that has one and is at rest."""
    for index in restorable(strategy)[-1:]:
        for kind in (MoveKind.ASK, MoveKind.RESTORE):
            strategy = make_move(strategy, Move(kind, index), now, random)
    return strategy


def make_move(strategy: Strategy, move: Move, now: float, random: random.Random) -> Strategy:
    """Performs a move; for a new dry commit, writes one."""
    commit = write_commit(random, strategy.name, now) if move.step is MoveKind.COMMIT else None
    return perform(strategy, move, now, random, commit)


def providers(strategies: Iterable[Strategy]) -> list[Document]:
    """The providers that these strategies refer to."""
    scopes = {"" if strategy.cluster_provider else strategy.namespace for strategy in strategies}
    return [render_provider(scope) for scope in sorted(scopes)]


def plant(rendered: Iterable[Rendered], create: Callable[[Document], Document]) -> Iterator[Document]:
    """Creates objects in order, each with the uid of its owner, as ``create`` returned it. Yields what was created."""
    uids: dict[tuple[str, str], str] = {}
    for one in rendered:
        document = one.document if one.owner is None else with_owner(one, uids[one.owner])
        created = create(document)
        uids[document["kind"], document["metadata"]["name"]] = created["metadata"]["uid"]
        yield created


def load_fleet(cluster: FleetStore, strategies: Sequence[Strategy], now: float, release: Release) -> None:
    """Puts strategies, as a release has them, their namespaces and their providers into a cluster."""
    cluster.add_namespaces(*sorted({strategy.namespace for strategy in strategies}))
    for document in providers(strategies):
        cluster.apply(document)
    for strategy in strategies:
        for _ in plant(render(strategy, now, release), cluster.apply):
            pass


def with_gates(
    strategy: Strategy,
    branch: str,
    *,
    approval: bool = False,
    soak_seconds: float = 0.0,
    window: ReleaseWindow | None = None,
) -> Strategy:
    """The same with an approval, a timer or a window on one of its environments."""
    place, environment = _environment_of(strategy, branch)
    gated = replace(environment, approval=approval, soak_seconds=soak_seconds, window=window)
    return strategy.with_environment(place, gated)


def with_stall(strategy: Strategy, branch: str) -> Strategy:
    """The same with an environment in which the next change stays for good."""
    place, environment = _environment_of(strategy, branch)
    return strategy.with_environment(place, replace(environment, stalls=True))


def _environment_of(strategy: Strategy, branch: str) -> tuple[int, Environment]:
    for place, environment in enumerate(strategy.environments):
        if environment.branch == branch:
            return place, environment
    raise ValueError(f"{strategy.name} has no branch {branch}")
