"""The projector as a log and a reader see it: readiness, marks, snapshots, malformed objects, bounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import orjson
import pytest

from promoter_view.metrics import Metrics
from promoter_view.records import (
    ABSENT,
    BundleKey,
    Change,
    ChangeType,
    CursorMoved,
    CursorPlace,
    Mark,
    Mirror,
    ObjectKey,
    Position,
    Record,
    Unknown,
    Unreadable,
    UnreadObject,
)
from promoter_view.slices import at_once
from promoter_view.views import projector as module
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.projector import Projector
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.views.versions import LAST_PLACE, join, split
from tests.support.views.oracle import key_of
from tests.support.views.world import MIRROR, PATH, VIEW, World, put, state, strategy, thing

SHOP = strategy("shop")
LABELLED = thing("PullRequest", "pr", label="shop")
KEY = BundleKey(VIEW, "a", "shop")
#: A bundle without environments is gathered, its root is read for its order and its gate, it is remembered, and made.
STEPS = 5


def sample(world: World, name: str, **labels: str) -> float | None:
    return world.metrics.registry.get_sample_value(f"promoter_view_{name}", labels)


def test_nothing_is_shown_until_every_path_has_a_position() -> None:
    """Objects are stored; the position that completes the mirror builds all bundles, with the end of its offset."""
    paths = Mirror("cluster", {"one": "r", "two": "r", "none": "r"})
    world = World(ready=False)
    world.feed(Mark(world.offset, paths, 0), Position("one", "5"), Position("none", ABSENT))
    world.put(SHOP, LABELLED)
    assert (world.projector.ready, list(world.projector.list(VIEW))) == (False, [])
    with pytest.raises(Expired):
        world.projector.cursor(VIEW, "", world.end(world.offset - 1))
    early = world.projector.cursor(VIEW, "", world.projector.head)
    world.feed(Position("two", "9"))
    assert world.projector.ready
    found = world.projector.get(KEY)
    assert found is not None
    assert found.resource_version == world.projector.head == world.projector.horizon == world.end()
    with pytest.raises(Expired):
        early.take(1)


def test_an_event_may_complete_the_mirror() -> None:
    """A watch event moves its path's position as a bookmark does; one that stems from a list does not."""
    world = World(ready=False)
    event = put(ObjectKey("PullRequest", "a", "pr"), b"{}")
    world.feed(event)
    assert not world.projector.ready
    world.feed(dataclasses.replace(event, position="5"))
    assert world.projector.ready
    assert world.projector.snapshot().positions == {PATH: "5"}


DEEP = UnreadObject("9", "cannot be decoded")


def test_what_cannot_be_read_keeps_its_last_state_and_is_named() -> None:
    """In bundles, metrics, warnings and snapshots, also after a restart; until it can be read, or is gone."""
    world = World()
    world.put(SHOP, LABELLED)
    pr, new = ObjectKey("PullRequest", "a", "pr"), ObjectKey("Stage", "a", "new")
    world.feed(Unreadable(pr, DEEP, PATH, "9"), Unreadable(new, DEEP, PATH))
    assert world.names("pullRequests") == ["pr"]
    assert world.projector.unreadable == {pr: DEEP, new: DEEP}
    assert world.projector.snapshot().positions == {PATH: "9"}
    restored = World(ready=False)
    at_once(restored.projector.restore(world.projector.snapshot()))
    assert not restored.warnings, "what is being replayed may come right yet"
    restored.offset = world.offset
    restored.feed(Position(PATH, "10"))
    world.feed(Unreadable(pr, DEEP._replace(resource_version="11"), PATH))
    world.feed(Unreadable(pr, DEEP, PATH))
    for each in (world, restored):
        assert each.projector.unreadable == {pr: DEEP, new: DEEP}
        assert (sample(each, "unreadable_objects", kind="PullRequest"), len(each.warnings)) == (1, 2)
        assert "PullRequest a/pr at resourceVersion 9 cannot be decoded; its last readable state" in each.warnings[0]
        assert each.warnings[1].endswith("it is left out")
    world.put(LABELLED)
    world.feed(Change(ChangeType.DELETED, new, b"", "10", PATH))
    assert world.projector.unreadable == {}
    assert sample(world, "unreadable_objects", kind="PullRequest") == 0


