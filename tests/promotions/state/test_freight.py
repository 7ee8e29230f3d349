"""Freight: references, collections, and whether a Stage may take it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from promoter_view.promotions.state.freight import collection, collection_id, reference, unavailable
from promoter_view.promotions.state.freight_status import forgotten, placed
from promoter_view.promotions.values import Freight, Stage, read_freight, read_stage
from tests.promotions import kargo

NOW = 1_800_000_000.0
NOW_WRITTEN = "2027-01-15T08:00:00Z"
TEN_MINUTES_AGO = "2027-01-15T07:50:00Z"
HERE = {"currentlyIn": {"a": {"since": TEN_MINUTES_AGO}}}


def freight(name: str = "f1", **status: Any) -> Freight:
    return read_freight(kargo.freight(name, **status))


def stage(*requested: str, **more: Any) -> Stage:
    return read_stage(kargo.stage(*requested, **more))


def test_a_reference() -> None:
    """A reference has the Freight's name, origin and contents."""
    assert reference(freight("f")) == {
        "name": "f",
        "origin": {"kind": "Warehouse", "name": "w"},
        "commits": [{"repoURL": "https://example.com/repo.git", "id": "abc"}],
    }


def test_collections_inherit_what_is_still_requested() -> None:
    """Freight of other origins stays as the last Promotion left it, where the Stage still requests it."""
    last = {"Warehouse/v": {"name": "other"}, "Warehouse/gone": {"name": "g"}}
    status = {"lastPromotion": {"status": {"freightCollection": {"items": last}}}}
    found = collection(stage("w", "v", status=status), reference(freight("f")))
    assert {origin: item["name"] for origin, item in found["items"].items()} == {
        "Warehouse/v": "other",
        "Warehouse/w": "f",
    }
    assert found["id"] == hashlib.sha1(b"f,other").hexdigest()


def test_a_single_origin_inherits_nothing() -> None:
    """A Stage that requests Freight of one origin has the new one only."""
    status = {"lastPromotion": {"status": {"freightCollection": {"items": {"Warehouse/w": {"name": "old"}}}}}}
    found = collection(stage(status=status), reference(freight("f")))
    assert found["id"] == collection_id({"x": {"name": "f"}})


def offering(**sources: Any) -> Stage:
    found = kargo.stage()
    found["spec"]["requestedFreight"][0]["sources"] = sources
    return read_stage(found)


VERIFIED = {"verifiedIn": {"a": {}, "b": {}}}
ONE = {"verifiedIn": {"a": {}}}


@pytest.mark.parametrize(
    ("taking", "found", "available"),
    [
        (stage(), freight(), True),
        (stage("other"), freight(), False),
        (offering(stages=["a"]), freight(), False),
        (offering(stages=["a"]), freight(approvedFor={"test": {}}), True),
        (offering(stages=["a"]), freight(approvedFor={"prod": {}}), False),
        (offering(stages=["a"]), freight(**ONE), True),
        (offering(stages=["a", "b"]), freight(**ONE), True),
        (offering(stages=["a", "b"], availabilityStrategy="OneOf"), freight(**ONE), True),
        (offering(stages=["a", "b"], availabilityStrategy="All"), freight(**ONE), False),
        (offering(stages=["a", "b"], availabilityStrategy="All"), freight(**VERIFIED), True),
        (offering(stages=[], availabilityStrategy="All"), freight(**VERIFIED), False),
        (offering(stages=["a"], requiredSoakTime="5m"), freight(**ONE), False),
        (offering(stages=["a"], requiredSoakTime="5m"), freight(verifiedIn={"a": {"longestSoak": "6m0s"}}), True),
        (offering(stages=["a"], requiredSoakTime="5m"), freight(**ONE, **HERE), True),
        (offering(stages=["a"], requiredSoakTime="1h"), freight(**ONE, **HERE), False),
    ],
)  # fmt: skip
def test_availability(taking: Stage, found: Freight, available: bool) -> None:
    """Freight has to be of an origin requested, and approved, direct, or verified upstream for long enough."""
    assert (unavailable(found, taking, NOW) is None) is available


