"""The status of a strategy of very many environments is made in steps, and nothing of it is seen before the last."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from promoter_view.measures.measuring import Measuring
from promoter_view.measures.reading import measured
from promoter_view.records import BundleKey, Position, Record
from promoter_view.views.isolation import Isolation
from promoter_view.views.projector import Projector
from tests.support.views.commits import past_of, policy
from tests.support.views.oracle import key_of
from tests.support.views.world import DEFINITIONS, PATH, VIEW, Document, World, put, strategy

SHOP = BundleKey(VIEW, "a", "shop")
FEW, MANY = 3, 43
#: Its policy for the state and for what is counted, its history for both, then decided, counted and rendered.
STEPS_OF_ONE = 7


def objects(count: int) -> list[Document]:
    """A strategy of so many environments, each with its history."""
    branches = tuple(f"environment/e{number}" for number in range(count))
    root = strategy("shop", branches=branches)
    policies = [policy(root, branch, ("old", 100), ("new", 200)) for branch in branches]
    pasts = (past_of(each, each["spec"]["activeBranch"], ("old", 100)) for each in policies)
    return [root, *policies, *pasts]


def begun(count: int) -> World:
    """One that has the objects, and no bundle yet."""
    world = World(ready=False)
    world.put(*objects(count))
    return world


def built(count: int) -> World:
    world = begun(count)
    world.feed(Position(PATH, "1"))
    return world


def unseen(steps: Iterator[None], projector: Projector) -> int:
    """How many steps they are; until the last there is no bundle, then it has its status."""
    count = 0
    for _ in steps:
        count += 1
        found = projector.get(SHOP)
        assert found is None or projector.ready
    assert projector.get(SHOP) is not None
    return count


def first_build(count: int) -> int:
    world = begun(count)
    record = Record(world.offset + 1, 0, Position(PATH, "1"))
    return unseen(world.projector.apply([record]), world.projector)


def restore(count: int) -> int:
    world = built(count)
    snapshot = world.projector.snapshot()
    projector = world.restarted(World().projector.snapshot())
    return unseen(projector.restore(snapshot), projector) - len(snapshot.objects)


@pytest.mark.parametrize("steps", [first_build, restore])
def test_an_environment_is_some_steps(steps: object) -> None:
    """At the first build and at a restore, so that their number grows with the environments."""
    assert callable(steps)
    assert steps(MANY) - steps(FEW) >= STEPS_OF_ONE * (MANY - FEW)


def test_a_change_is_seen_whole() -> None:
    """While one environment is decided, counted and rendered among many, readers have the bundle as it was."""
    world = built(MANY)
    before, digest = world.projector.get(SHOP), world.projector.state.catalogue.digest.value
    [root, first, *_] = objects(MANY)
    changed = policy(root, first["spec"]["activeBranch"], ("new", 200))
    record = Record(world.offset + 1, 0, put(key_of(changed), orjson.dumps(changed)))
    seen = [world.projector.get(SHOP) for _ in world.projector.apply([record])]
    assert len(seen) > 2 * MANY
    assert {id(each) for each in seen[: 2 * MANY]} == {id(before)}
    assert seen[-1] is not before
    assert world.projector.state.catalogue.digest.value != digest


def test_a_first_scrape_is_in_steps() -> None:
    """What is measured of an environment is one, beside those of reading its objects and its status."""

    def pieces(count: int) -> int:
        world = built(count)
        measures = measured(DEFINITIONS, world.projector.memory)
        isolation = Isolation(world.metrics)
        found = Measuring(world.projector, measures, max_series=10_000, isolation=isolation, warn=world.warnings.append)
        return sum(1 for _ in found.pieces(0))

    assert pieces(MANY) - pieces(FEW) >= 4 * (MANY - FEW)
