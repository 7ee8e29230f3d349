"""Freight: references, collections, and what a Stage writes into it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from promoter_view.promotions.state.freight import collection, collection_id, reference
from promoter_view.promotions.state.freight_status import forgotten, forgotten_before, placed, verified
from promoter_view.promotions.values import Stage, read_stage
from promoter_view.stages.freight import Freight, read_freight
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


@pytest.mark.parametrize(
    ("before", "current", "verified_at", "after"),
    [
        ({}, True, "", {"currentlyIn": {"test": {"since": NOW_WRITTEN}}}),
        ({"currentlyIn": {"test": {"since": "t"}}}, True, "", {"currentlyIn": {"test": {"since": "t"}}}),
        (
            {"currentlyIn": {"prod": {"since": "t"}}},
            True,
            "at",
            {
                "currentlyIn": {"prod": {"since": "t"}, "test": {"since": NOW_WRITTEN}},
                "verifiedIn": {"test": {"verifiedAt": "at"}},
            },
        ),
        ({"verifiedIn": {"test": {"verifiedAt": "t"}}}, False, "at", {"verifiedIn": {"test": {"verifiedAt": "t"}}}),
        ({"currentlyIn": {"test": {"since": TEN_MINUTES_AGO}}}, False, "", {"currentlyIn": {}}),
        (
            {"currentlyIn": {"test": {"since": TEN_MINUTES_AGO}}, "verifiedIn": {"test": {"longestSoak": "5m0s"}}},
            False,
            "",
            {"currentlyIn": {}, "verifiedIn": {"test": {"longestSoak": "10m0.25s"}}},
        ),
        (
            {"currentlyIn": {"test": {"since": TEN_MINUTES_AGO}}, "verifiedIn": {"test": {"longestSoak": "1h0m0s"}}},
            False,
            "",
            {"currentlyIn": {}, "verifiedIn": {"test": {"longestSoak": "1h0m0s"}}},
        ),
    ],
)
def test_placed(before: dict[str, Any], current: bool, verified_at: str, after: dict[str, Any]) -> None:
    """Freight knows in which Stages it is since when, where it was verified, and for how long it stayed there."""
    found = read_freight({"status": before})
    assert placed(found, "test", current=current, verified_at=verified_at, now=NOW + 0.25) == after


def test_forgotten() -> None:
    """A Stage that is gone leaves no trace in Freight; others stay."""
    status = {name: {"test": {}, "prod": {}} for name in ("currentlyIn", "verifiedIn", "approvedFor")}
    after = forgotten(read_freight({"status": status}), "test")
    assert after == {name: {"prod": {}} for name in status}


def test_of_an_earlier_stage() -> None:
    """What Freight says from before the Stage was made is of another of its name, and goes; what has no time stays."""
    before = {"currentlyIn": {"test": {"since": TEN_MINUTES_AGO}}, "verifiedIn": {"test": {"verifiedAt": NOW_WRITTEN}}}
    status = {
        **before,
        "approvedFor": {"test": {"approvedAt": TEN_MINUTES_AGO}, "prod": {"approvedAt": TEN_MINUTES_AGO}},
    }
    after = forgotten_before(read_freight({"status": status}), "test", NOW_WRITTEN)
    assert after == {
        "currentlyIn": {},
        "verifiedIn": before["verifiedIn"],
        "approvedFor": {"prod": {"approvedAt": TEN_MINUTES_AGO}},
    }
    undated = {"approvedFor": {"test": {}}}
    assert forgotten_before(read_freight({"status": undated}), "test", NOW_WRITTEN) == undated
    assert forgotten_before(read_freight({"status": status}), "test", "") == status


def test_verified() -> None:
    """Freight that is verified stays so since then."""
    once = verified(freight(), "flow", "t1")
    assert once == {"verifiedIn": {"flow": {"verifiedAt": "t1"}}}
    assert verified(freight(**once), "flow", "t2") == once
