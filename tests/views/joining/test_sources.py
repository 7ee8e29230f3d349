"""The source objects: what is kept of them, and what is said of those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey, ObjectKey, SourceObject, UnreadObject
from promoter_view.views.bundles import Draft, Drafts
from promoter_view.views.fields import Fields
from promoter_view.views.joining.sources import Sources

KEY = ObjectKey("Stage", "shop", "prod")
BUNDLE = BundleKey("stagedetails", "shop", "prod")
DEEP = UnreadObject("42", "is nested deeper than 1024 levels")


class Listening(Drafts):
    """A view of Stages that notes what it is told of each, and reads a text of it."""

    kinds = frozenset({"Stage"})

    def __init__(self) -> None:
        self.told: list[str] = []

    def put(self, fields: Fields, body: bytes) -> set[BundleKey]:
        self.told.append(f"put {fields.text(('spec', 'shard'))}")
        return {BUNDLE}

    def remove(self, key: ObjectKey) -> set[BundleKey]:
        self.told.append(f"remove {key.name}")
        return {BUNDLE}

    def drafts(self) -> Iterator[Draft]:
        return iter(())

    def draft(self, key: BundleKey) -> Draft | None:
        return None


class World:
    """Sources with one view, and what was said and counted."""

    def __init__(self) -> None:
        self.view, self.metrics, self.said = Listening(), Metrics(), list[str]()
        self.sources = Sources([self.view], metrics=self.metrics, warn=self.said.append)

    def put(self, document: Any, key: ObjectKey = KEY) -> set[BundleKey]:
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return self.sources.put(key, SourceObject(body, "1"))

    def counted(self, metric: str) -> float:
        return self.metrics.registry.get_sample_value(f"promoter_view_{metric}", {"kind": "Stage"}) or 0.0


@pytest.fixture
def world() -> World:
    """Nothing is there yet."""
    return World()


def test_an_object_of_a_kind_that_no_view_wants_is_kept(world: World) -> None:
    """It touches nothing, and is there for whoever asks for all."""
    other = ObjectKey("Warehouse", "shop", "w")
    assert world.put({}, other) == set()
    assert other in world.sources.copy()
    assert world.view.told == []


def test_bytes_that_are_no_object_leave_the_view(world: World) -> None:
    """They would spoil the bundles that hold them: the object is gone from there, kept, counted and named."""
    world.put({"spec": {"shard": "a"}})
    assert world.put(b"[1]") == {BUNDLE}
    assert world.view.told == ["put a", "remove prod"]
    assert KEY in world.sources.copy()
    assert world.said == ["Stage shop/prod is malformed, what cannot be read of it is left out: is no JSON object"]


def test_a_malformed_object_is_named_once(world: World) -> None:
    """Again when something else is wrong with it, or when it was well in between."""
    wrong, worse = {"spec": {"shard": 1}}, {"spec": 1}
    for document in (wrong, wrong, worse, {}, worse):
        world.put(document)
    assert len(world.said) == 3
    assert world.counted("malformed_objects_total") == 3


def test_an_object_that_is_gone_is_forgotten(world: World) -> None:
    """Its bytes, and what was wrong with it: when it comes again so is that."""
    world.put({"spec": 1})
    assert world.sources.remove(KEY) == {BUNDLE}
    assert world.sources.copy() == {}
    world.put({"spec": 1})
    assert len(world.said) == 2


@pytest.mark.parametrize(
    ("known", "found", "said"),
    [
        (True, DEEP, f"at resourceVersion 42 {DEEP.reason}; its last readable state is shown"),
        (False, DEEP, f"at resourceVersion 42 {DEEP.reason}; it is left out"),
        (False, UnreadObject("", "is null"), "at an unknown resourceVersion is null; it is left out"),
    ],
)
def test_what_cannot_be_read_is_told_once(world: World, known: bool, found: UnreadObject, said: str) -> None:
    """By name, with what is shown in its place, however often its state could not be read until then."""
    if known:
        world.put({})
    for _ in range(2):
        world.sources.pass_over(KEY, found)
    assert world.sources.unreadable == {KEY: found}
    assert world.counted("unreadable_objects") == 1
    for _ in range(2):
        world.sources.tell()
    assert world.said == [f"Stage shop/prod {said}"]


@pytest.mark.parametrize("end", ["put", "remove"])
def test_what_can_be_read_again_is_not_told(world: World, end: str) -> None:
    """Nobody is told of an object that was unreadable for a moment only, or is gone."""
    world.sources.pass_over(KEY, DEEP)
    world.put({}) if end == "put" else world.sources.remove(KEY)
    world.sources.tell()
    assert (world.said, world.sources.unreadable, world.counted("unreadable_objects")) == ([], {}, 0)


def test_an_object_without_a_namespace_is_named_without(world: World) -> None:
    """A cluster's object has its name only."""
    world.sources.pass_over(ObjectKey("ClusterScmProvider", "", "scm"), DEEP)
    world.sources.tell()
    assert world.said[0].startswith("ClusterScmProvider scm at ")
