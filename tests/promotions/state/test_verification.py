"""Verification of the Freight in use: once, once more where it is asked for, and never by analysis."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.state.verification import NO_ANALYSIS, verify
from promoter_view.promotions.values import read_stage
from tests.promotions.kargo import collection, stage

NOW = "2027-01-15T08:00:00Z"
ANALYSIS = {"analysisTemplates": [{"name": "t"}]}
FAILED = {"finishTime": NOW, "phase": "Error", "message": NO_ANALYSIS}


def verified(
    known: list[dict[str, Any]], *, asked: str = "", healthy: bool = True, now: str = NOW, **spec: Any
) -> list[dict[str, Any]]:
    """The verifications after one look at a Stage that has those."""
    in_use = {**collection("f1"), **({"verificationHistory": known} if known else {})}
    found = stage(status={"freightHistory": [in_use, collection("f0")]}, **spec)
    found["metadata"]["annotations"] = {"kargo.akuity.io/reverify": asked}
    newest, earlier = verify(read_stage(found), healthy=healthy, now=now)
    assert earlier == collection("f0")
    history: list[dict[str, Any]] = newest.get("verificationHistory", [])
    return history


def test_nothing_in_use() -> None:
    """Where no Freight is in use there is none to verify."""
    assert verify(read_stage(stage()), healthy=True, now=NOW) == []


def test_once() -> None:
    """A healthy Stage's Freight is verified, once; an unhealthy one's is not yet."""
    assert verified([], healthy=False) == []
    (first,) = found = verified([])
    assert {**first, "id": ""} == {"id": "", "startTime": NOW, "finishTime": NOW, "phase": "Successful"}
    assert verified(found, now="later") == found


@pytest.mark.parametrize("form", ["{}", '{{"id": "{}", "actor": "email:a@example.com", "controlPlane": true}}'])
def test_once_more(form: str) -> None:
    """By annotation it is verified anew, once for each time that somebody names the newest verification."""
    first = verified([])
    found = verified(first, asked=form.format(first[0]["id"]), now="later")
    assert found[1:] == first
    assert (found[0]["phase"], found[0]["startTime"]) == ("Successful", "later")
    assert found[0]["id"] != first[0]["id"]
    assert verified(found, asked=form.format(first[0]["id"])) == found
    assert verified(first, asked=form.format(first[0]["id"]), healthy=False) == first


def test_the_same_freight_within_a_second() -> None:
    """Each Promotion's verification has an id of its own, though the Freight and the moment are the same."""
    ids = set()
    for name in "pq":
        found = stage(status={"freightHistory": [collection("f1")], "lastPromotion": {"name": name}})
        (entry,) = verify(read_stage(found), healthy=True, now=NOW)
        ids.add(entry["verificationHistory"][0]["id"])
    assert len(ids) == 2


@pytest.mark.parametrize("asked", ["other", "", "7", "[]", "{}", '{"id": 7}'])
def test_not_asked(asked: str) -> None:
    """A request that names no verification, or another, is none."""
    first = verified([])
    assert verified(first, asked=asked) == first
    assert verified([{"phase": "Failed"}], asked=asked) == [{"phase": "Failed"}]


def test_ten_are_kept() -> None:
    """Of many the newest ten stay."""
    known = [{"id": f"v{place}", "phase": "Successful"} for place in range(10)]
    found = verified(known, asked="v0")
    assert (len(found), found[1:]) == (10, known[:9])


def test_analysis() -> None:
    """A Stage that asks for analysis gets the error, once, and once more with who asked for it."""
    first = verified([], verification=ANALYSIS)
    assert first == [{"id": first[0]["id"], "startTime": NOW, **FAILED}]
    assert verified(first, verification=ANALYSIS) == first
    again = verified(first, asked=f'{{"id": "{first[0]["id"]}", "actor": "email:a@example.com"}}', verification={})
    assert (again[0]["phase"], again[0]["actor"], again[1:]) == ("Error", "email:a@example.com", first)


def test_begun_elsewhere() -> None:
    """One that another controller has begun ends, whatever the health: nobody looks at its AnalysisRun here."""
    begun = {"id": "v", "startTime": "t", "phase": "Running", "analysisRun": {"name": "r"}}
    for healthy in (True, False):
        assert verified([begun], healthy=healthy) == [{"id": "v", "startTime": "t", **FAILED}]
    assert verified([{"phase": "Pending"}]) == [FAILED]