def test_a_mark_of_another_cluster_is_not_ready_but_still_shows() -> None:
    """Positions of another cluster are lost; bundles go on and are ready again after the lists."""
    world = World()
    world.put(SHOP)
    mirror = Mirror("elsewhere", {PATH: "rules"})
    world.feed(Mark(world.offset, mirror, 0))
    assert not world.projector.ready
    world.put(thing("PullRequest", "pr", label="shop"))
    assert world.names("pullRequests") == ["pr"]
    world.feed(Position(PATH, "1"))
    assert world.projector.ready
    world.feed(Mark(world.offset, mirror, 0))
    assert world.projector.ready


def test_a_mark_of_other_rules_begins_the_views_anew() -> None:
    """What was made of objects cleaned by other rules is nowhere any more: not listed, not resumed, not undone."""
    world = World()
    world.put(*(thing("PromotionStrategy", name, secret="told") for name in ("shop", "gone")))
    assert b"told" in world.projector.list(VIEW)[0].encode()
    before = world.projector.head
    world.feed(Mark(world.offset, Mirror("cluster", {PATH: "stricter rules"}), 0))
    assert not world.projector.ready
    assert world.projector.list(VIEW) == ()
    marked = world.projector.head
    world.put(thing("PromotionStrategy", "shop", secret="redacted"))
    world.delete(strategy("gone"))
    world.feed(Position(PATH, "1"))
    assert world.projector.ready
    assert [bundle.key.name for bundle in world.projector.list(VIEW)] == ["shop"]
    assert b"told" not in world.projector.list(VIEW)[0].encode()
    assert world.projector.horizon == world.projector.head == world.projector.list(VIEW)[0].resource_version
    for position in (before, marked):
        with pytest.raises(Expired):
            world.projector.cursor(VIEW, "", position)


def test_nothing_is_to_be_read_while_the_past_is_replayed() -> None:
    """Until the log says that it goes on, a complete state is an old one, and not ready."""
    live: list[bool] = []
    projector = Projector(
        [PROMOTION_STRATEGY_DETAILS],
        generation=0,
        history_bytes=1,
        metrics=Metrics(),
        warn=print,
        is_live=lambda: bool(live),
    )
    entries = (Mark(0, MIRROR, 0), Position(PATH, "1"))
    at_once(projector.apply([Record(offset, 0, entry) for offset, entry in enumerate(entries, 1)]))
    assert not projector.ready
    live.append(True)
    assert projector.ready


def test_offsets_of_a_lost_tail_expire() -> None:
    """After a mark, a position between it and the last offset before it expires; those at both ends resume."""
    world = World()
    world.put(SHOP)
    last = world.offset
    world.feed(Mark(last, MIRROR, 0), step=100_000)
    with pytest.raises(Expired):
        world.projector.cursor(VIEW, "", join(last + 1, 0, 0))
    with pytest.raises(Expired):
        world.projector.list_at(VIEW, "", world.end(world.offset - 1))
    assert world.projector.cursor(VIEW, "", world.end(last)).take(1) == []
    assert world.projector.cursor(VIEW, "", world.end()).caught_up


def test_positions_that_have_not_come_are_ahead() -> None:
    """An offset behind the head is Ahead for cursors and lists, so that the API can wait for it."""
    world = World()
    for version in (join(world.offset + 1, 0, 0), join(world.offset + 1, 3, 0)):
        with pytest.raises(Ahead):
            world.projector.cursor(VIEW, "", version)
        with pytest.raises(Ahead):
            world.projector.list_at(VIEW, "", version)


def test_made_again_in_one_event_is_deleted_then_added() -> None:
    """A strategy whose uid changes has another bundle: DELETED with the old uid, ADDED with the new, two places."""
    world = World()
    world.put(SHOP, LABELLED)
    old = world.projector.get(KEY)
    head = world.projector.head
    world.put(strategy("shop", uid="another"))
    gone, come = world.changes(head)
    assert (gone.before, gone.after, come.before, come.after) == (old, None, None, world.projector.get(KEY))
    assert [split(change.resource_version).place for change in (gone, come)] == [0, 1]
    assert come.after is not None
    assert old is not None
    assert come.after.uid != old.uid
    assert world.projector.list_at(VIEW, "", gone.resource_version) == ()
    assert world.projector.list_at(VIEW, "a", head) == (old,)


