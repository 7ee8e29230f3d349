"""What is counted is a part of the log: whoever begins at a snapshot, or elsewhere, has the same counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.log.offsets import units
from promoter_view.records import BundleKey, Mark, Position
from promoter_view.slices import outcome
from promoter_view.views.promotion_strategy.tally.environment import read_tally
from promoter_view.views.promotion_strategy.tally.fold import tally_steps
from promoter_view.views.promotion_strategy.tally.observing import observe
from tests.support.measures.environments import BEGAN, BRANCH, Repository
from tests.support.views.strategies import Decoded, bundle
from tests.support.views.world import MIRROR, PATH, VIEW, World, strategy, thing
from tests.views.status.test_memories import checkpointed, stored

KEY = BundleKey(VIEW, "a", "shop")


def world() -> World:
    """One whose log remembers, with a strategy of one environment."""
    made = World(ready=False)
    made.offset = units(BEGAN)
    made.feed(Mark(0, MIRROR, 0, remembers=True), Position(PATH, "1"))
    made.put(strategy("shop", branches=(BRANCH,)))
    return made


def documents(repository: Repository) -> Sequence[dict[str, Any]]:
    """The policy and its history."""
    named = ("ChangeTransferPolicy", repository.policy()), ("ChangeTransferPolicyHistory", repository.history())
    return [
        thing(kind, kind.lower(), label="shop", **found["spec"]) | {"status": found["status"]} for kind, found in named
    ]


def promotions(made: World) -> int:
    """That are counted."""
    memory = made.projector.memory(KEY)
    assert memory is not None
    found = read_tally(memory.tallies[BRANCH])
    assert found is not None
    return found.promotions


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=8), st.integers(0, 7))
def test_every_beginning_counts_the_same(steps: Sequence[tuple[int, bool]], cut: int) -> None:
    """A fold of all records and one that begins at a snapshot of any of them, by a file or by etcd, end alike."""
    straight, cut_off = world(), world()
    repository = Repository()
    repository.promote()
    for made in (straight, cut_off):
        made.put(*documents(repository))
    count = 0
    for place, (merged, told) in enumerate(steps):
        for _ in range(merged):
            repository.promote()
        count += merged
        repository.told = len(repository.landed) if told else repository.told
        for made in (straight, cut_off):
            made.put(*documents(repository))
        if place == cut:
            cut_off.restarted(checkpointed(stored(cut_off.projector.snapshot())))
    repository.told = len(repository.landed)
    for made in (straight, cut_off):
        made.put(*documents(repository))
    assert straight.projector.snapshot() == cut_off.projector.snapshot()
    assert promotions(straight) == promotions(cut_off) == count


@pytest.mark.parametrize("generation", [0, 1])
def test_another_generation_goes_on(generation: int) -> None:
    """Counts outlive what bundles look like."""
    made, repository = world(), Repository()
    repository.promote()
    made.put(*documents(repository))
    repository.promote()
    made.put(*documents(repository))
    made.restarted(stored(made.projector.snapshot()), generation=generation)
    assert promotions(made) == 1


def test_what_is_observed_is_a_bundles() -> None:
    """Policies, histories and restores of a bundle, each environment's under its branch."""
    repository = Repository()
    repository.promote()
    repository.told = 1
    found = observe(Decoded(bundle(repository.policy(), changeTransferPolicyHistories=[repository.history()])))
    assert found.order.branches == (BRANCH,)
    assert len(found.past(BRANCH)) == 1
    assert outcome(tally_steps({}, found)).keys() == {BRANCH}
