"""Since when a word holds: folded from the records alone, whatever made the state anew."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.log.etcd.layout import decode_memory_piece, encode_memory_piece
from promoter_view.log.file import snapshot as file_snapshot
from promoter_view.log.file.frames import FileHeader, FileKind
from promoter_view.log.memories import pieces
from promoter_view.log.offsets import UNITS_PER_SECOND, units
from promoter_view.records import Bundle, BundleKey, Change, Entry, Mark, Mirror, Position, Snapshot
from promoter_view.views.projector import Projector
from promoter_view.views.stage.details import STAGE_DETAILS
from tests.support.views.stages import application, check, stage
from tests.support.views.world import MIRROR, PATH, World
from tests.views.test_properties import histories as of_strategies
from tests.views.test_stage_properties import histories as of_stages

SHOP = "shop:test"
_DAY = 86_400
#: 2026-11-29T20:14:03Z, and half a second.
NOON = units(1_795_983_243.5)
WANTED = stage(checks=[check("argocd/a", a=["1"])])
OTHER_RULES = Mirror("cluster", {PATH: "other rules"})


def remembering(generation: int = 0, mirror: Mirror = MIRROR) -> Mark:
    return Mark(0, mirror, generation, remembers=True)


def world(offset: int = NOON) -> World:
    """One whose log says that it remembers, with that last offset."""
    made = World(ready=False)
    made.offset = offset
    made.feed(remembering(), Position(PATH, "1"))
    return made


def is_at(health: str) -> dict[str, Any]:
    return application("a", authorized=SHOP, revision="1", health=health)


def status(made: World) -> dict[str, Any]:
    found = made.projector.get(BundleKey(STAGE_DETAILS, "shop", "test"))
    assert found is not None
    told: dict[str, Any] = orjson.loads(found.encode())["status"]
    return told


def since(made: World) -> tuple[str, str]:
    told = status(made)
    return told["state"], told["since"]


def after(made: World, seconds: float, *documents: dict[str, Any]) -> None:
    made.offset += int(seconds * UNITS_PER_SECOND)
    made.put(*documents)


def stored(snapshot: Snapshot) -> Snapshot:
    """As it comes back from its file."""
    header = FileHeader(FileKind.SNAPSHOT, 1, snapshot.offset, 0, 0)
    file = io.BytesIO(b"".join(file_snapshot.encode(snapshot, header)))
    return file_snapshot.decode("snapshot", file, snapshot.offset)


def checkpointed(snapshot: Snapshot) -> Snapshot:
    """As its memory comes back from the pieces of a checkpoint."""
    if snapshot.memory is None:
        return snapshot
    values = map(encode_memory_piece, pieces(snapshot.memory))
    return replace(snapshot, memory=dict(row for value in values for row in decode_memory_piece(b"k", value)))


def all_of(projector: Projector) -> dict[BundleKey, tuple[int, bytes, Any]]:
    """All that is served."""
    bundles: list[Bundle] = [each for view in projector.definitions for each in projector.list(view)]
    return {each.key: (each.resource_version, each.encode(), each.selectable) for each in bundles}


def same(one: Projector, other: Projector) -> None:
    assert all_of(one) == all_of(other)
    assert one.state.catalogue.digest.value == other.state.catalogue.digest.value
    assert one.snapshot() == other.snapshot()


def test_a_word_keeps_its_time_and_another_takes_the_records() -> None:
    """Since is the offset's time, floored to seconds; what changes beside the word does not move it."""
    made = world()
    made.put(WANTED, is_at("Healthy"))
    assert since(made) == ("Healthy", "2026-11-29T20:14:03Z")
    after(made, 60, is_at("Healthy") | {"metadata": is_at("Healthy")["metadata"] | {"labels": {"a": "b"}}})
    assert since(made) == ("Healthy", "2026-11-29T20:14:03Z")
    after(made, 60, is_at("Degraded"))
    assert since(made) == ("Unhealthy", "2026-11-29T20:16:03Z")
    times = {each["type"]: each["lastTransitionTime"] for each in status(made)["conditions"]}
    assert times == {
        "Healthy": "2026-11-29T20:16:03Z",
        "Progressing": "2026-11-29T20:14:03Z",
        "NeedsAttention": "2026-11-29T20:16:03Z",
    }


def test_a_bundle_that_is_not_known_takes_what_its_objects_tell() -> None:
    """A failed Promotion tells when it ended; a time beyond the record's own is none."""
    for finished, told in (("2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z"), ("2031-01-01T00:00:00Z", "20:14:03Z")):
        failed = stage(phase="Failed")
        failed["status"]["lastPromotion"]["finishedAt"] = finished
        made = world()
        made.put(failed)
        assert since(made)[1].endswith(told)


def test_a_bundle_of_another_uid_begins_anew() -> None:
    """Deleted and made again, in one change or in two."""
    for in_two in (False, True):
        made = world()
        made.put(WANTED, is_at("Healthy"))
        successor = {**WANTED, "metadata": {**WANTED["metadata"], "uid": "another"}}
        if in_two:
            made.delete(WANTED)
            assert made.projector.snapshot().memory == {}
        after(made, 5, successor)
        assert since(made) == ("Healthy", "2026-11-29T20:14:08Z")


def restart(made: World) -> None:
    made.restarted(stored(made.projector.snapshot()))


