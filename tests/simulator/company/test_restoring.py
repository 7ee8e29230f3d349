"""Restores: an earlier commit is asked for, live again, keeps others out, and is lifted."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.simulator.company.fleet import FleetPlan, make_fleet, make_move, with_restore
from promoter_view.simulator.company.model import Strategy
from promoter_view.simulator.company.promotion import Move, MoveKind, moves
from promoter_view.simulator.company.releases import NEWEST, RELEASES
from promoter_view.simulator.company.rendering import render
from promoter_view.simulator.company.restoring import restorable
from tests.simulator.clusters import BY_KIND, NOW, begin


def at_rest(chance: random.Random) -> Strategy:
    """A strategy with a past, on which nothing is under way."""
    (strategy,) = make_fleet(FleetPlan(1, seed=chance.randrange(1 << 30)), NOW)
    now = NOW
    while not strategy.settled:
        now += 60
        strategy = make_move(strategy, chance.choice(moves(strategy, now)), now, chance)
    return strategy


def step(strategy: Strategy, kind: MoveKind, index: int, now: float) -> Strategy:
    """Makes a move that has to be possible."""
    move = Move(kind, index)
    assert kind is MoveKind.ASK or move in moves(strategy, now)
    return make_move(strategy, move, now, random.Random(3))


def test_what_was_live_is_live_again_until_that_is_lifted() -> None:
    """All that was stays in the history; the commit that is kept out comes back once others are let in again."""
    strategy, now = at_rest(random.Random(1)), NOW + 100_000
    before = strategy.environments[2]
    strategy = step(strategy, MoveKind.ASK, 2, now)
    assert moves(strategy, now) == [Move(MoveKind.RESTORE, 2)]
    strategy = step(strategy, MoveKind.RESTORE, 2, now + 1)
    after = strategy.environments[2]
    earlier = next(past for past in before.history if past.change.dry.sha != before.active.dry.sha)
    assert after.active.dry == earlier.change.dry
    assert after.active.hydrated_sha != earlier.change.hydrated_sha
    assert after.history[1:] == before.history[: len(after.history) - 1]
    assert after.history[0] == replace(earlier, change=after.active, restored_from=earlier.change.hydrated_sha), (
        "its pull request and its checks are those of the first time"
    )
    assert after.proposed.dry == before.active.dry
    held = {move.step for second in range(100) for move in moves(strategy, now + second)}
    assert held == {MoveKind.HEAL, MoveKind.CHECK}
    strategy = step(strategy, MoveKind.LIFT, 2, now + 300)
    assert Move(MoveKind.OPEN, 2) in moves(strategy, now + 300)
    strategy = step(strategy, MoveKind.FORGET, 2, now + 301)
    assert strategy.environments[2].restore is None


def test_a_newer_commit_may_be_proposed_but_is_not_merged() -> None:
    """While it is held back there is a pull request for a newer commit, whose checks report; nothing merges."""
    chance, now = random.Random(2), NOW + 100_000
    strategy = with_restore(at_rest(chance), now, chance)
    (index,) = (place for place, found in enumerate(strategy.environments) if found.restore)
    strategy = make_move(strategy, Move(MoveKind.COMMIT), now, chance)
    seen = set()
    for second in range(1, 170):
        found = [move for move in moves(strategy, now + second) if move.step is not MoveKind.LIFT]
        seen |= {move.step for move in found if move.index == index}
        if found:
            strategy = make_move(strategy, chance.choice(found), now + second, chance)
    assert MoveKind.OPEN in seen
    assert MoveKind.MERGE not in seen


@settings(max_examples=15)
@given(st.integers())
def test_every_restore_comes_to_an_end(seed: int) -> None:
    """Whatever else is done meanwhile, in the end what is proposed is live everywhere, and no restore is left."""
    chance, now = random.Random(seed), NOW + 100_000
    strategy = with_restore(at_rest(chance), now, chance)
    assert any(environment.held for environment in strategy.environments)
    for turn in range(400):
        if strategy.settled:
            break
        now += 30
        possible = moves(strategy, now) + ([Move(MoveKind.COMMIT)] if turn < 20 and chance.random() < 0.2 else [])
        if possible:
            strategy = make_move(strategy, chance.choice(possible), now, chance)
    assert strategy.settled
    assert restorable(strategy)
    assert not any(environment.restore for environment in strategy.environments)


def test_the_demo_begins_with_one_and_has_had_one() -> None:
    """For any seed: an environment is held as it begins, and another one's history tells of a restore that is over."""
    for seed in range(4):
        _, cluster, _ = begin(NEWEST, seed=seed)
        (restore,) = cluster.objects(BY_KIND["RestoreActiveCommit"])
        assert restore["spec"]["blockEnvironment"] is True
        restored = [
            entry["active"]["hydrated"]["sha"]
            for history in cluster.objects(BY_KIND["ChangeTransferPolicyHistory"])
            for entry in history["status"]["history"]
            if "restoredFrom" in entry
        ]
        assert restore["status"]["activeSha"] in restored
        assert len(restored) > 1


def test_its_object_goes_through_what_a_real_one_does() -> None:
    """New without status and owner; done, with both and a finalizer; lifted; marked for deletion, and gone."""
    clock, cluster, _ = begin(NEWEST)
    kind, seen = BY_KIND["RestoreActiveCommit"], []
    for _ in range(1500):
        clock.advance(1)
        for found in cluster.objects(kind):
            metadata = found["metadata"]
            state = (bool(found["status"]), "ownerReferences" in metadata, found["spec"]["blockEnvironment"])
            if (metadata["name"], state) not in seen:
                seen.append((metadata["name"], state))
    stories = {name: [state for other, state in seen if other == name] for name, _ in seen}
    assert [(False, False, True), (True, True, True), (True, True, False)] in stories.values()
    table = cluster.table(kind.group, kind.plural)
    assert table is not None
    assert len(table.objects) <= 1


def test_a_restore_names_what_it_made_live() -> None:
    """status.activeSha is what the policy has live, and spec.sha the entry of the history that it comes from."""
    (strategy,) = make_fleet(FleetPlan(1), NOW)
    chance = random.Random(1)
    strategy = with_restore(strategy, NOW, chance)
    found = {one.document["kind"]: one.document for one in render(strategy, NOW, RELEASES[NEWEST])}
    restore = found["RestoreActiveCommit"]
    branch = restore["spec"]["branch"]
    documents = [one.document for one in render(strategy, NOW, RELEASES[NEWEST])]
    of_branch = [each for each in documents if each["spec"].get("activeBranch") == branch]
    (policy,) = (each for each in of_branch if each["kind"] == "ChangeTransferPolicy")
    (history,) = (each for each in of_branch if each["kind"] == "ChangeTransferPolicyHistory")
    newest = history["status"]["history"][0]
    assert restore["status"]["activeSha"] == policy["status"]["active"]["hydrated"]["sha"]
    assert newest["active"]["hydrated"]["sha"] == restore["status"]["activeSha"]
    assert newest["restoredFrom"] == restore["spec"]["sha"] == restore["status"]["restoredFrom"]
    assert restore["spec"]["sha"] in {each["active"]["hydrated"]["sha"] for each in history["status"]["history"][1:]}
    assert restore["status"]["blockedDrySha"] == policy["status"]["proposed"]["dry"]["sha"]
