"""A company at work: about a dozen strategies whose promotions go on, one move about every second.

The moves are ``promotion``'s, the objects ``rendering``'s; here is only who moves when, and what is written.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from twisted.internet.interfaces import IReactorTime

from promoter_view.periodic import Periodic
from promoter_view.simulator.company.fleet import (
    PAST_STEP_SECONDS,
    live_through,
    make_move,
    new_strategy,
    plant,
    providers,
    with_gates,
    with_restore,
)
from promoter_view.simulator.company.model import CheckPhase, Strategy
from promoter_view.simulator.company.promotion import Move, MoveKind, moves
from promoter_view.simulator.company.release import Release
from promoter_view.simulator.company.rendering import render
from promoter_view.simulator.company.restoring import restorable
from promoter_view.simulator.kubernetes.cluster import ObjectStore

_PAST_MOVES = 220
#: How often, while a timer runs, a step writes what remains of it instead of making a move.
_COUNTDOWN_ODDS = 0.15
#: How often a new dry commit overtakes one that is still on its way, and how old that is then at least.
_OVERTAKE_ODDS = 0.01
_OVERTAKE_SECONDS = 60.0
#: How often somebody asks for an earlier commit, while nobody else has.
_RESTORE_ODDS = 0.004

_COMPANY = (
    ("payments", ("payments-api", "ledger", "fraud-scoring")),
    ("storefront", ("checkout", "search", "catalogue")),
    ("platform", ("identity", "notifications", "feature-flags")),
    ("data", ("recommendations", "billing-export", "event-ingest")),
)
_THREE = ("environment/development", "environment/staging", "environment/production")
_FOUR = ("environment/development", "environment/staging", "environment/eu-production", "environment/us-production")
_APPROVED = frozenset({"payments-api", "ledger", "checkout"})
_FLAKY = frozenset({"search", "event-ingest"})
#: So many moves ago an earlier commit was made live again there, if all was well then.
_RESTORED = frozenset({"payments-api", "ledger", "feature-flags", "recommendations"})
_RESTORED_MOVES_AGO = 100


@dataclass(frozen=True, slots=True)
class _Layout:
    """The branches of a strategy, and who waits for whom where that is not a chain. ``soaks``: a change rests there."""

    branches: tuple[str, ...]
    soaks: str
    depends_on: Mapping[str, tuple[str, ...]] | None = None


_GRAPHS = {
    "notifications": _Layout(
        (
            "environment/development",
            "environment/e2e",
            "environment/performance",
            "environment/production",
        ),
        "environment/performance",
        {
            "environment/e2e": ("environment/development",),
            "environment/performance": ("environment/development",),
            "environment/production": ("environment/e2e", "environment/performance"),
        },
    ),
    "catalogue": _Layout(
        _FOUR,
        _FOUR[1],
        {
            "environment/staging": ("environment/development",),
            "environment/eu-production": ("environment/staging",),
            "environment/us-production": ("environment/staging",),
        },
    ),
}


def make_company(random: random.Random, now: float, release: Release) -> list[Strategy]:
    """The demo's strategies as a release can have them, each with a past that ends now; a restore holds one of them."""
    company = [
        _member(namespace, name, index, random, now, release)
        for index, (namespace, names) in enumerate(_COMPANY)
        for name in names
    ]
    if release.has_restores:
        _hold_one(company, now, random)
    return company


def _member(namespace: str, name: str, index: int, random: random.Random, now: float, release: Release) -> Strategy:
    layout = _layout(namespace, name, release)
    began = now - _PAST_MOVES * 60.0
    strategy = new_strategy(
        namespace, name, layout.branches, random, began, cluster_provider=index == 3, depends_on=layout.depends_on
    )
    strategy = replace(strategy, flaky=name in _FLAKY)
    soaking = 75.0 if namespace == "payments" else 45.0
    strategy = with_gates(strategy, layout.soaks, soak_seconds=soaking)
    strategy = with_gates(strategy, layout.branches[-1], approval=name in _APPROVED)
    count = _PAST_MOVES - random.randrange(40)
    if release.has_restores and name in _RESTORED:
        then, count = now - _RESTORED_MOVES_AGO * PAST_STEP_SECONDS, count - _RESTORED_MOVES_AGO
        strategy = with_restore(live_through(strategy, count, then, random), then, random)
        count = _RESTORED_MOVES_AGO
    return live_through(strategy, count, now, random)


