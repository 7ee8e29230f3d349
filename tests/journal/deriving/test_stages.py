"""What a change of a Stage is to the journal."""

from __future__ import annotations

from typing import Any

from promoter_view.journal.entries import EventCause, EventType, Happening
from promoter_view.records import BundleKey
from promoter_view.views.stage.details import STAGE_DETAILS
from tests.support.journal.happenings import Eventful
from tests.support.views.commits import pieces, sha
from tests.support.views.stages import application, changed, check, stage

KEY = BundleKey(STAGE_DETAILS, "shop", "test")


def told(found: list[Happening]) -> list[tuple[str, str, str]]:
    """Event, before and after, but for health, which changes with a Promotion."""
    return [(each.event.value, each.before, each.after) for each in found if each.event is not EventType.HEALTH]


def coming(name: str, *commits: str) -> dict[str, Any]:
    """A Stage to which Freight of that name is promoted, with f1 in it."""
    found = stage(freight=("f1",), current="p1")
    return changed(found, "status", "currentPromotion", "freight", to={"name": name, **pieces(*commits)})


def test_the_way_of_a_promotion() -> None:
    """It starts, it succeeds, and its Freight is in the Stage; commits are those of the Freight."""
    town = Eventful(KEY)
    assert [each.event for each in town.put(stage(freight=("f1",)))] == [EventType.CREATED]
    (started, *_) = town.put(coming("f2", "a", "b"))
    assert told([started]) == [("promotion-started", "", "f2")]
    assert started.cause == EventCause("Promotion", "p1")
    assert started.told_by == frozenset({"Promotion"})
    assert started.commit is not None
    assert (started.commit.sha, started.commit.sources) == (sha("a"), (sha("b"),))
    assert started.commit.subject == "Change a"
    found = town.put(stage(freight=("f2",), before=("f1",), last="p1", message="all done"))
    assert told(found) == [("promotion-succeeded", "f1", "f2"), ("promoted", "f1", "f2")]
    assert found[0].message == "all done"


def test_who_made_the_commit() -> None:
    """Its author is a name, as that of a strategy's commit."""
    town, after = Eventful(KEY), coming("f2", "a")
    town.put(stage(freight=("f1",)))
    after["status"]["currentPromotion"]["freight"]["commits"][0]["author"] = f"Ann {'Lee' * 200} <ann@example.com>"
    (started, *_) = town.put(after)
    assert started.commit is not None
    assert started.commit.author.startswith("Ann Lee")
    assert len(started.commit.author) == 300
    assert "@" not in started.commit.author


def test_promotions_that_end_otherwise() -> None:
    """Each with its word and why, and the commit that did not come."""
    words = {"Failed": "promotion-failed", "Errored": "promotion-errored", "Aborted": "promotion-aborted"}
    for phase, word in words.items():
        town = Eventful(KEY)
        town.put(coming("f2", "a"))
        found = town.put(stage(freight=("f1",), last="p1", phase=phase, message="no"))
        assert told(found) == [(word, "f1", "f1")]
        assert found[0].message == "no"
        assert found[0].commit is not None
        assert found[0].commit.sha == sha("a")
        assert told(town.put(stage(freight=("f1",), last="p1", phase="odd"))) == []


def test_health() -> None:
    """From a health to another one is health; who may not see Applications is not told."""
    town = Eventful(KEY)
    town.put(application("shop", authorized="shop:test"), stage(freight=("f1",), checks=[check("argocd/shop")]))
    found = town.put(application("shop", authorized="shop:test", health="Degraded"))
    assert [(each.event, each.before, each.after) for each in found] == [(EventType.HEALTH, "Healthy", "Unhealthy")]
    assert found[0].told_by == frozenset({"Application"})
    found = town.put(coming("f2"))
    assert [each.event for each in found] == [EventType.PROMOTION_STARTED, EventType.HEALTH]
