"""The history of one resource: undoing, bounds, compaction."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.simulator.kubernetes.table import Table
from tests.simulator.clusters import REPOSITORIES, add, make_cluster, repository

NAMES = st.sampled_from(["a", "b", "c"])


def table_of(cluster) -> Table:
    table = cluster.table(REPOSITORIES.group, REPOSITORIES.plural)
    assert table is not None
    return table


def toggle(cluster, name: str, chance: random.Random) -> None:
    """Creates, changes or deletes an object of that name."""
    there = {one["metadata"]["name"] for one in cluster.objects(REPOSITORIES)}
    if name not in there:
        cluster.create(REPOSITORIES, "default", repository(name))
    elif chance.random() < 0.5:
        cluster.delete(REPOSITORIES, "default", name)
    else:
        labels = {"labels": {"number": str(chance.random())}}
        cluster.patch(REPOSITORIES, "default", name, {"metadata": labels})


@given(st.lists(NAMES, max_size=30), st.integers())
def test_undoing_gives_each_state_there_was(names: list[str], seed: int) -> None:
    """The state at any resourceVersion since the horizon is the state that there was."""
    cluster, chance = make_cluster(), random.Random(seed)
    states = {cluster.resource_version: {}}
    for name in names:
        toggle(cluster, name, chance)
        states[cluster.resource_version] = dict(table_of(cluster).objects)
    for version, state in states.items():
        assert table_of(cluster).at(version) == state


@given(st.lists(NAMES, max_size=30), st.integers(), st.integers(min_value=1, max_value=7))
def test_reading_on_from_anywhere_gives_the_rest_once(names: list[str], seed: int, limit: int) -> None:
    """However many are taken at a time, each event after a position comes once, in order."""
    cluster, chance = make_cluster(), random.Random(seed)
    start = cluster.resource_version
    for name in names:
        toggle(cluster, name, chance)
    found: list[int] = []
    while events := table_of(cluster).after(found[-1] if found else start, limit):
        found += [event.resource_version for event in events]
    assert found == list(range(start + 1, cluster.resource_version + 1))


def test_the_history_is_bounded() -> None:
    """Beyond its bound the oldest events go, the horizon says so, and the rest is whole."""
    cluster = make_cluster(history_events=10)
    made = add(cluster, *(f"r{number}" for number in range(25)))
    table = table_of(cluster)
    kept = [event.resource_version for event in table.after(table.horizon, 100)]
    assert 5 <= len(kept) <= 10
    assert kept == [version for version in made if version > table.horizon]


def test_compaction_forgets_up_to_its_resource_version() -> None:
    """What is compacted is gone, what came later stays, and an earlier compaction changes nothing any more."""
    cluster = make_cluster()
    made = add(cluster, "a", "b", "c")
    cluster.compact(made[1])
    cluster.compact(made[0])
    table = table_of(cluster)
    assert table.horizon == made[1]
    assert [event.resource_version for event in table.after(0, 10)] == made[2:]