def _hold_one(company: list[Strategy], now: float, random: random.Random) -> None:
    """Has an earlier commit made live again in the first strategy that allows of it."""
    for index, strategy in enumerate(company):
        if restorable(strategy):
            company[index] = with_restore(strategy, now, random)
            return


def _layout(namespace: str, name: str, release: Release) -> _Layout:
    if release.has_graphs and name in _GRAPHS:
        return _GRAPHS[name]
    branches = _FOUR if namespace in ("payments", "storefront") else _THREE
    return _Layout(branches, branches[1])


class Scenario(Periodic):
    """Moves the strategies of a cluster. ``interval_seconds`` is the mean time between two moves.

    ``clock`` is the reactor, or a ``task.Clock``. ``strategies`` are the demo's where none are given; their objects are
    those of ``release``, whose kinds the cluster has.
    """

    def __init__(
        self,
        cluster: ObjectStore,
        *,
        clock: IReactorTime,
        random: random.Random,
        release: Release,
        interval_seconds: float = 1.0,
        strategies: Sequence[Strategy] | None = None,
    ) -> None:
        super().__init__(clock, lambda: interval_seconds * random.uniform(0.5, 1.5), self.step)
        self._cluster = cluster
        self._random = random
        self._release = release
        found = make_company(random, clock.seconds(), release) if strategies is None else strategies
        self._strategies = list(found)
        self._written: dict[tuple[str, str], set[tuple[str, str]]] = {}

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The strategies as they are now."""
        return tuple(self._strategies)

    def start(self) -> None:
        """Writes all objects, and goes on from there."""
        self._cluster.add_namespaces(*sorted({strategy.namespace for strategy in self._strategies}))
        for document in providers(self._strategies):
            self._cluster.apply(document)
        for strategy in self._strategies:
            self._write(strategy)
        super().start()

    def step(self) -> Move | None:
        """Makes one move, or lets a timer count down; None when it was that, or nothing could move."""
        now = self._clock.seconds()
        soaking = [index for index, strategy in enumerate(self._strategies) if _soaks(strategy)]
        if soaking and self._random.random() < _COUNTDOWN_ODDS:
            self._write(self._strategies[self._random.choice(soaking)])
            return None
        chosen = self._choose(now)
        if chosen is None:
            return None
        index, move = chosen
        self._strategies[index] = make_move(self._strategies[index], move, now, self._random)
        self._write(self._strategies[index])
        return move

    def _choose(self, now: float) -> tuple[int, Move] | None:
        able = [(index, found) for index, strategy in enumerate(self._strategies) if (found := moves(strategy, now))]
        if not able:
            return None
        index, possible = self._random.choice(able)
        return index, self._unforced(index, now) or self._random.choice(possible)

    def _unforced(self, index: int, now: float) -> Move | None:
        """What people do now and then, whatever else could be done."""
        strategy = self._strategies[index]
        overtakes = now - strategy.head.time >= _OVERTAKE_SECONDS
        if overtakes and self._random.random() < _OVERTAKE_ODDS:
            return Move(MoveKind.COMMIT)
        able = (
            restorable(strategy) if self._release.has_restores and not any(map(_is_restored, self._strategies)) else []
        )
        if able and self._random.random() < _RESTORE_ODDS:
            return Move(MoveKind.ASK, self._random.choice(able))
        return None

    def _write(self, strategy: Strategy) -> None:
        """Writes what changed of a strategy's objects, and deletes those that it no longer has."""
        rendered = render(strategy, self._clock.seconds(), self._release)
        present = {_name(one.document) for one in rendered}
        for kind, name in sorted(self._written.get((strategy.namespace, strategy.name), set()) - present):
            found = self._cluster.kind_of({"apiVersion": rendered[0].document["apiVersion"], "kind": kind})
            if "finalizers" in self._cluster.delete(found, strategy.namespace, name)["metadata"]:
                self._cluster.patch(found, strategy.namespace, name, {"metadata": {"finalizers": None}})
        for _ in plant(rendered, self._cluster.apply):
            pass
        self._written[strategy.namespace, strategy.name] = present


def _name(document: dict[str, object]) -> tuple[str, str]:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return str(document["kind"]), str(metadata["name"])


def _soaks(strategy: Strategy) -> bool:
    return any(
        check.phase is CheckPhase.PENDING
        for environment in strategy.environments
        if environment.soak_seconds
        for check in environment.active_checks.values()
    )


def _is_restored(strategy: Strategy) -> bool:
    return any(environment.restore is not None for environment in strategy.environments)
