"""A company at work: about a dozen strategies whose promotions go on, one move about every second.

Who moves is ``people``'s, the moves are ``promotion``'s, the objects ``rendering``'s; here is only when, and what is
written.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from twisted.internet.interfaces import IReactorTime

from promoter_view.periodic import Periodic
from promoter_view.simulator.company.cast import make_company
from promoter_view.simulator.company.fleet import plant, providers
from promoter_view.simulator.company.model import CheckPhase, Strategy
from promoter_view.simulator.company.people import People
from promoter_view.simulator.company.promotion import Move
from promoter_view.simulator.company.release import Release
from promoter_view.simulator.company.rendering import render
from promoter_view.simulator.kubernetes.cluster import ObjectStore

#: How often, while a timer runs, a step writes what remains of it instead of making a move.
_COUNTDOWN_ODDS = 0.15


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
        self._people = People(found, release=release, random=random)
        self._written: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._windows: dict[tuple[str, str], tuple[bool, ...]] = {}

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The strategies as they are now."""
        return tuple(self._people.strategies)

    def start(self) -> None:
        """Writes all objects, and goes on from there."""
        strategies = self._people.strategies
        self._cluster.add_namespaces(*sorted({strategy.namespace for strategy in strategies}))
        for document in providers(strategies):
            self._cluster.apply(document)
        for strategy in strategies:
            self._write(strategy)
        super().start()

    def step(self) -> Move | None:
        """Makes one move, or has a clock tell something; None when it was that, or nothing could move."""
        told = self._told_by_a_clock()
        if told is not None:
            self._write(told)
            return None
        done = self._people.act(self._clock.seconds())
        if done is None:
            return None
        index, move = done
        self._write(self._people.strategies[index])
        return move

    def _told_by_a_clock(self) -> Strategy | None:
        """A strategy whose window has opened or closed, or now and then one whose timer counts down."""
        now, strategies = self._clock.seconds(), self._people.strategies
        for strategy in strategies:
            if self._windows[strategy.namespace, strategy.name] != _open_windows(strategy, now):
                return strategy
        soaking = [strategy for strategy in strategies if _soaks(strategy)]
        return self._random.choice(soaking) if soaking and self._random.random() < _COUNTDOWN_ODDS else None

    def _write(self, strategy: Strategy) -> None:
        """Writes what changed of a strategy's objects, and deletes those that it no longer has."""
        now = self._clock.seconds()
        rendered = render(strategy, now, self._release)
        present = {_name(one.document) for one in rendered}
        for kind, name in sorted(self._written.get((strategy.namespace, strategy.name), set()) - present):
            found = self._cluster.kind_of({"apiVersion": rendered[0].document["apiVersion"], "kind": kind})
            if "finalizers" in self._cluster.delete(found, strategy.namespace, name)["metadata"]:
                self._cluster.patch(found, strategy.namespace, name, {"metadata": {"finalizers": None}})
        for _ in plant(rendered, self._cluster.apply):
            pass
        self._written[strategy.namespace, strategy.name] = present
        self._windows[strategy.namespace, strategy.name] = _open_windows(strategy, now)


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


def _open_windows(strategy: Strategy, now: float) -> tuple[bool, ...]:
    return tuple(each.window.is_open(now) for each in strategy.environments if each.window is not None)