def test_deleted_and_made_again_keeps_what_belongs_to_it_by_name() -> None:
    """Members that hang on the name are in the bundle again; each step has its own offset."""
    world = World()
    world.put(SHOP, LABELLED)
    head = world.projector.head
    world.delete(SHOP)
    assert world.projector.get(KEY) is None
    world.put(strategy("shop", uid="another"))
    assert world.names("pullRequests") == ["pr"]
    assert [(change.before is None, change.after is None) for change in world.changes(head)] == [
        (False, True),
        (True, False),
    ]


def test_the_departed_bytes_of_a_member_stay_with_the_history_only() -> None:
    """Bundles share the bytes of every member that did not change."""
    world = World()
    world.put(SHOP, LABELLED, thing("CommitStatus", "cs", label="shop"))
    before = world.projector.get(KEY)
    world.put(thing("PullRequest", "pr", label="shop", changed=True))
    after = world.projector.get(KEY)
    assert before is not None
    assert after is not None
    shared = [piece for piece, other in zip(before.tail, after.tail, strict=True) if piece is other]
    assert len(shared) == len(before.tail) - 1


def test_a_malformed_object_is_named_and_counted_once_and_stops_nothing() -> None:
    """Each malformed state of an object gives one line and one count; the rest of its bundle is shown."""
    world = World()
    world.put(SHOP, LABELLED)
    body = b'{"metadata":{"labels":["shop"]},"spec":"none"}'
    for _ in range(3):
        world.put_raw("PullRequest", "bad", body)
    world.put_raw("CommitStatus", "torn", b'{"metadata":')
    assert sample(world, "malformed_objects_total", kind="PullRequest") == 1
    assert world.warnings == [
        "PullRequest a/bad is malformed, what cannot be read of it is left out: "
        "metadata.labels is a list, not an object",
        "CommitStatus a/torn is malformed, what cannot be read of it is left out: "
        "is not JSON: unexpected end of data: line 1 column 13 (char 12)",
    ]
    assert world.names("pullRequests") == ["pr"]
    world.put(thing("PullRequest", "bad", label="shop"))
    world.put_raw("PullRequest", "bad", body)
    assert sample(world, "malformed_objects_total", kind="PullRequest") == 2
    world.delete(thing("PullRequest", "bad"))
    world.put_raw("PullRequest", "bad", body)
    assert sample(world, "malformed_objects_total", kind="PullRequest") == 3
    assert world.names("pullRequests") == ["pr"]


def test_a_member_that_is_no_json_any_more_leaves_its_bundle() -> None:
    """Bytes that are no JSON would spoil the bundle: the object counts as absent until it is sound again."""
    world = World()
    world.put(SHOP, LABELLED)
    world.put_raw("PullRequest", "pr", b"{")
    assert "pullRequests" not in world.bundle()
    world.put(LABELLED)
    assert world.names("pullRequests") == ["pr"]


def test_a_strategy_of_any_shape_has_a_bundle_as_long_as_it_has_a_uid() -> None:
    """Whatever else of it is malformed, its members by name and label are shown."""
    world = World()
    world.put(LABELLED)
    world.put_raw("PromotionStrategy", "shop", b'{"metadata":{"uid":"u","labels":7},"spec":[],"status":"x"}')
    found = world.bundle()
    assert (found["promotionStrategy"]["spec"], "labels" in found["metadata"]) == ([], False)
    assert found["metadata"]["creationTimestamp"] is None
    assert world.names("pullRequests") == ["pr"]


def test_readers_are_woken_once_a_call_after_the_head_has_moved() -> None:
    """However many records come in one call, a reader is woken once and sees the last of them."""
    world = World()
    heads: list[int] = []

    class Reader:
        def wake(self) -> None:
            heads.append(world.projector.head)

    reader = Reader()
    world.projector.subscribe(reader)
    world.put(SHOP, LABELLED)
    at_once(world.projector.apply([]))
    assert heads == [world.end()]
    world.projector.unsubscribe(reader)
    world.projector.unsubscribe(reader)
    world.put(strategy("other"))
    assert len(heads) == 1


