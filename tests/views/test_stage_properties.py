"""What must hold of StageDetails whatever happens to the objects, in whatever order: the view against the slow join."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.records import Change, ObjectKey
from promoter_view.views.stage.details import STAGE_DETAILS
from tests.support.views.oracle import key_of
from tests.support.views.stage_oracle import join_keyed
from tests.support.views.stages import application, check, promotion, stage, thing
from tests.support.views.world import World, delete, put
from tests.views.test_properties import bodies, decoded

names = st.sampled_from(["test", "prod"])
spaces = st.sampled_from(["shop", "shop", "other"])
pieces = st.lists(st.sampled_from(["f1", "f2"]), max_size=2)
apps = st.sampled_from(["a", "argocd/a", "argocd/b", "apps/b"])
phases = st.sampled_from(["", "Pending", "Running", "Succeeded", "Failed", "Errored", "Aborted"])
minutes = st.integers(0, 12)
checks = st.lists(st.builds(check, apps, apps), max_size=2)
entries = st.sampled_from(["shop:test", "shop:prod", "other:test", "shop:*", "nonsense", ""])
annotations = st.none() | st.lists(entries, max_size=3).map(",".join)

stages = st.builds(
    stage, names, namespace=spaces, freight=pieces, before=pieces, checks=checks, phase=phases, steps=st.booleans()
)
promotions = st.builds(
    promotion,
    st.sampled_from([f"p{place:02}" for place in range(15)]),
    to=names,
    phase=phases,
    created=minutes,
    finished=st.none() | minutes,
    checks=checks,
)
freight = st.builds(thing, st.just("Freight"), st.sampled_from(["f1", "f2"]), spaces)
applications = st.builds(
    application,
    st.sampled_from(["a", "b"]),
    namespace=st.sampled_from(["argocd", "apps"]),
    authorized=annotations,
    health=st.sampled_from(["Healthy", "Progressing", "Degraded"]),
)
objects = stages | promotions | promotions | freight | applications
keys = objects.map(key_of)
events = st.one_of(
    *[objects.map(lambda found: put(key_of(found), orjson.dumps(found)))] * 4,
    st.builds(delete, keys),
    st.builds(put, keys, bodies),
)
histories = st.lists(events, max_size=10) | st.lists(events, min_size=30, max_size=60)


def visible(world: World) -> dict[tuple[str, str], Any]:
    """The bundles decoded, without resourceVersion and what is worked out."""
    found = {}
    for each in world.projector.list(STAGE_DETAILS):
        document = orjson.loads(each.encode())
        assert document["metadata"].pop("resourceVersion") == str(each.resource_version)
        assert document.pop("health", {"status": "x"})["status"]
        assert document.pop("availability", {"freight": ["x"]})["freight"]
        assert list(document)[-1] == "status"
        assert document.pop("status")["state"]
        found[each.key.namespace, each.key.name] = document
    return found


@given(histories)
def test_after_every_event_the_bundles_are_what_a_slow_join_makes(history: list[Change]) -> None:
    """Whatever arrives, changes sides, goes or is malformed, the bundles equal an independent join of the objects."""
    world = World()
    known: dict[ObjectKey, Any] = {}
    for event in history:
        document = decoded(event.body)
        if document is None:
            known.pop(event.key, None)
        else:
            known[event.key] = document
        world.feed(event)
        assert visible(world) == join_keyed(known)


@given(histories)
def test_a_restart_changes_nothing(history: list[Change]) -> None:
    """Bundles built anew from a snapshot are those that were grown by events, health included."""
    world = World()
    world.feed(*history)
    grown = {each.key: each.encode() for each in world.projector.list(STAGE_DETAILS)}
    projector = world.restarted(world.projector.snapshot())
    assert {each.key: each.encode() for each in projector.list(STAGE_DETAILS)} == grown
