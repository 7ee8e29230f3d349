"""The queue of one Stage: order, claim, release."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.state.queue import ordered, reference, turn
from promoter_view.promotions.values import Promotion, read_promotion, read_stage_status
from tests.promotions import kargo


def promotion(name: str, phase: str = "", **more: Any) -> Promotion:
    return read_promotion(kargo.promotion(name, phase, **more))


RUNNING = promotion("z-running", "Running", created=9, startedAt="s")
OLD, NEW = promotion("b-old", "Pending", created=1), promotion("a-new", "", created=2)
DONE, LATER = (
    promotion("d-done", "Succeeded", created=3, startedAt="s"),
    promotion("c-later", "Failed", created=4, startedAt="s"),
)


def names(found: Any) -> list[str]:
    return [each.name for each in found]


def test_order() -> None:
    """Running ones first, then by creation those that wait, then the newest of those that ended."""
    found = ordered([DONE, NEW, LATER, OLD, RUNNING])
    assert names(found) == ["z-running", "b-old", "a-new", "c-later", "d-done"]


def test_order_of_the_same_second() -> None:
    """Promotions of one second are ordered by name."""
    assert names(ordered([promotion("b"), promotion("a")])) == ["a", "b"]


@pytest.mark.parametrize(
    ("status", "promotions", "released", "current"),
    [
        ({}, [], [], None),
        ({}, [NEW, OLD], [], "b-old"),
        ({"currentPromotion": {"name": "a-new"}}, [NEW, OLD], [], "a-new"),
        ({"currentPromotion": {"name": "gone"}}, [NEW, OLD], [], "b-old"),
        ({}, [OLD, RUNNING], [], "z-running"),
        ({"currentPromotion": {"name": "d-done"}}, [DONE, OLD], ["d-done"], "b-old"),
        ({}, [LATER, DONE], ["d-done", "c-later"], None),
        ({"lastPromotion": {"name": "d-done"}}, [LATER, DONE], ["c-later"], None),
        ({"lastPromotion": {"name": "c-later"}}, [LATER, DONE], [], None),
        # The one that had its turn counts even if it is older than the last one.
        (
            {"lastPromotion": {"name": "c-later"}, "currentPromotion": {"name": "d-done"}},
            [LATER, DONE],
            ["d-done"],
            None,
        ),
    ],
)
def test_turns(status: dict[str, Any], promotions: list[Any], released: list[str], current: str | None) -> None:
    """Who has the turn keeps it; who has ended is released once, in the order of creation; the next is the oldest."""
    found = turn(read_stage_status(status), promotions)
    assert names(found.released) == released
    assert (found.current.name if found.current else None) == current


@pytest.mark.parametrize(("finished", "released"), [("2027-01-15T09:00:01Z", ["p"]), ("2027-01-15T08:59:59Z", [])])
def test_the_last_one_is_gone(finished: str, released: list[str]) -> None:
    """Where the last Promotion was deleted, its end says which others came later."""
    status = {"lastPromotion": {"name": "gone", "finishedAt": "2027-01-15T09:00:00Z"}}
    assert (
        names(turn(read_stage_status(status), [promotion("p", "Succeeded", finishedAt=finished)]).released) == released
    )


def test_aborted_before_it_began() -> None:
    """A Promotion that was called off before it began is as if it had never been."""
    found = turn(read_stage_status({"currentPromotion": {"name": "p"}}), [promotion("p", "Aborted")])
    assert (found.released, found.current) == ((), None)
    assert names(turn(read_stage_status({}), [promotion("p", "Aborted", startedAt="s")]).released) == ["p"]


def test_references() -> None:
    """A Stage's status names a Promotion with its Freight, and how it ended once it has."""
    waiting = kargo.promotion("p", "Running")
    waiting["status"]["freight"] = {"name": "f1"}
    assert reference(read_promotion(waiting)) == {"name": "p", "freight": {"name": "f1"}}
    ended = promotion("p", "Failed", finishedAt="t", message="m", lastHandledRefresh="r")
    assert reference(ended) == {
        "name": "p",
        "finishedAt": "t",
        "status": {"phase": "Failed", "finishedAt": "t", "message": "m"},
    }