def generation_step(made: World) -> None:
    made.restarted(stored(made.projector.snapshot()), generation=1)
    made.feed(remembering(1))


def cleaning_step(made: World) -> None:
    """Other rules: there are no bundles until all is listed anew, and a restart comes in the middle."""
    made.feed(remembering(mirror=OTHER_RULES))
    assert made.projector.get(BundleKey(STAGE_DETAILS, "shop", "test")) is None
    made.restarted(stored(made.projector.snapshot()))
    made.feed(Position(PATH, "9"))


def mirror_change(made: World) -> None:
    made.feed(remembering(mirror=Mirror("another cluster", {PATH: "rules"})), Position(PATH, "9"))


REBUILDS = [restart, generation_step, cleaning_step, mirror_change]


@pytest.mark.parametrize("rebuild", REBUILDS)
def test_what_is_made_anew_keeps_since(rebuild: Any) -> None:
    """A start, another generation, other rules, another cluster: an equal word keeps its time."""
    made = world()
    made.put(WANTED, is_at("Healthy"))
    made.offset += _DAY * UNITS_PER_SECOND
    rebuild(made)
    assert since(made) == ("Healthy", "2026-11-29T20:14:03Z")
    after(made, 1, is_at("Degraded"))
    assert since(made)[1].startswith("2026-11-30")


def test_while_bundles_are_not_built_another_word_is_that_of_the_build() -> None:
    """The record that makes the state whole again is the one that caused it; a Stage that went is forgotten."""
    made = world()
    made.put(WANTED, is_at("Healthy"), stage("gone"))
    made.offset += _DAY * UNITS_PER_SECOND
    made.feed(remembering(mirror=OTHER_RULES))
    made.put(is_at("Degraded"))
    made.delete(stage("gone"))
    assert len(made.projector.snapshot().memory or ()) == 2
    made.feed(Position(PATH, "9"))
    assert since(made) == ("Unhealthy", "2026-11-30T20:14:03Z")
    assert len(made.projector.snapshot().memory or ()) == 1


def test_an_older_log_begins_to_remember_at_its_first_mark() -> None:
    """Until then a snapshot holds no memory, and what is shown is as good as where the replay began."""
    made = World(ready=False)
    made.offset = NOON
    made.feed(Mark(0, MIRROR, 0), Position(PATH, "1"))
    made.put(WANTED, is_at("Healthy"))
    assert made.projector.snapshot().memory is None
    made.offset += _DAY * UNITS_PER_SECOND
    made.feed(remembering())
    assert since(made) == ("Healthy", "2026-11-30T20:14:03Z")
    assert made.projector.snapshot().memory is not None
    made.offset += _DAY * UNITS_PER_SECOND
    made.feed(remembering())
    assert since(made) == ("Healthy", "2026-11-30T20:14:03Z")


def fed(made: World, events: list[Entry], gaps: list[int]) -> None:
    for event, gap in zip(events, gaps, strict=True):
        made.feed(event, step=gap)


entries = st.one_of(
    st.just(Position(PATH, "9")),
    st.sampled_from([remembering(), remembering(mirror=OTHER_RULES), remembering(mirror=Mirror("elsewhere", {}))]),
)


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Entry], list[int]]:
    """Changes of objects with seconds between them, and what makes bundles anew among them."""
    found: list[Entry] = list(draw(of_stages | of_strategies))
    for _ in range(draw(st.integers(0, 3))):
        found.insert(draw(st.integers(0, len(found))), draw(entries))
    return found, [draw(st.sampled_from([1, 7_000, 25_000])) for _ in found]


@settings(max_examples=60, deadline=None)
@given(lives(), st.data())
def test_the_straight_fold_is_that_from_every_snapshot(
    life: tuple[list[Entry], list[int]], data: st.DataObject
) -> None:
    """From a file, from a checkpoint, more than once: the same bytes, resourceVersions, digest and memory."""
    events, gaps = life
    straight, cut = world(), world()
    fed(straight, events, gaps)
    place = 0
    for back in data.draw(st.lists(st.sampled_from([stored, checkpointed]), min_size=1, max_size=3)):
        upto = data.draw(st.integers(place, len(events)))
        fed(cut, events[place:upto], gaps[place:upto])
        cut.restarted(back(cut.projector.snapshot()))
        place = upto
    fed(cut, events[place:], gaps[place:])
    same(cut.projector, straight.projector)


@settings(max_examples=40, deadline=None)
@given(lives(), st.data())
def test_replicas_that_came_from_an_older_log_agree(life: tuple[list[Entry], list[int]], data: st.DataObject) -> None:
    """Wherever in the log of an older program they began: from the first mark that remembers on they say the same."""
    events, gaps = life
    older = [event for event in events if not isinstance(event, Mark)]
    replicas = [World(), World()]
    for replica in replicas:
        place = data.draw(st.integers(0, len(older)))
        fed(replica, older[:place], gaps[:place])
        replica.restarted(stored(replica.projector.snapshot()), generation=1)
        fed(replica, older[place:], gaps[place : len(older)])
        replica.feed(remembering(1), step=9_000)
        again = _changes(older)[:3]
        fed(replica, again, [8_000] * len(again))
    one, other = (replica.projector.snapshot() for replica in replicas)
    assert one.memory == other.memory
    assert one.memory is not None


def _changes(events: list[Entry]) -> list[Entry]:
    return [event for event in events if isinstance(event, Change)]
