"""Who is in the demo's company, and what each has to show: approvals, windows, failures, graphs, a stall. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from promoter_view.simulator.company.fleet import (
    PAST_STEP_SECONDS,
    live_through,
    new_strategy,
    with_gates,
    with_restore,
    with_stall,
)
from promoter_view.simulator.company.model import ReleaseWindow, Strategy
from promoter_view.simulator.company.people import People
from promoter_view.simulator.company.release import Release
from promoter_view.simulator.company.restoring import restorable

_PAST_MOVES = 220
#: The last of a past are made by all of them together, as those will be that follow.
_LAST_MOVES = 60
_LAST_STEP_SECONDS = 2.0
#: So many of these after somebody has asked for an earlier commit.
_HELD_MOVES = 25

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
#: Their last environment is changed at some times only; one of the two is closed nearly always.
_WINDOWS = {"fraud-scoring": ReleaseWindow(10, 4), "billing-export": ReleaseWindow(10, 4, offset_minutes=5)}
#: Seconds between two commits, where nobody is in a hurry.
_QUIET = {"feature-flags": 300.0, "catalogue": 120.0}
#: A check of its second environment has not reported since about so many moves ago, and never will.
_STALLED = frozenset({"identity"})
_STALLED_MOVES_AGO = 100
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
    then, later = now - _LAST_MOVES * _LAST_STEP_SECONDS, now - _HELD_MOVES * _LAST_STEP_SECONDS
    company = [
        _member(namespace, name, index, random, then, release)
        for index, (namespace, names) in enumerate(_COMPANY)
        for name in names
    ]
    company = _work_together(company, then, _LAST_MOVES - _HELD_MOVES, random, release)
    if release.has_restores:
        _hold_one(company, later, random)
    return _work_together(company, later, _HELD_MOVES, random, release)


def _work_together(
    company: list[Strategy], began: float, count: int, random: random.Random, release: Release
) -> list[Strategy]:
    people = People(company, release=release, random=random)
    for step in range(count):
        people.act(began + step * _LAST_STEP_SECONDS)
    return people.strategies


def _member(namespace: str, name: str, index: int, random: random.Random, now: float, release: Release) -> Strategy:
    layout = _layout(namespace, name, release)
    began = now - _PAST_MOVES * 60.0
    strategy = new_strategy(
        namespace, name, layout.branches, random, began, cluster_provider=index == 3, depends_on=layout.depends_on
    )
    strategy = replace(strategy, flaky=name in _FLAKY, rest_seconds=_QUIET.get(name, strategy.rest_seconds))
    soaking = 75.0 if namespace == "payments" else 45.0
    strategy = with_gates(strategy, layout.soaks, soak_seconds=soaking)
    strategy = with_gates(strategy, layout.branches[-1], approval=name in _APPROVED, window=_WINDOWS.get(name))
    count = _PAST_MOVES - random.randrange(40)
    if release.has_restores and name in _RESTORED:
        then, count = now - _RESTORED_MOVES_AGO * PAST_STEP_SECONDS, count - _RESTORED_MOVES_AGO
        strategy = with_restore(live_through(strategy, count, then, random), then, random)
        count = _RESTORED_MOVES_AGO
    if name in _STALLED:
        then, count = now - _STALLED_MOVES_AGO * PAST_STEP_SECONDS, count - _STALLED_MOVES_AGO
        strategy = with_stall(live_through(strategy, count, then, random), layout.branches[1])
        count = _STALLED_MOVES_AGO
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
