"""Which Freight a Stage could take, and which Stages a change concerns."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.promotions.automatic.demand import Demand
from promoter_view.records import ObjectKey
from promoter_view.stages.authorization import StageKey
from promoter_view.stages.freight import FreightRequest, read_requests
from tests.promotions import kargo

PROJECT = "kargo-demo"


def key(kind: str, name: str, project: str = PROJECT) -> ObjectKey:
    return ObjectKey(kind, project, name)


def stage(name: str, *upstream: str) -> dict[str, Any]:
    found = kargo.stage(name=name)
    if upstream:
        found["spec"]["requestedFreight"][0]["sources"] = {"stages": list(upstream)}
    return found


def request(document: dict[str, Any]) -> FreightRequest:
    return read_requests(document)[0]


def freight(name: str, found_at: str = "2027-01-15T08:00:00Z", **status: Any) -> dict[str, Any]:
    return {**kargo.freight(name, **status), "discoveredAt": found_at}


def names(stages: frozenset[StageKey]) -> set[str]:
    return {each.stage for each in stages}


def pipeline() -> Demand:
    """Stage dev takes Freight directly, test what dev has verified, and prod what test has."""
    demand = Demand()
    for name, upstream in (("dev", ()), ("test", ("dev",)), ("prod", ("test",))):
        assert demand.put(key("Stage", name), stage(name, *upstream)) == frozenset()
    return demand


def test_new_freight() -> None:
    """It concerns the Stages that take it directly, as it comes and as it goes; one of another project does not."""
    demand = pipeline()
    assert names(demand.put(key("Freight", "f"), freight("f"))) == {"dev"}
    assert demand.put(key("Freight", "f"), freight("f")) == frozenset()
    assert demand.put(key("Freight", "f", "other"), freight("f")) == frozenset()
    assert names(demand.remove(key("Freight", "f"))) == {"dev"}
    assert demand.remove(key("Freight", "f")) == frozenset()


def test_what_happens_upstream() -> None:
    """What is said of a Stage concerns those that take what it verifies, and only where it is another than before."""
    demand = pipeline()
    demand.put(key("Freight", "f"), freight("f"))
    verified = freight("f", verifiedIn={"dev": {"verifiedAt": "t"}})
    assert names(demand.put(key("Freight", "f"), verified)) == {"test"}
    both = freight("f", verifiedIn={"dev": {"verifiedAt": "t"}, "test": {"verifiedAt": "t"}})
    assert names(demand.put(key("Freight", "f"), both)) == {"prod"}
    soaked = freight("f", verifiedIn={"dev": {"verifiedAt": "t", "longestSoak": "1h"}, "test": {"verifiedAt": "t"}})
    assert names(demand.put(key("Freight", "f"), soaked)) == {"test"}


def test_a_policy() -> None:
    """A ProjectConfig concerns every Stage of its project, as it comes and as it goes."""
    demand = pipeline()
    assert names(demand.put(key("ProjectConfig", PROJECT), {})) == {"dev", "test", "prod"}
    assert names(demand.remove(key("ProjectConfig", PROJECT))) == {"dev", "test", "prod"}
    demand.remove(key("Stage", "prod"))
    assert names(demand.put(key("ProjectConfig", PROJECT), {})) == {"dev", "test"}
    assert demand.put(key("ProjectConfig", "other", "other"), {}) == frozenset()


def test_a_stage_that_asks_for_something_else() -> None:
    """What it asked for before concerns it no more, and nor does anything once it is gone."""
    demand = pipeline()
    demand.put(key("Stage", "dev"), stage("dev", "test"))
    assert demand.put(key("Freight", "f"), freight("f")) == frozenset()
    demand.put(key("Stage", "dev"), stage("dev"))
    assert names(demand.put(key("Freight", "g"), freight("g"))) == {"dev"}
    demand.remove(key("Stage", "dev"))
    assert demand.put(key("Freight", "h"), freight("h")) == frozenset()


def test_what_is_offered() -> None:
    """The newest first, by when it was found and then by name; of what cannot be available nothing."""
    demand = pipeline()
    for found in (
        freight("a", "2027-01-15T08:00:00Z", verifiedIn={"dev": {}}),
        freight("b", "2027-01-15T09:00:00Z"),
        freight("c", "2027-01-15T08:00:00Z", approvedFor={"test": {}}),
        freight("d", "not a time", currentlyIn={"prod": {}}),
    ):
        demand.put(key("Freight", found["metadata"]["name"]), found)
    assert demand.offered(StageKey(PROJECT, "dev"), request(stage("dev"))) == ["b", "c", "a", "d"]
    assert demand.offered(StageKey(PROJECT, "test"), request(stage("test", "dev"))) == ["c", "a"]
    assert demand.offered(StageKey("other", "dev"), request(stage("dev"))) == []


def test_freight_of_another_origin() -> None:
    """Freight whose origin becomes another concerns those of both."""
    demand = pipeline()
    demand.put(key("Freight", "f"), kargo.freight("f", "v"))
    assert demand.offered(StageKey(PROJECT, "dev"), request(stage("dev"))) == []
    demand.put(key("Freight", "f"), kargo.freight("f"))
    assert demand.offered(StageKey(PROJECT, "dev"), request(stage("dev"))) == ["f"]


def test_other_kinds() -> None:
    """They concern nobody here."""
    assert pipeline().put(key("Promotion", "p"), kargo.promotion("p")) == frozenset()
    assert pipeline().remove(key("Promotion", "p")) == frozenset()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "dev", "test"]), st.booleans()), max_size=12))
def test_as_if_made_anew(changes: list[tuple[str, str, bool]]) -> None:
    """Whatever came and went, what is offered is what it would be if only what is there had come."""
    demand, there = pipeline(), dict[str, dict[str, Any]]()
    for name, verified, stays in changes:
        if stays:
            there[name] = freight(name, verifiedIn={verified: {}} if verified else {})
            demand.put(key("Freight", name), there[name])
        else:
            there.pop(name, None)
            demand.remove(key("Freight", name))
    fresh = pipeline()
    for name, found in there.items():
        fresh.put(key("Freight", name), found)
    for of, document in (("dev", stage("dev")), ("test", stage("test", "dev"))):
        at = StageKey(PROJECT, of)
        assert demand.offered(at, request(document)) == fresh.offered(at, request(document))
