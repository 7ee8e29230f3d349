"""What ``kubectl get stagedetails`` shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from promoter_view.views.ages import Since
from promoter_view.views.stage.columns import COLUMNS, NONE, cells
from promoter_view.views.stage.details import stage_details
from tests.support.views.stages import application, stage, thing
from tests.support.views.strategies import Decoded


def shown(root: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The cells by column."""
    metadata = {"name": "test", "namespace": "shop", "creationTimestamp": "2026-11-20T10:00:00Z"}
    found = cells(Decoded({"metadata": metadata, "stage": root, **members}, "stage"))
    return dict(zip([column.name for column in COLUMNS], [cell() for cell in found], strict=True))


def test_columns() -> None:
    """Columns stand in the order that users know, cells in that of the columns."""
    assert [column.name for column in COLUMNS if not column.priority] == [
        "Stage",
        "Freight",
        "Health",
        "Apps",
        "Last Promotion",
        "Age",
    ]
    kinds = {member.kind for member in stage_details("argocd").members}
    assert {column.kind for column in COLUMNS if column.kind} <= kinds


def test_row() -> None:
    """A Stage at work in one line."""
    freight = [{**thing("Freight", "f" * 40), "alias": "wise-owl"}, thing("Freight", "abcdefghijk")]
    health = {
        "status": "Unhealthy",
        "issues": ["Application argocd/a has\nhealth state", "more"],
        "checks": [{"name": "a", "namespace": "argocd", "status": "Unhealthy"}],
    }
    applications = [application("a"), application("b"), application("c", health="Degraded")]
    found = shown(stage(last="p7", phase="Succeeded"), freight=freight, health=health, applications=applications)
    assert found == {
        "Stage": "test",
        "Freight": "wise-owl,abcdefg",
        "Health": "Unhealthy",
        "Apps": "1/3",
        "Last Promotion": "p7 Succeeded",
        "Age": Since(datetime(2026, 11, 20, 10, tzinfo=UTC)),
        "Issues": "Application argocd/a has health state + 1 more...",
        "Next": NONE,
    }


def test_what_comes_next() -> None:
    """By alias; of Freight that the Stage may not take yet, why."""
    coming = [{"freight": "f" * 40, "state": "Available"}, {"alias": "b", "state": "Queued", "message": "not yet"}]
    assert shown(stage(), status={"next": coming})["Next"] == "fffffff; b: not yet"


def test_nothing() -> None:
    """A Stage of which nothing is known yet."""
    found = shown(stage(last=""))
    assert [found[name] for name in ("Freight", "Health", "Apps", "Last Promotion", "Issues")] == [
        NONE,
        NONE,
        "0/0",
        NONE,
        NONE,
    ]


def test_missing_applications_count() -> None:
    """An Application that is checked and not there is one of all."""
    checks = [{"name": "a", "namespace": "argocd", "status": "Unknown"}]
    assert shown(stage(), health={"status": "Unknown", "checks": checks})["Apps"] == "0/1"


def test_promotion_under_way() -> None:
    """The newest Promotion is the one under way."""
    assert shown(stage(current="p8"))["Last Promotion"] == "p8 Running"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({"currentPromotionRequest": {"name": "r2"}, "lastPromotionRequest": {"name": "r1"}}, "r2 Running"),
        ({"lastPromotionRequest": {"name": "r1", "phase": "Failed"}}, "r1 Failed"),
    ],
)
def test_with_targets(status: dict[str, Any], told: str) -> None:
    """A Stage with Targets shows the PromotionRequest, in whose place its Promotions are."""
    assert shown({**stage(), "status": status})["Last Promotion"] == told


def test_bounded() -> None:
    """No cell is longer than a terminal bears."""
    freight = [{"alias": "x" * 100, "metadata": {}} for _ in range(9)]
    found = shown(stage(last="p" * 200), freight=freight, health={"issues": ["x" * 500]})
    assert all(len(cell) <= 120 for cell in found.values() if isinstance(cell, str))


@pytest.mark.parametrize("odd", [None, 7, "x", [], [7], {"a": 7}])
def test_any_shape(odd: Any) -> None:
    """Whatever stands in place of a member, there is a row."""
    members = dict.fromkeys(("metadata", "stage", "freight", "health", "applications"), odd)
    for tree in (members, {"stage": {"status": odd}, "health": {"issues": odd, "checks": odd}}):
        assert len([cell() for cell in cells(Decoded(tree, "stage"))]) == len(COLUMNS)
