"""Which Freight a Stage may take, and from when on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from promoter_view.stages.availability import Availability, availability
from promoter_view.stages.freight import Freight, read_freight, read_requests

NOW = 1_800_000_000.0
TEN_MINUTES_AGO = "2027-01-15T07:50:00Z"
HERE = {"currentlyIn": {"a": {"since": TEN_MINUTES_AGO}}}
Sources = Mapping[str, Any]


def document(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "f1"}, "origin": {"kind": "Warehouse", "name": "w"}, "status": status}


def freight(**status: Any) -> Freight:
    return read_freight(document(**status))


def asked(found: Freight, *sources: Sources, warehouse: str = "w") -> Availability:
    """Whether Stage ``test``, which requests that, may take it."""
    origin = {"kind": "Warehouse", "name": warehouse}
    stage = {"spec": {"requestedFreight": [{"origin": origin, "sources": each} for each in sources]}}
    return availability(found, "test", read_requests(stage), NOW)


DIRECT = {"direct": True}

VERIFIED = {"verifiedIn": {"a": {}, "b": {}}}
ONE = {"verifiedIn": {"a": {}}}
SOAK = {"stages": ["a"], "requiredSoakTime": "1h"}
BOTH = {**SOAK, "stages": ["a", "b"]}
ALL = {**BOTH, "availabilityStrategy": "All"}


@pytest.mark.parametrize(
    ("sources", "found", "available"),
    [
        (DIRECT, freight(), True),
        ({"stages": ["a"]}, freight(), False),
        ({"stages": ["a"]}, freight(approvedFor={"test": {}}), True),
        ({"stages": ["a"]}, freight(approvedFor={"prod": {}}), False),
        ({"stages": ["a"]}, freight(**ONE), True),
        ({"stages": ["a", "b"]}, freight(**ONE), True),
        ({"stages": ["a", "b"], "availabilityStrategy": "OneOf"}, freight(**ONE), True),
        ({"stages": ["a", "b"], "availabilityStrategy": "All"}, freight(**ONE), False),
        ({"stages": ["a", "b"], "availabilityStrategy": "All"}, freight(**VERIFIED), True),
        ({"stages": [], "availabilityStrategy": "All"}, freight(**VERIFIED), False),
        ({"stages": ["a"], "requiredSoakTime": "5m"}, freight(**ONE), False),
        ({"stages": ["a"], "requiredSoakTime": "5m"}, freight(verifiedIn={"a": {"longestSoak": "6m0s"}}), True),
        ({"stages": ["a"], "requiredSoakTime": "5m"}, freight(**ONE, **HERE), True),
        ({"stages": ["a"], "requiredSoakTime": "10m"}, freight(**ONE, **HERE), True),
        (SOAK, freight(**ONE, **HERE), False),
    ],
)  # fmt: skip
def test_availability(sources: Sources, found: Freight, available: bool) -> None:
    """Freight has to be approved, direct, or verified upstream for long enough."""
    assert asked(found, sources).is_available is available


def test_of_another_origin() -> None:
    """Freight that the Stage does not request is not available, and any of several requests for its origin will do."""
    said = asked(freight(), DIRECT, warehouse="v")
    assert said == Availability("Freight f1 is of Warehouse/w, which Stage test does not request")
    assert asked(freight(), SOAK, DIRECT).is_available


@pytest.mark.parametrize(
    ("sources", "found", "words"),
    [
        (SOAK, freight(**ONE, **HERE), "yet: it is verified in a, and has soaked there for 10m0s of 1h0m0s"),
        (SOAK, freight(**ONE), "has soaked there for 0s of 1h0m0s"),
        (SOAK, freight(verifiedIn={"a": {"longestSoak": "59m"}}), "has soaked there for 59m0s of 1h0m0s"),
        (BOTH, freight(**VERIFIED), "verified in a, and has soaked there for 0s of 1h0m0s; it is"),
        (SOAK, freight(), "it is not verified in a"),
        (ALL, freight(**ONE), "it is not verified in a, b"),
        ({}, freight(), "it is not verified upstream"),
    ],
)
def test_only_not_soaked(sources: Sources, found: Freight, words: str) -> None:
    """Where nothing but time is missing that is said, and how much has passed; where more is, that is said."""
    assert words in asked(found, sources).reason


SINCE = {"a": {"since": TEN_MINUTES_AGO}, "b": {"since": "2027-01-15T07:30:00Z"}}


@pytest.mark.parametrize(
    ("sources", "found", "minutes"),
    [
        (SOAK, freight(**ONE, **HERE), 50),
        (BOTH, freight(**VERIFIED, currentlyIn=SINCE), 30),
        (ALL, freight(**VERIFIED, currentlyIn=SINCE), 50),
        (ALL, freight(verifiedIn={"a": {}, "b": {"longestSoak": "2h"}}, **HERE), 50),
        (ALL, freight(**VERIFIED, **HERE), None),
        (SOAK, freight(**ONE), None),
        (SOAK, freight(**HERE), None),
        (DIRECT, freight(), None),
    ],
)
def test_when(sources: Sources, found: Freight, minutes: int | None) -> None:
    """Where it soaks, when that is over is told: in any Stage upstream, or in all; not of what has left before."""
    assert asked(found, sources).at == (None if minutes is None else NOW + 60 * minutes)


def test_deleted() -> None:
    """Freight that is being deleted is not taken, though it is approved."""
    found = document(approvedFor={"test": {}})
    found["metadata"]["deletionTimestamp"] = TEN_MINUTES_AGO
    assert asked(read_freight(found), DIRECT).reason == "Freight f1 is being deleted"


def test_when_it_was_discovered() -> None:
    """The time of its discovery counts; of older Freight, which has none, that of its creation."""
    found = document()
    found["metadata"]["creationTimestamp"] = TEN_MINUTES_AGO
    assert read_freight(found).discovered == TEN_MINUTES_AGO
    assert read_freight({**found, "discoveredAt": "2027-01-15T07:00:00Z"}).discovered == "2027-01-15T07:00:00Z"