SOAK = {"stages": ["a"], "requiredSoakTime": "1h"}


@pytest.mark.parametrize(
    ("sources", "found", "words"),
    [
        (SOAK, freight(**ONE, **HERE), "yet: it is verified in a, and has soaked there for 10m0s of 1h0m0s"),
        (SOAK, freight(**ONE), "has soaked there for 0s of 1h0m0s"),
        (SOAK, freight(verifiedIn={"a": {"longestSoak": "59m"}}), "has soaked there for 59m0s of 1h0m0s"),
        (
            SOAK | {"stages": ["a", "b"]},
            freight(**VERIFIED),
            "verified in a, and has soaked there for 0s of 1h0m0s; it is",
        ),
        (SOAK, freight(), "it is not verified in a"),
        (SOAK | {"stages": ["a", "b"], "availabilityStrategy": "All"}, freight(**ONE), "it is not verified in a, b"),
    ],
)
def test_only_not_soaked(sources: dict[str, Any], found: Freight, words: str) -> None:
    """Where nothing but time is missing that is said, and how much has passed; where more is, that is said."""
    assert words in (unavailable(found, offering(**sources), NOW) or "")


def test_deleted() -> None:
    """Freight that is being deleted is not taken, though it is approved."""
    found = kargo.freight(approvedFor={"test": {}})
    found["metadata"]["deletionTimestamp"] = TEN_MINUTES_AGO
    assert unavailable(read_freight(found), stage(), NOW) == "Freight f1 is being deleted"


def test_why_not() -> None:
    """The reason names the Freight, the Stage, and what would make it available."""
    assert unavailable(freight(), stage("v"), NOW) == "Freight f1 is of Warehouse/w, which Stage test does not request"
    said = unavailable(freight(), offering(stages=["uat"]), NOW)
    assert said is not None
    assert said.endswith("it is not verified in uat")


@pytest.mark.parametrize(
    ("before", "current", "verified", "after"),
    [
        ({}, True, False, {"currentlyIn": {"test": {"since": NOW_WRITTEN}}}),
        ({"currentlyIn": {"test": {"since": "t"}}}, True, False, {"currentlyIn": {"test": {"since": "t"}}}),
        (
            {"currentlyIn": {"prod": {"since": "t"}}},
            True,
            True,
            {
                "currentlyIn": {"prod": {"since": "t"}, "test": {"since": NOW_WRITTEN}},
                "verifiedIn": {"test": {"verifiedAt": NOW_WRITTEN}},
            },
        ),
        ({"verifiedIn": {"test": {"verifiedAt": "t"}}}, False, True, {"verifiedIn": {"test": {"verifiedAt": "t"}}}),
        ({"currentlyIn": {"test": {"since": TEN_MINUTES_AGO}}}, False, False, {"currentlyIn": {}}),
        (
            {"currentlyIn": {"test": {"since": TEN_MINUTES_AGO}}, "verifiedIn": {"test": {"longestSoak": "5m0s"}}},
            False,
            False,
            {"currentlyIn": {}, "verifiedIn": {"test": {"longestSoak": "10m0s"}}},
        ),
        (
            {"currentlyIn": {"test": {"since": TEN_MINUTES_AGO}}, "verifiedIn": {"test": {"longestSoak": "1h0m0s"}}},
            False,
            False,
            {"currentlyIn": {}, "verifiedIn": {"test": {"longestSoak": "1h0m0s"}}},
        ),
    ],
)
def test_placed(before: dict[str, Any], current: bool, verified: bool, after: dict[str, Any]) -> None:
    """Freight knows in which Stages it is since when, where it was verified, and for how long it stayed there."""
    assert (
        placed(read_freight({"status": before}), "test", current=current, verified=verified, now=NOW_WRITTEN) == after
    )


def test_forgotten() -> None:
    """A Stage that is gone leaves no trace in Freight; others stay."""
    status = {name: {"test": {}, "prod": {}} for name in ("currentlyIn", "verifiedIn", "approvedFor")}
    after = forgotten(read_freight({"status": status}), "test")
    assert after == {name: {"prod": {}} for name in status}
