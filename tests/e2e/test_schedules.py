"""Schedules that must hold, each exact: the order of events is the test's, on a clock, without a socket."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS, Kind
from promoter_view.records import LOST, Change, Position, Record
from promoter_view.simulator.kubernetes.faults import Refuse, Shuffle, Silence
from promoter_view.views.history import Expired
from tests.support.program.fleet import Fleet
from tests.support.program.life import VIEW, Life, World, versions

GONE = Refuse(410, "Expired", "too old resource version: 1 (2)")


def kind_of(name: str) -> Kind:
    return next(kind for kind in PROMOTER_KINDS if kind.kind == name)


def world_with_fleet() -> tuple[World, Fleet]:
    """A cluster with a small fleet in two namespaces."""
    world = World()
    return world, Fleet(world.cluster, random.Random(3))


def write(fleet: Fleet, count: int) -> None:
    for _ in range(count):
        fleet.write()


def reborn(world: World, records: Sequence[Record], first: int, **options: object) -> Iterator[tuple[int, Life]]:
    """A next life after each kill: with the first records, one more, and so on up to all of them."""
    for count in range(first, len(records) + 1):
        life = Life(world, records[:count], **options).live()  # type: ignore[arg-type]
        yield count, life
        life.kill()


def test_first_list_out_of_order_killed_at_any_record() -> None:
    """Killed in a first list whose items come in any order, the next life lists again, and has all of it."""
    world, fleet = world_with_fleet()
    write(fleet, 30)
    world.faults.on_request(Shuffle(), times=None)
    records = Life(world).live().kill()
    listed = [int(record.entry.resource_version) for record in records if isinstance(record.entry, Change)]
    assert listed != sorted(listed)
    write(fleet, 15)
    expected = world.truth()
    for count, life in reborn(world, records, 0):
        assert life.projector.ready
        assert life.bundles() == expected, f"killed after {count} of {len(records)} records"


def test_restored_backup_killed_at_any_record() -> None:
    """A relist of a restored cluster is finished by the next life, though the cluster is past the old position then."""
    world, fleet = world_with_fleet()
    backup = world.cluster.backup()
    write(fleet, 60)
    before = Life(world).live().kill()
    world.cluster.restore(backup)
    second = Life(world, before).live()
    assert second.relists("restored") > 0
    assert second.projector.ready
    records = second.kill()
    assert any(isinstance(record.entry, Position) and record.entry.position == LOST for record in records)
    world.cluster.advance(10_000)
    write(Fleet(world.cluster, random.Random(4)), 10)
    expected = world.truth()
    for count, life in reborn(world, records, len(before) + 2):
        assert life.bundles() == expected, f"killed after {count} of {len(records)} records"


def test_relist_killed_at_any_record_and_the_old_position_good_again() -> None:
    """A relist after a 410 is begun anew, not given up for the old position: no object goes back in time."""
    world, fleet = world_with_fleet()
    before = Life(world).live().kill()
    write(fleet, 60)
    world.faults.on_request(GONE, verb="watch", times=len(world.kinds))
    second = Life(world, before).live()
    assert second.relists("expired") == len(world.kinds)
    records = second.kill()
    expected = world.truth()
    for count, life in reborn(world, records, len(before) + 1):
        assert life.bundles() == expected, f"killed after {count} of {len(records)} records"
        for key, found in versions(life.log.records).items():
            assert found == sorted(found), f"{key} went back, killed after {count} records"


def test_relist_is_ready_all_the_while() -> None:
    """A relist takes readiness from nobody, not even from the life after a kill in the middle of it."""
    world, fleet = world_with_fleet()
    before = Life(world).live().kill()
    write(fleet, 30)
    world.faults.on_request(GONE, verb="watch", times=None)
    silence = world.faults.on_request(Silence(), verb="watchlist", times=None)
    second = Life(world, before).live()
    assert silence.struck
    assert second.relists() == 0
    assert second.projector.ready
    third = Life(world, second.kill())
    assert third.projector.ready
    third.kill()


def test_one_namespace_lags() -> None:
    """Each namespace goes on from its own position: what one of them missed comes after the restart, with no relist."""
    world, fleet = world_with_fleet()
    both = ("team-a", "team-b")
    first = Life(world, namespaces=both).live()
    listed = len(first.log.records)
    world.faults.on_event(Silence(), path="namespaces/team-b", times=None)
    write(fleet, 40)
    first.live()
    served, expected = first.bundles(), world.truth()
    assert {name: found for name, found in served.items() if name[0] == "team-a"} == without_provider(
        expected, "team-a"
    )
    assert served != without_provider(expected, "team-a", "team-b")
    records = first.kill()
    world.faults.clear()
    write(fleet, 10)
    expected = without_provider(world.truth(), *both)
    for count, life in reborn(world, records, listed, namespaces=both):
        assert life.bundles() == expected, f"killed after {count} of {len(records)} records"
        assert life.relists() == 0


def without_provider(bundles: dict, *namespaces: str) -> dict:
    """What is served of some namespaces: cluster-scoped kinds are not mirrored then."""
    return {
        name: {key: value for key, value in found.items() if key != "clusterScmProvider"}
        for name, found in bundles.items()
        if name[0] in namespaces
    }


def test_a_namespace_that_is_never_listed_keeps_all_waiting() -> None:
    """Nothing is served while one namespace's first list has not come; then all of it is, at once."""
    world, _ = world_with_fleet()
    held = [world.faults.on_request(Silence(), path="namespaces/team-b/commitstatuses", times=None)]
    life = Life(world, namespaces=("team-a", "team-b")).live(5)
    assert held[0].struck
    assert not life.projector.ready
    assert life.bundles() == {}
    world.faults.clear()
    life.live(90)
    assert life.projector.ready
    assert life.bundles() == without_provider(world.truth(), "team-a", "team-b")


