"""What must hold whatever happens to the objects, in whatever order: the projector against the slow join."""

from __future__ import annotations

import contextlib
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from promoter_view.records import Change, Mark, ObjectKey, Position
from promoter_view.views.history import Expired
from promoter_view.views.projector import Projector
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.support.views.oracle import GATES, GROUP, LABEL, OTHER_GATE, join_keyed, key_of
from tests.support.views.world import MIRROR, PATH, VIEW, World, delete, family, put, replayed, shown, state

KINDS = [kind.kind for kind in PROMOTER_KINDS]
NAMES = ["my.app", "my-app"]
UIDS = [f"uid-{kind}-my.app" for kind in ("PromotionStrategy", "ChangeTransferPolicy", "TimedCommitStatus")]
BRANCHES = ["dev", "prod"]

any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
names, uids = st.sampled_from(NAMES), st.sampled_from(UIDS)
references = st.fixed_dictionaries(
    {
        "apiVersion": st.sampled_from([f"{GROUP}/v1alpha1", f"{GROUP}/v1alpha1", f"{GROUP}/v2", "apps/v1"]),
        "kind": st.sampled_from([*KINDS[:2] * 2, *GATES.values(), OTHER_GATE, "Deployment"]),
        "uid": uids,
        "controller": st.sampled_from([True, True, True, False]),
    }
)
metadatas = st.fixed_dictionaries(
    {"uid": uids, "creationTimestamp": st.just("2026-11-21T00:00:00Z")},
    optional={
        "labels": st.fixed_dictionaries({}, optional={LABEL: st.sampled_from(["my-app", "my.app"]), "team": names}),
        "ownerReferences": st.lists(references, max_size=2),
    },
)
specs = st.fixed_dictionaries(
    {
        "promotionStrategyRef": st.fixed_dictionaries({"name": names}),
        "gitRepositoryRef": st.fixed_dictionaries({"name": names}),
        "scmProviderRef": st.fixed_dictionaries(
            {"name": names}, optional={"kind": st.sampled_from(["ScmProvider", "ClusterScmProvider"])}
        ),
        "environments": st.lists(st.fixed_dictionaries({"branch": st.sampled_from(BRANCHES)}), max_size=3),
        "activeBranch": st.sampled_from(BRANCHES),
    }
)
proper = st.fixed_dictionaries({"metadata": metadatas, "spec": specs, "serial": st.integers(0, 3)})


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A proper object of which some part, however deep, is replaced by anything."""
    document = inner = draw(proper)
    while True:
        place = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        below = inner[place]
        if not (isinstance(below, dict | list) and below) or draw(st.booleans()):
            inner[place] = draw(any_json)
            return document
        inner = below


bodies = st.integers(0, 15).flatmap(
    lambda roll: (
        st.sampled_from([b"", b"{", b"nonsense", b'"text"', b"[1]", b"{}"])
        if roll == 0
        else (spoilt() if roll < 4 else proper).map(orjson.dumps)
    )
)


def key(kind: str, namespace: str, name: str) -> ObjectKey:
    return ObjectKey(kind, "" if kind == "ClusterScmProvider" else namespace, name)


keys = st.builds(key, st.sampled_from([*KINDS[:2] * 2, *KINDS]), st.sampled_from(["a", "a", "a", "b"]), names)
changed, gone = st.builds(put, keys, bodies), st.builds(delete, keys)
# Chance alone seldom ties objects together; these belong together, two strategies' worth, in any order of arrival.
familiar = st.sampled_from([*family(NAMES[0], "ScmProvider"), *family(NAMES[1], "ClusterScmProvider")]).map(
    lambda found: put(key_of(found), orjson.dumps(found))
)
events = familiar | familiar | changed | gone
# Most lists that hypothesis makes are short; the long ones, in which things hang together, are asked for.
histories = st.lists(events, max_size=10) | st.lists(events, min_size=30, max_size=45)


def decoded(body: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(orjson.JSONDecodeError):
        document = orjson.loads(body)
        return document if isinstance(document, dict) else None
    return None


def follow(objects: dict[ObjectKey, dict[str, Any]], event: Change) -> None:
    """What the oracle knows after that event."""
    document = decoded(event.body)
    if document is None:
        objects.pop(event.key, None)
    else:
        objects[event.key] = document


def visible(projector: Projector) -> list[Any]:
    """The bundles decoded, without resourceVersion and status, as pairs so that the order of keys counts."""
    found = []
    for bundle in projector.list(VIEW):
        document = orjson.loads(bundle.encode())
        assert document["metadata"].pop("resourceVersion") == str(bundle.resource_version)
        assert document["metadata"]["uid"] == bundle.uid
        assert document["metadata"].get("labels", {}) == bundle.labels
        assert (document["metadata"]["creationTimestamp"] or "") == bundle.creation_timestamp
        assert list(document)[-1] == "status"
        assert document.pop("status")["state"] == bundle.selectable["status.state"]
        found.append((list(document.items()), list(document["metadata"].items())))
    return found


def expected(objects: dict[ObjectKey, dict[str, Any]]) -> list[Any]:
    bundles = join_keyed(objects).values()
    return [(list(bundle.items()), list(bundle["metadata"].items())) for bundle in bundles]


@given(histories)
def test_after_every_event_the_bundles_are_what_a_slow_join_makes(history: list[Change]) -> None:
    """Whatever arrives, changes sides, goes or is malformed, the bundles equal an independent join of the objects."""
    world = World()
    objects: dict[ObjectKey, dict[str, Any]] = {}
    for event in history:
        follow(objects, event)
        world.feed(event)
        assert visible(world.projector) == expected(objects)


@given(histories)
def test_building_all_at_once_gives_what_single_steps_give(history: list[Change]) -> None:
    """Bundles built when the first lists are complete are those that one event after the other leads to."""
    waiting, stepwise = World(ready=False), World()
    waiting.feed(*history)
    stepwise.feed(*history)
    assert visible(waiting.projector) == []
    waiting.feed(Position(PATH, "1"))
    assert visible(waiting.projector) == visible(stepwise.projector)
    assert {bundle.resource_version for bundle in waiting.projector.list(VIEW)} <= {waiting.projector.horizon}


@given(histories)
def test_changes_replayed_from_any_past_list_lead_to_now(history: list[Change]) -> None:
    """A client that resumes at the resourceVersion of any list, or between two changes, ends at the present state."""
    world = World()
    projector = world.projector
    past = {projector.head: state(projector)}
    for event in history:
        world.feed(event)
        past[projector.head] = state(projector)
    everything = world.changes(projector.horizon)
    assert [change.resource_version for change in everything] == sorted({c.resource_version for c in everything})
    for version in [*past, *(change.resource_version for change in everything)]:
        then = projector.list_at(VIEW, "", version)
        assert shown(then) == past.get(version, shown(then))
        assert replayed(then, world.changes(version)) == state(projector)


@given(histories)
def test_a_list_between_the_changes_of_an_offset_is_the_past_with_those_before_it(history: list[Change]) -> None:
    """The state at a place of an offset is the first state plus all changes up to that place."""
    world = World()
    first = world.projector.list_at(VIEW, "", world.projector.horizon)
    world.feed(*history)
    everything = world.changes(world.projector.horizon)
    for count, change in enumerate(everything, 1):
        then = world.projector.list_at(VIEW, "", change.resource_version)
        assert shown(then) == replayed(first, everything[:count])


@given(histories, st.data())
def test_a_restart_from_a_snapshot_leaves_no_trace(history: list[Change], data: st.DataObject) -> None:
    """A snapshot taken anywhere, restored and followed by the rest, gives the same bytes and resourceVersions."""
    cut = data.draw(st.integers(0, len(history)))
    straight, cut_off = World(), World()
    straight.feed(*history)
    cut_off.feed(*history[:cut])
    snapshot = cut_off.projector.snapshot()
    restored = cut_off.restarted(snapshot)
    cut_off.feed(*history[cut:])
    assert state(restored) == state(straight.projector)
    assert restored.head == straight.projector.head
    seen = [(change.resource_version, change.key) for change in cut_off.changes(restored.horizon)]
    assert seen == [(change.resource_version, change.key) for change in straight.changes(restored.horizon)]
    assert restored.snapshot() == straight.projector.snapshot()
    assert restored.state.catalogue.digest.value == straight.projector.state.catalogue.digest.value


@given(histories)
def test_an_event_that_changes_no_bytes_changes_no_bundle(history: list[Change]) -> None:
    """The same object once more moves the head and nothing else."""
    world = World()
    world.feed(*history)
    before = state(world.projector)
    last = world.projector.head
    live = world.projector.snapshot().objects
    world.feed(*(put(key, source.body) for key, source in live.items()), Mark(world.offset, MIRROR, 0))
    assert state(world.projector) == before
    assert world.changes(last) == []


@settings(max_examples=50)
@given(histories, st.integers(0, 6000))
def test_the_history_keeps_its_bound_and_tells_who_fell_behind(history: list[Change], bound: int) -> None:
    """With any bound in bytes, a cursor either reads every change after its position or is told that it expired."""
    world = World(history_bytes=bound)
    ample = World()
    for event in history:
        world.feed(event)
        ample.feed(event)
    assert world.projector.head == ample.projector.head
    start = world.end(1002)
    for version in [start, *(change.resource_version for change in ample.changes(start))]:
        if version < world.projector.horizon:
            with contextlib.suppress(Expired):
                raise AssertionError(world.changes(version))
        else:
            wanted = [change.resource_version for change in ample.changes(version)]
            assert [change.resource_version for change in world.changes(version)] == wanted


def test_the_world_of_these_tests_makes_bundles_with_members() -> None:
    """The generated objects do hang together now and then, so the properties above are about something."""
    found: set[str] = set()

    @settings(max_examples=400, database=None, derandomize=True)
    @given(histories)
    def look(history: list[Change]) -> None:
        world = World()
        world.feed(*history)
        for bundle in world.projector.list(VIEW):
            found.update(orjson.loads(bundle.encode()))

    look()
    assert found >= {"kind", "apiVersion", "metadata", "promotionStrategy"} | {
        member.field for member in PROMOTION_STRATEGY_DETAILS.members
    }
