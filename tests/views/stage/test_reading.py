"""``availability`` and ``status.next`` are read back as they are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.views.stage.availability import FreightState
from promoter_view.views.stage.reading import ComingFreight, read_auto, read_availability, read_next
from tests.support.views.stages import minute

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOAKING = {"warehouse": "w", "state": "Waiting", "until": minute(120), "message": "soaks"}


def test_both_are_read() -> None:
    """With times, and by the name that people know."""
    named = {"name": "f" * 40, "discoveredAt": minute(0), "verifiedIn": ["a"], "approvedFor": ["b", 7]}
    (found,) = read_availability({"freight": [{**named, **SOAKING}, 7], "leftOut": 3})
    assert (found.called, found.until, found.soaks_until) == ("fffffff", NOON, NOON)
    assert (found.verified_in, found.approved_for) == ({"a"}, {"b"})
    (told,) = read_next({"next": [{"freight": "f1", "alias": "owl", **SOAKING, "autoPromotion": "Held"}]})
    assert (told.name, told.called, told.state, told.auto) == ("f1", "owl", FreightState.WAITING, "Held")
    assert read_auto({"next": [{"warehouse": "w", "autoPromotion": "Held"}, {"warehouse": "x"}]}) == {"w": "Held"}


@pytest.mark.parametrize(
    ("state", "now", "available"),
    [
        ("Available", NOON, True),
        ("Waiting", NOON - timedelta(seconds=1), False),
        ("Waiting", NOON, True),
        ("Queued", NOON, False),
        ("Promoting", NOON, False),
    ],
)
def test_what_has_soaked_is_available(state: str, now: datetime, available: bool) -> None:
    """When the time has come, nothing of the object changes."""
    found = ComingFreight("f", "f", "w", FreightState(state), "", until=NOON)
    assert found.is_available(now) is available


@pytest.mark.parametrize("odd", [{}, {"freight": 7, "next": "x"}, {"freight": [{}], "next": [{"state": "Odd"}]}])
def test_what_has_another_shape_counts_as_absent(odd: Any) -> None:
    """A state that nobody knows is one that has to wait."""
    for found in (*read_availability(odd), *read_next(odd)):
        assert found == ComingFreight("", "", "", FreightState.QUEUED, "")