def test_a_reader_may_leave_while_all_are_woken() -> None:
    """Unsubscribing inside wake disturbs nobody else."""
    world = World()
    woken: list[str] = []

    class Reader:
        def __init__(self, name: str) -> None:
            self.name = name

        def wake(self) -> None:
            woken.append(self.name)
            world.projector.unsubscribe(self)

    for name in ("first", "second"):
        world.projector.subscribe(Reader(name))
    world.put(SHOP)
    assert woken == ["first", "second"]


def test_more_changes_than_places_restart_every_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """When an offset has no places left its bundles take its end, the horizon moves there, and it is said."""
    monkeypatch.setattr(module, "MAX_CHANGES", 2)
    world = World()
    names = ("one", "two", "three")
    world.put(thing("GitRepository", "code"), *(strategy(name, repository="code") for name in names))
    reader = world.projector.cursor(VIEW, "", world.projector.head)
    world.put(thing("GitRepository", "code", changed=True))
    assert {bundle.resource_version for bundle in world.projector.list(VIEW)} == {world.end()}
    assert all(b'"changed":true' in bundle.encode() for bundle in world.projector.list(VIEW))
    assert world.projector.horizon == world.projector.head == world.end()
    with pytest.raises(Expired):
        reader.take(1)
    assert world.warnings == [f"3 bundles changed at offset {world.offset}: no places for all, watches start over"]
    assert sample(world, "bundle_changes_total", view=VIEW, type="MODIFIED") == 3


def test_the_places_of_an_offset_leave_its_end_free() -> None:
    """The last change of an offset sorts before the offset's end, which a list made then has."""
    assert join(5, 0, module.MAX_CHANGES - 1) < join(5, 0, LAST_PLACE)


def test_metrics_tell_head_horizon_bundles_and_changes() -> None:
    """What the projector has done can be read off its metrics."""
    world = World()
    world.put(SHOP, LABELLED, strategy("other"))
    world.delete(strategy("other"))
    assert sample(world, "log_head_offset") == world.offset
    assert sample(world, "log_horizon_offset") == 1002
    assert sample(world, "bundles", view=VIEW) == 1
    assert sample(world, "bundles_digest") == world.projector.state.catalogue.digest.value != 0
    changes = {kind: sample(world, "bundle_changes_total", view=VIEW, type=kind) for kind in ChangeType}
    assert changes == {"ADDED": 2, "MODIFIED": 1, "DELETED": 1}
    assert (sample(world, "history_bytes") or 0) > 0
    assert sample(world, "projection_seconds_count") == world.offset - 1000


def taken() -> World:
    """A world with a bundle that has changed, and one that has not since."""
    world = World()
    world.put(strategy("early"), SHOP, LABELLED)
    return world


def test_a_snapshot_does_not_change_afterwards() -> None:
    """What goes on after a snapshot is not in it."""
    world = taken()
    snapshot = world.projector.snapshot()
    objects, bundles, positions = dict(snapshot.objects), dict(snapshot.bundles), dict(snapshot.positions)
    world.delete(SHOP)
    world.feed(Position(PATH, "99"))
    assert (snapshot.objects, snapshot.bundles, snapshot.positions) == (objects, bundles, positions)


def test_a_restart_keeps_resource_versions_and_begins_the_horizon() -> None:
    """Bundles keep bytes and resourceVersions; a client at the snapshot's offset resumes, one before it expires."""
    world = taken()
    before = state(world.projector)
    projector = world.restarted(world.projector.snapshot())
    assert (state(projector), projector.ready) == (before, True)
    assert projector.head == projector.horizon == world.end()
    assert projector.cursor(VIEW, "", world.end()).caught_up
    with pytest.raises(Expired):
        projector.cursor(VIEW, "", world.end() - 1)
    assert world.warnings == []