def test_another_cluster_on_the_same_log() -> None:
    """The log of one cluster opened on another: nothing is ready before its lists, then its bundles alone are there."""
    world, _ = world_with_fleet()
    first = Life(world).live()
    position = first.projector.head
    records = first.kill()
    other, _ = world_with_fleet()
    other.cluster.create(kind_of("PromotionStrategy"), "team-a", strategy("only-here"))
    other.clock.advance(60)
    second = Life(other, records, cluster="other")
    assert not second.projector.ready
    second.live()
    assert second.projector.ready
    assert second.bundles() == other.truth()
    cursor = second.projector.cursor(VIEW, "", position)
    names = {change.key.name for change in cursor.take(100_000)}
    assert "only-here" in names


def strategy(name: str) -> dict:
    spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": "environment/dev"}]}
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "PromotionStrategy",
        "metadata": {"name": name},
        "spec": spec,
    }


def test_definition_removed_and_installed_again() -> None:
    """A CRD that goes empties its kind and only that; once it is back its new objects are there, at any kill."""
    world, fleet = world_with_fleet()
    write(fleet, 20)
    life = Life(world).live()
    world.cluster.uninstall(kind_of("ChangeTransferPolicy"))
    life.live(5)
    assert life.bundles() == world.truth()
    assert not any("changeTransferPolicies" in found for found in life.bundles().values())
    records = life.kill()
    world.cluster.install(kind_of("ChangeTransferPolicy"))
    write(fleet, 40)
    expected = world.truth()
    assert any("changeTransferPolicies" in found for found in expected.values())
    for count, life in reborn(world, records, len(records) - 20):
        assert life.bundles() == expected, f"killed after {count} of {len(records)} records"


def test_stepped_generation() -> None:
    """With other view definitions each position handed out before is told 410, and nothing else changes."""
    world, fleet = world_with_fleet()
    first = Life(world).live()
    positions = [first.projector.head]
    write(fleet, 5)
    first.live()
    positions += [bundle.resource_version for bundle in first.projector.list(VIEW)] + [first.projector.head]
    second = Life(world, first.kill(), generation=1).live()
    assert second.projector.ready
    assert second.bundles() == world.truth()
    assert second.relists() == 0
    for position in positions:
        with pytest.raises(Expired):
            second.projector.cursor(VIEW, "", position)
        with pytest.raises(Expired):
            second.projector.list_at(VIEW, "", position)
    position = second.projector.head
    write(fleet, 5)
    second.live()
    assert second.projector.cursor(VIEW, "", position).take(1000)
