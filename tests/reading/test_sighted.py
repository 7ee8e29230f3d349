"""The views in front of which a sight stands: nothing of a namespace that is not known."""

from __future__ import annotations

import orjson
import pytest

from promoter_view.reading.sighted import Unseen
from promoter_view.records import BundleKey
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.stage.details import STAGE_DETAILS
from tests.support.reading.sights import Sight, hiding, sighted
from tests.support.views.stages import stage, thing
from tests.support.views.world import VIEW, World, family, moved, strategy


@pytest.fixture
def world() -> World:
    """A whole strategy in each of two namespaces."""
    found = World()
    for document in family("shop", "ScmProvider"):
        found.put(document, moved(document, "b"))
    return found


def fields(bundle) -> set[str]:
    return set(orjson.loads(bundle.encode()))


def test_unknown_namespaces_are_named(world: World) -> None:
    """Whoever begins to read where that is not known yet is told which namespaces would have to be known."""
    views = sighted(world.projector, Sight({"b": hiding()}))
    with pytest.raises(Unseen) as caught:
        views.list(VIEW)
    assert caught.value.namespaces == {"a"}
    with pytest.raises(Unseen):
        views.get(BundleKey(VIEW, "a", "shop"))
    with pytest.raises(Unseen):
        views.list_at(VIEW, "", views.head)
    with pytest.raises(Unseen):
        views.cursor(VIEW, "", views.head)
    assert [bundle.key.namespace for bundle in views.list(VIEW, "b")] == ["b"]
    assert views.get(BundleKey(VIEW, "a", "other")) is None


def test_each_namespace_has_its_own(world: World) -> None:
    """One list shows in each namespace what may be seen there; a slice of it too."""
    views = sighted(world.projector, Sight({"a": hiding("PullRequest"), "b": hiding("CommitStatus")}))
    in_a, in_b = views.list(VIEW)
    assert "pullRequests" not in fields(in_a)
    assert "commitStatuses" in fields(in_a)
    assert "pullRequests" in fields(in_b)
    assert "commitStatuses" not in fields(in_b)
    assert list(views.list(VIEW)[1:]) == [in_b]
    assert views.get(in_a.key) is in_a


def test_all_is_the_list_itself(world: World) -> None:
    """Who may see everything is given what everybody is given."""
    assert sighted(world.projector, Sight(rest=hiding())).list(VIEW) is world.projector.list(VIEW)


def test_an_old_state_by_the_rights_of_now(world: World) -> None:
    """A list at an older resourceVersion leaves out what may not be seen now."""
    views = sighted(world.projector, Sight(rest=hiding("PullRequest")))
    then = views.head
    world.delete(strategy("shop"))
    assert [bundle.key.namespace for bundle in views.list(VIEW)] == ["b"]
    old = views.list_at(VIEW, "", then)
    assert [bundle.key.namespace for bundle in old] == ["a", "b"]
    assert not any("pullRequests" in fields(bundle) for bundle in old)


def test_the_same_numbers_for_everybody(world: World) -> None:
    """Head, horizon and readiness are those of the views behind; so is what is ahead of them."""
    views = sighted(world.projector, Sight(rest=hiding()))
    assert (views.head, views.horizon, views.ready) == (world.projector.head, world.projector.horizon, True)
    with pytest.raises(Ahead):
        views.cursor(VIEW, "", views.head + (1 << 30))


def test_a_cursor_waits_in_front_of_what_is_not_known(world: World) -> None:
    """It stops before the first change of an unknown namespace, asks for it once, and goes on from there."""
    sight = Sight({"a": hiding(), "b": hiding()})
    cursor = sighted(world.projector, sight).cursor(VIEW, "", world.projector.head)
    known, unknown = strategy("new"), moved(strategy("new"), "c")
    world.put(known, unknown, moved(strategy("late"), "a"))
    (shown,) = cursor.take(4)
    assert shown.key.namespace == "a"
    assert cursor.caught_up
    assert cursor.position == shown.resource_version
    assert sight.wanted == ["c"]
    world.put(strategy("later"))
    assert cursor.caught_up
    sight.learn("c")
    assert not cursor.caught_up
    assert [change.key[1:] for change in cursor.take(4)] == [("c", "new"), ("a", "late")]
    assert [change.key.name for change in cursor.take(4)] == ["later"]
    assert cursor.position == world.projector.head


def test_what_became_known_and_is_forgotten_again(world: World) -> None:
    """A cursor that comes too late for what was learnt asks once more."""
    sight = Sight({"a": hiding()})
    cursor = sighted(world.projector, sight).cursor(VIEW, "a", world.projector.head)
    del sight.known["a"]
    world.put(strategy("new"))
    assert cursor.take(4) == []
    sight.learn("a")
    del sight.known["a"]
    assert cursor.take(4) == []
    assert sight.wanted == ["a", "a"]
    assert cursor.caught_up


def test_a_changed_sight_ends_a_cursor(world: World) -> None:
    """When what may be seen has changed, the reader has something to read: that it is Expired."""
    sight = Sight(rest=hiding())
    cursor = sighted(world.projector, sight).cursor(VIEW, "", world.projector.head)
    assert cursor.caught_up
    sight.changes, sight.horizon = 1, 7
    assert not cursor.caught_up
    with pytest.raises(Expired) as caught:
        cursor.take(4)
    assert caught.value.horizon == 7


def test_nobody_resumes_from_another_sight(world: World) -> None:
    """A position from before the sight changed is Expired; one after it is good."""
    sight = Sight(rest=hiding())
    views = sighted(world.projector, sight)
    before = views.head
    world.put(strategy("new"))
    sight.horizon = views.head
    with pytest.raises(Expired):
        views.cursor(VIEW, "", before)
    assert views.cursor(VIEW, "", views.head).caught_up
    assert views.horizon == views.head


def test_an_overrun_cursor_still_says_so(world: World) -> None:
    """What the history has dropped is Expired through a mask too."""
    views = sighted(world.projector, Sight(rest=hiding("PullRequest")))
    cursor = views.cursor(VIEW, "", views.head)
    world.put(strategy("new"))
    world.projector._history.restart(world.end())
    with pytest.raises(Expired):
        cursor.take(4)


def test_one_cursor_on_all_views() -> None:
    """A cursor on every view shows each change through the mask of its own, and knows all namespaces at first."""
    world = World()
    world.put(*family("shop", "ScmProvider"), moved(stage(freight=["f"]), "b"), moved(thing("Freight", "f"), "b"))
    with pytest.raises(Unseen) as caught:
        sighted(world.projector, Sight()).cursor("", "", world.projector.head)
    assert caught.value.namespaces == {"a", "b"}
    cursor = sighted(world.projector, Sight(rest=hiding("PullRequest", "Freight"))).cursor("", "", world.end())
    world.put(moved(thing("Freight", "f", alias="x"), "b"), strategy("shop"))
    world.put(moved(stage(freight=["f"], last="p"), "b"))
    strategies, stages = cursor.take(1000)
    assert (strategies.key.view, stages.key.view) == (VIEW, STAGE_DETAILS)
    assert "pullRequests" not in fields(strategies.after)
    assert "freight" not in fields(stages.after)
