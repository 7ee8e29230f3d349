"""The Promotion that auto-promotion creates."""

from __future__ import annotations

from promoter_view.promotions.automatic.building import promotion_name, promotion_of
from tests.promotions import kargo

NOW = 1_800_000_000.0


def test_the_document() -> None:
    """It is what Kargo's webhook would make of the Stage: steps and variables, labels, annotations, its owner."""
    steps = [{"uses": "argocd-update", "config": {"apps": []}}, {"task": {"name": "t"}}, {"uses": "x", "as": "mine"}]
    template = {"promotionTemplate": {"spec": {"steps": steps, "vars": [{"name": "b", "value": "2"}]}}}
    stage = kargo.stage(**template, vars=[{"name": "a", "value": "1"}])
    assert promotion_of(stage, "f1", "Warehouse/w", shard="east", name="n") == {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Promotion",
        "metadata": {
            "name": "n",
            "namespace": "kargo-demo",
            "labels": {"kargo.akuity.io/shard": "east", "kargo.akuity.io/stage": "test"},
            "annotations": {
                "kargo.akuity.io/stage": "test",
                "kargo.akuity.io/create-actor": "controller:promoter-view-east",
                "view.promoter.argoproj.io/auto-promotion": "Warehouse/w",
            },
            "ownerReferences": [
                {
                    "apiVersion": "kargo.akuity.io/v1alpha1",
                    "kind": "Stage",
                    "name": "test",
                    "uid": "uid-test",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "stage": "test",
            "freight": "f1",
            "vars": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}],
            "steps": [
                {"uses": "argocd-update", "config": {"apps": []}, "as": "step-1"},
                {"task": {"name": "t"}, "as": "task-2"},
                {"uses": "x", "as": "mine"},
            ],
        },
    }


def test_a_stage_with_a_long_name() -> None:
    """Where its name is no label's value it is none; without variables there are none."""
    found = promotion_of(kargo.stage(name="s" * 64), "f1", "Warehouse/w", shard="east", name="n")
    assert found["metadata"]["labels"] == {"kargo.akuity.io/shard": "east"}
    assert "vars" not in found["spec"]


def test_names() -> None:
    """Stage, a ULID, and the beginning of the Freight's name: in the order of time, and short enough for Kubernetes."""
    assert promotion_name("test", "ABCDEFGHIJ", NOW, 0) == "test.01mcc5rm000000000000000000.abcdefg"
    assert promotion_name("test", "f1", NOW, (1 << 80) - 1) == "test.01mcc5rm00zzzzzzzzzzzzzzzz.f1"
    assert promotion_name("test", "f1", NOW, 1 << 80) == promotion_name("test", "f1", NOW, 0)
    assert promotion_name("test", "f1", NOW + 0.001, 0) > promotion_name("test", "f1", NOW, (1 << 80) - 1)
    assert len(promotion_name("s" * 300, "abcdefgh", NOW, 7)) == 253