def test_another_generation_adopts_bundles_at_the_end_of_their_offsets() -> None:
    """After the definitions were stepped each bundle has its offset's end in the new generation; old ones expire."""
    world = taken()
    old_head = world.projector.head
    offsets = {bundle.key: split(bundle.resource_version).offset for bundle in world.projector.list(VIEW)}
    projector = world.restarted(world.projector.snapshot(), generation=1)
    found = {bundle.key: bundle.resource_version for bundle in projector.list(VIEW)}
    assert found == {key: join(offset, 1, LAST_PLACE) for key, offset in offsets.items()}
    with pytest.raises(Expired):
        projector.cursor(VIEW, "", old_head)
    assert projector.cursor(VIEW, "", join(world.offset, 1, LAST_PLACE)).caught_up
    again = world.restarted(projector.snapshot())
    assert {bundle.key: bundle.resource_version for bundle in again.list(VIEW)} == found


def test_generations_that_begin_again_lower_no_resource_version() -> None:
    """From the last generation to the first, at the same offset, each bundle keeps the resourceVersion it had."""
    world = taken()
    last = world.restarted(world.projector.snapshot(), generation=3)
    before = {bundle.key: bundle.resource_version for bundle in last.list(VIEW)}
    first = world.restarted(last.snapshot(), generation=0)
    assert {bundle.key: bundle.resource_version for bundle in first.list(VIEW)} == before


def test_a_snapshot_at_odds_with_its_objects_lets_nobody_resume_at_it() -> None:
    """A bundle too many or too few is a change that nobody was told of: positions at that offset expire."""
    world = taken()
    snapshot = world.projector.snapshot()
    stray = BundleKey(VIEW, "a", "stray")
    known = {KEY: snapshot.bundles[KEY], stray: snapshot.bundles[KEY]}
    projector = world.restarted(dataclasses.replace(snapshot, bundles=known))
    assert {bundle.key.name: bundle.resource_version for bundle in projector.list(VIEW)} == {
        "early": world.end(),
        "shop": snapshot.bundles[KEY],
    }
    assert world.warnings == [f"the snapshot at {world.offset} disagrees with its objects on 2 bundles"]
    with pytest.raises(Expired):
        projector.cursor(VIEW, "", world.end())
    world.feed(Mark(world.offset, MIRROR, 0))
    assert projector.cursor(VIEW, "", world.end()).caught_up


def test_a_snapshot_from_before_the_first_bundles_goes_on_storing() -> None:
    """A restart in the middle of the first lists builds nothing until they are complete."""
    world = World(ready=False)
    world.put(SHOP, LABELLED)
    projector = world.restarted(world.projector.snapshot())
    assert (projector.ready, projector.list(VIEW)) == (False, ())
    world.feed(Position(PATH, "1"))
    assert projector.ready
    assert world.names("pullRequests") == ["pr"]


def test_a_cursor_that_moves_is_nobodys_business() -> None:
    """It moves no head, wakes no reader, and is in the snapshot, with which another projector has the same head."""
    world = taken()
    head, woken = world.projector.head, list[int]()

    class Reader:
        def wake(self) -> None:
            woken.append(world.projector.head)

    world.projector.subscribe(Reader())
    world.feed(CursorMoved("chat", CursorPlace(5, 0)))
    world.feed(CursorMoved("mail", CursorPlace(5, 1)))
    world.feed(CursorMoved("mail", None))
    world.feed(Unknown())
    assert (world.projector.head, woken) == (head, [])
    assert world.projector.cursors == {"chat": (5, 0)}
    restarted = world.restarted(world.projector.snapshot())
    assert (restarted.head, restarted.cursors) == (head, world.projector.cursors)
    assert {bundle.key: bundle.resource_version for bundle in restarted.list(VIEW)} == {
        bundle.key: bundle.resource_version for bundle in world.projector.list(VIEW)
    }


def test_objects_of_no_view_are_kept_for_the_snapshot() -> None:
    """A kind that no view wants is stored as it is, and not even decoded."""
    world = World()
    key = ObjectKey("Warehouse", "a", "w")
    world.feed(put(key, b"not json"))
    assert world.projector.snapshot().objects[key].body == b"not json"
    assert world.warnings == []


def test_a_new_projector_has_nothing() -> None:
    """Before any record there is no bundle, no position and nothing to resume from."""
    world = World()
    fresh = Projector([], generation=0, history_bytes=0, metrics=world.metrics, warn=world.warnings.append)
    assert (fresh.ready, fresh.head, fresh.horizon, fresh.list(VIEW), fresh.get(KEY)) == (False, 0, 0, (), None)
    assert fresh.snapshot().mirror == Mirror("", {})
    with pytest.raises(Expired):
        fresh.cursor(VIEW, "", 0)


