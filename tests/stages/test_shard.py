"""Whose a Stage is, and its Promotions."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.stages.shard import SHARD, shard_of_promotion, shard_of_stage

WEST = {SHARD: "west"}
ADMITTED = {"annotations": {"kargo.akuity.io/stage": "test"}}


@pytest.mark.parametrize(
    ("stage", "shard"),
    [
        ({}, ""),
        ({"spec": {"shard": "east"}}, "east"),
        ({"spec": {"shard": "east"}, "metadata": {"labels": WEST}}, "east"),
        ({"spec": {"shard": ""}, "metadata": {"labels": WEST}}, "west"),
        ({"spec": {"shard": 5}, "metadata": {"labels": WEST}}, "west"),
        ({"spec": [], "metadata": {"labels": []}}, ""),
    ],
)
def test_a_stage(stage: dict[str, Any], shard: str) -> None:
    """spec.shard decides, and the label where that says nothing."""
    assert shard_of_stage(stage) == shard


@pytest.mark.parametrize(
    ("metadata", "shard"),
    [
        ({"labels": WEST}, "west"),
        ({"labels": WEST, **ADMITTED}, "west"),
        ({}, "east"),
        (None, "east"),
        ({"labels": {SHARD: ""}}, "east"),
        (ADMITTED, ""),
    ],
)
def test_a_promotion(metadata: Any, shard: str) -> None:
    """Its label decides; its Stage where no webhook has seen it; nobody where one has, and gave it none."""
    assert shard_of_promotion({"metadata": metadata}, "east") == shard
