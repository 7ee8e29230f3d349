"""Bundles without the members of some kinds, against the slow join without those fields."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.records import Bundle, BundleKey, Change, ObjectKey
from promoter_view.views.member_mask import Hidden, MemberMask
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.support.reading.sights import FIELDS, Sight, hiding, sighted
from tests.support.views.oracle import join_keyed
from tests.support.views.world import VIEW, World, family, strategy, thing
from tests.views.test_properties import follow, histories

hidden_sets = st.frozensets(st.sampled_from(sorted(set(FIELDS.values()))))
Content = list[tuple[str, Any]]


def content(bundle: Bundle) -> Content:
    """What is in it, in order, its resourceVersion left out."""
    document = orjson.loads(bundle.encode())
    del document["metadata"]["resourceVersion"]
    return list(document.items())


def without(bundle: dict[str, Any], hidden: Hidden) -> Content:
    return [(field, found) for field, found in bundle.items() if FIELDS.get(field) not in hidden]


def newest(world: World, name: str = "shop", namespace: str = "a") -> Bundle:
    found = world.projector.get(BundleKey(VIEW, namespace, name))
    assert found is not None
    return found


@pytest.fixture
def mask() -> MemberMask:
    return MemberMask(PROMOTION_STRATEGY_DETAILS)


@pytest.fixture
def world() -> World:
    found = World()
    found.put(*family("shop", "ScmProvider"))
    return found


def test_every_field_has_its_kind() -> None:
    """The fields that these tests know are those of the view."""
    assert {member.field: member.kind for member in PROMOTION_STRATEGY_DETAILS.members} == FIELDS


@given(histories, hidden_sets)
def test_what_is_left_is_the_join_without_those_kinds(history: list[Change], hidden: Hidden) -> None:
    """Whatever has happened, a bundle through the mask is an independent join of the objects, without those fields."""
    world, mask = World(), MemberMask(PROMOTION_STRATEGY_DETAILS)
    objects: dict[ObjectKey, dict[str, Any]] = {}
    for event in history:
        world.feed(event)
        follow(objects, event)
    seen = [mask.bundle(bundle, hidden) for bundle in world.projector.list(VIEW)]
    shown = [[(name, value) for name, value in content(bundle) if name != "status"] for bundle in seen]
    assert shown == [without(it, hidden) for it in join_keyed(objects).values()]


@given(histories, st.fixed_dictionaries({"a": hidden_sets, "b": hidden_sets}))
def test_changes_add_up_to_what_is_seen(history: list[Change], known: dict[str, Hidden]) -> None:
    """Who follows the changes knows after each event what a list shows, and no event left things as they looked."""
    world = World()
    views = sighted(world.projector, Sight(known))
    cursor = views.cursor(VIEW, "", views.head)
    shown: dict[BundleKey, Content] = {}
    for event in history:
        world.feed(event)
        for change in cursor.take(64):
            before = None if change.before is None else content(change.before)
            after = None if change.after is None else content(change.after)
            assert shown.get(change.key) == before
            assert before != after
            shown.pop(change.key, None)
            if after is not None:
                shown[change.key] = after
        assert shown == {bundle.key: content(bundle) for bundle in views.list(VIEW)}
        assert cursor.position == views.head


def test_nothing_hidden_is_the_bundle_itself(mask: MemberMask, world: World) -> None:
    """Where all may be seen nothing is made."""
    bundle = newest(world)
    assert mask.bundle(bundle, hiding()) is bundle


def test_the_root_stays(mask: MemberMask, world: World) -> None:
    """A bundle is of its PromotionStrategy: that one is not left out, and everything else may be."""
    seen = mask.bundle(newest(world), hiding("PromotionStrategy", *FIELDS.values()))
    assert list(orjson.loads(seen.encode())) == ["kind", "apiVersion", "metadata", "promotionStrategy", "status"]


def test_pieces_are_shared(mask: MemberMask, world: World) -> None:
    """Of members no byte is copied: what is shown are the pieces of the whole bundle."""
    bundle = newest(world)
    whole = set(map(id, bundle.tail))
    *members, status = mask.bundle(bundle, hiding("PullRequest")).fields()
    assert status.name == "status"
    assert all(id(piece) in whole for field in members for piece in field.pieces)


def test_one_for_all_who_see_the_same(mask: MemberMask, world: World) -> None:
    """Two readers with the same hidden kinds share the bundle and the change; it goes with the whole bundle."""
    hidden, same = hiding("PullRequest", "CommitStatus"), hiding("CommitStatus", "PullRequest")
    seen = mask.bundle(newest(world), hidden)
    assert mask.bundle(newest(world), same) is seen
    change = world.changes(world.projector.horizon)[-1]
    assert mask.change(change, hidden) is mask.change(change, same)
    gone = weakref.ref(mask.bundle(newest(world), hiding("GitRepository")))
    world.delete(strategy("shop"))
    del change
    world.projector._history.restart(world.end())
    gc.collect()
    assert gone() is None


def test_a_change_of_hidden_members_is_none(mask: MemberMask, world: World) -> None:
    """A pull request changes: an event for who may see it, nothing for who may not."""
    head = world.projector.head
    policy = thing("ChangeTransferPolicy", "shop")
    world.put(thing("PullRequest", "shop", owner=policy, state="open"))
    (change,) = world.changes(head)
    assert mask.change(change, hiding("PullRequest")) is None
    assert mask.change(change, hiding()) is change
    seen = mask.change(change, hiding("CommitStatus"))
    assert seen is not None
    assert b'"open"' in seen.after.encode()


def test_what_is_kept_is_bounded(world: World) -> None:
    """Of many sets and many changes the newest are kept, and the answers stay right."""
    mask = MemberMask(PROMOTION_STRATEGY_DETAILS, max_sets=2, max_changes=3)
    kinds = sorted(set(FIELDS.values()))
    for kind in kinds * 2:
        assert kind not in {FIELDS.get(field) for field, _ in content(mask.bundle(newest(world), hiding(kind)))}
        for change in world.changes(world.projector.horizon):
            mask.change(change, hiding(kind))
    assert len(mask._bundles) == 2
    assert len(mask._changes) == 3


def test_a_view_without_status_has_none_to_tell(world: World) -> None:
    """Where a view says nothing of how its bundles stand, a mask leaves members out and adds nothing."""
    bundle, bare = world.projector.list(VIEW)[0], MemberMask(replace(PROMOTION_STRATEGY_DETAILS, status=None))
    names = [name for name, _ in content(bare.bundle(bundle, frozenset({"PullRequest"})))]
    assert "status" not in names
    assert "pullRequests" not in names


def test_what_the_view_has_read_is_not_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who may not see some members has none of the others read again: readings are shared."""
    bundle, mask = world.projector.list(VIEW)[0], MemberMask(world.projector.definitions[VIEW])
    decoded: list[bytes] = []

    def loads(body: bytes) -> Any:
        decoded.append(body)
        return orjson.loads(body)

    monkeypatch.setattr("promoter_view.views.contents.orjson", SimpleNamespace(loads=loads))
    mask.bundle(bundle, frozenset({"PullRequest"}))
    assert not set(decoded) & {piece for field in bundle.fields()[:-1] for piece in field.bodies}
