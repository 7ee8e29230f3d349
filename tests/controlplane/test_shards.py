"""Whose a Stage is, and its Promotions, behind Kargo's webhooks: by spec.shard, and after that has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.argocd import (
    APPLICATIONS,
    PROJECT,
    SHARD,
    ArgoCD,
    application,
    kargo_path,
    promote,
    stage,
    town,
    update,
    wait_for,
)
from tests.controlplane.test_promotions import ended, running, stage_says
from tests.crds.installed import every_definition
from tests.support.plane.client import Client, Document
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

LABEL = "kargo.akuity.io/shard"


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with all CRDs, and the project in it."""
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(control_plane_binaries, folder, every_definition()) as plane, town(plane):
        yield plane


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    return plane.client()


def touch(client: Client, promotion: str) -> Document:
    """Writes the Promotion itself, as ``kubectl annotate`` does: the webhook gives it its Stage's shard of now."""
    annotations = {"example.com/touched": "yes"}
    return client.patch(kargo_path("promotions", promotion), {"metadata": {"annotations": annotations}})


def ready(client: Client, name: str) -> tuple[str, str]:
    """Reason and message of a Stage's condition Ready, empty before it has one."""
    conditions = client.get(kargo_path("stages", name)).get("status", {}).get("conditions", ())
    return next(((each["reason"], each["message"]) for each in conditions if each["type"] == "Ready"), ("", ""))


def test_a_label_alone(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """A Stage that has but the label is not ours, for the webhook takes that away; by spec.shard it is."""
    labelled = stage("labelled", shard="")
    labelled["metadata"]["labels"] = {LABEL: SHARD}
    assert LABEL not in client.create(kargo_path("stages"), labelled)["metadata"].get("labels", {})
    client.create(APPLICATIONS, application("labelled", f"{PROJECT}:labelled"))
    promotion = promote(client, "labelled", update("abc", name="labelled"))
    client.create(kargo_path("stages"), stage("neighbour"))
    with running(tmp_path, plane), ArgoCD(plane.client) as argocd:
        wait_for(lambda: ready(client, "neighbour")[0], "another Stage to be looked at")
        assert "status" not in client.get(kargo_path("stages", "labelled"))
        client.patch(kargo_path("stages", "labelled"), {"spec": {"shard": SHARD}})
        # Made when its Stage was nobody's, the Promotion is for Kargo's default controller, until it is written again.
        wait_for(lambda: ready(client, "labelled")[0] == "PromotionOfOtherShard", "the reason")
        assert f'Promotion "{promotion}" is currently Pending: it is of no shard' in ready(client, "labelled")[1]
        assert touch(client, promotion)["metadata"]["labels"][LABEL] == SHARD
        assert ended(client, promotion) == ("Succeeded", "")
        stage_says(client, "labelled", "Healthy")
        assert argocd.syncs["labelled", promotion] == 1


def test_given_away_and_back(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """What runs when its Stage goes to another shard is ended here; what is labelled with that shard is not begun."""
    client.create(kargo_path("stages"), stage("moved"))
    client.create(APPLICATIONS, application("moved", f"{PROJECT}:moved"))
    with running(tmp_path, plane):
        first = promote(client, "moved", update("a", name="moved"))
        wait_for(lambda: "operation" in client.get(f"{APPLICATIONS}/moved"), "the operation")
        client.patch(kargo_path("stages", "moved"), {"spec": {"shard": "west"}})
        with ArgoCD(plane.client) as argocd:
            assert ended(client, first) == ("Succeeded", "")
            second = promote(client, "moved", update("b", name="moved"))
            assert client.get(kargo_path("promotions", second))["metadata"]["labels"][LABEL] == "west"
            client.patch(kargo_path("stages", "moved"), {"spec": {"shard": SHARD}})
            wait_for(lambda: 'of shard "west"' in ready(client, "moved")[1], "the other shard to be named")
            assert "status" not in client.get(kargo_path("promotions", second))
            touch(client, second)
            assert ended(client, second) == ("Succeeded", "")
            stage_says(client, "moved", "Healthy")
            assert argocd.syncs == {("moved", first): 1, ("moved", second): 1}
