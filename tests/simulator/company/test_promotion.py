"""Promotions: whatever moves are made, in whatever order, the promoter's rules hold."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.simulator.company.fleet import environment_branches, make_move, new_strategy, with_gates
from promoter_view.simulator.company.model import HISTORY_LENGTH, ORDER, Strategy
from promoter_view.simulator.company.promotion import Move, MoveKind, moves
from tests.simulator.clusters import NOW


def begin(environments: int, chance: random.Random, *, graph: bool = False) -> Strategy:
    """A chain, or a graph in which each waits for some of those before it."""
    branches = environment_branches(environments)
    depends_on = {
        branch: chance.sample(branches[:place], chance.randint(0, place)) for place, branch in enumerate(branches)
    }
    strategy = new_strategy("team", "app", branches, chance, NOW, depends_on=depends_on if graph else None)
    return with_gates(replace(strategy, flaky=True), branches[0], approval=True, soak_seconds=20.0)


def check_rules(before: Strategy, move: Move, after: Strategy, proposed: list[set[str]]) -> None:
    """The rules that each single move has to keep."""
    for index, (old, new) in enumerate(zip(before.environments, after.environments, strict=True)):
        proposed[index].add(new.proposed.dry.sha)
        assert new.active.dry.sha in proposed[index], "active without having been proposed"
        assert len(new.history) <= HISTORY_LENGTH
        if new.active.dry.sha == old.active.dry.sha:
            continue
        assert move == Move(MoveKind.MERGE, index), "only a merge changes what is active"
        assert old.let_through, "merged with a check that does not succeed"
        assert old.request is not None
        assert old.request.merged is None
        assert new.history[0].change.dry.sha == new.active.dry.sha
        if old.upstreams:
            assert ORDER in old.proposed_checks
        for place in old.upstreams:
            assert new.active.dry.sha in {past.change.dry.sha for past in before.environments[place].history}


@settings(max_examples=60)
@given(st.integers(1, 5), st.integers(), st.booleans(), st.lists(st.floats(0, 90), min_size=50, max_size=150))
def test_no_environment_is_skipped_and_nothing_unproposed_becomes_active(
    environments: int, seed: int, graph: bool, waits: list[float]
) -> None:
    """At any pace, with commits that overtake others: proposed first, in order, by a merge whose checks succeed."""
    chance = random.Random(seed)
    strategy, now = begin(environments, chance, graph=graph), NOW
    proposed = [{environment.active.dry.sha} for environment in strategy.environments]
    for wait in waits:
        now += wait
        found = moves(strategy, now) + ([Move(MoveKind.COMMIT)] if chance.random() < 0.03 else [])
        if not found:
            continue
        move = chance.choice(found)
        after = make_move(strategy, move, now, chance)
        check_rules(strategy, move, after, proposed)
        strategy = after


@given(st.integers(1, 6), st.integers(), st.booleans())
def test_every_promotion_comes_to_an_end(environments: int, seed: int, graph: bool) -> None:
    """Left alone long enough, a new commit is active and healthy everywhere; nothing waits for ever."""
    chance = random.Random(seed)
    strategy, now = begin(environments, chance, graph=graph), NOW
    strategy = make_move(strategy, Move(MoveKind.COMMIT), now, chance)
    for _ in range(400):
        if strategy.settled:
            return
        now += 60
        strategy = make_move(strategy, chance.choice(moves(strategy, now)), now, chance)
    raise AssertionError(f"still under way: {strategy}")


def test_a_strategy_at_rest_waits_for_a_commit() -> None:
    """What is settled does not move at once; after a rest its only move is a new commit."""
    strategy = new_strategy("team", "app", environment_branches(3), random.Random(1), NOW)
    assert strategy.settled
    assert moves(strategy, NOW + 1) == []
    assert moves(strategy, NOW + 60) == [Move(MoveKind.COMMIT)]