def building(world: World, count: int) -> Iterator[None]:
    """What is left to do once the objects of so many strategies are stored, and the last path has a position."""
    world.put(*(strategy(f"s{number:03}") for number in range(count)))
    return world.projector.apply([Record(world.offset + 1, 0, Position(PATH, "1"))])


def test_the_first_bundles_are_built_in_steps_and_seen_together() -> None:
    """However many there are, a step makes or hashes one; nothing is seen before all are there."""
    world, woken = World(ready=False), list[int]()

    class Reader:
        def wake(self) -> None:
            woken.append(len(world.projector.list(VIEW)))

    seen: set[tuple[int, bool]] = set()
    world.projector.subscribe(Reader())
    steps = 0
    for _ in building(world, 100):
        steps += 1
        seen.add((len(world.projector.list(VIEW)), world.projector.ready))
    assert (steps, woken[-1], world.projector.ready) == (100 * (STEPS + 1), 100, True)
    assert seen == {(0, False), (100, True)}
    assert world.projector.head == world.projector.horizon == world.end(world.offset + 1)
    assert {bundle.resource_version for bundle in world.projector.list(VIEW)} == {world.projector.head}


def test_who_reads_while_bundles_are_built_starts_over() -> None:
    """What there is to be read meanwhile is nothing, and no change tells of what comes after it."""
    world = World(ready=False)
    steps = building(world, 3)
    next(steps)
    reading = world.projector.cursor(VIEW, "", world.projector.head)
    at_once(steps)
    with pytest.raises(Expired):
        reading.take(1)


def test_what_waits_for_the_first_bundles_is_a_change_of_them() -> None:
    """A record behind the one by which they are built, in the same call, has a place of its own, on every replica."""
    world, others = World(ready=False), World(ready=False)
    for each in (world, others):
        each.put(strategy("shop"))
    entries = (Position(PATH, "1"), put(key_of(LABELLED), orjson.dumps(LABELLED)))
    world.feed(*entries)
    for entry in entries:
        others.feed(entry)
    assert state(world.projector) == state(others.projector)
    assert [change.key.name for change in world.changes(world.end(world.offset - 1))] == ["shop"]
    assert world.projector.state.catalogue.digest.value == others.projector.state.catalogue.digest.value


def test_a_change_of_many_bundles_is_prepared_in_steps_and_seen_together() -> None:
    """Of one offset a reader sees all or nothing, and a step costs one bundle, whatever the object touches."""
    world = World()
    names = [f"s{number:03}" for number in range(100)]
    world.put(thing("GitRepository", "code"), *(strategy(name, repository="code") for name in names))
    before = state(world.projector)
    changed = thing("GitRepository", "code", changed=True)
    found = [
        state(world.projector) == before
        for _ in world.projector.apply([Record(world.offset + 1, 0, put(key_of(changed), orjson.dumps(changed)))])
    ]
    assert found == [True] * 100 * STEPS + [False] * 100
    assert len(world.changes(world.end())) == 100


def test_another_snapshot_is_taken_in_steps_beside_what_is_shown() -> None:
    """Readers see what they saw until all of it is there; a step costs an object or a bundle."""
    world = World()
    world.put(*(strategy(f"s{number:03}") for number in range(100)))
    past = world.projector.snapshot()
    world.put(strategy("other"))
    shown_before = state(world.projector)
    seen = [state(world.projector) == shown_before for _ in world.projector.restore(past)]
    assert seen == [True] * 100 * (1 + STEPS + 1)
    assert world.projector.snapshot() == past


def test_another_snapshot_drops_all_that_was_applied() -> None:
    """A log that goes back in time is followed: what was shown since is gone, and whoever read on starts over."""
    world = World()
    world.put(SHOP)
    past = world.projector.snapshot()
    reading = world.projector.cursor(VIEW, "", world.projector.head)
    world.put(strategy("other"), LABELLED)
    at_once(world.projector.restore(past))
    assert [bundle.key.name for bundle in world.projector.list(VIEW)] == ["shop"]
    assert world.projector.snapshot() == past
    with pytest.raises(Expired):
        reading.take(1)
