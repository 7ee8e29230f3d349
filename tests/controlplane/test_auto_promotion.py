"""Auto-promotion on a real kube-apiserver, behind the stand-in of Kargo's webhooks, which rename what is created."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.controlplane.argocd import (
    APPLICATIONS,
    PATIENCE_SECONDS,
    PROJECT,
    SHARD,
    ArgoCD,
    application,
    follow,
    freight,
    kargo_path,
    promote,
    stage,
    town,
    update,
    wait_for,
)
from tests.crds.installed import every_definition
from tests.support.plane.client import Client, Document
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

KILLS = lasting(4, 20)
CONFIG = kargo_path("projectconfigs", PROJECT)
AUTOMATIC = "view.promoter.argoproj.io/auto-promotion"


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with all CRDs, and a project in it whose policies are of the Stages ``auto-...``."""
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(control_plane_binaries, folder, every_definition()) as plane, town(plane):
        policy = {"stageSelector": {"name": "glob:auto-*"}, "autoPromotionEnabled": True}
        plane.client().create(
            kargo_path("projectconfigs"),
            {
                "apiVersion": "kargo.akuity.io/v1alpha1",
                "kind": "ProjectConfig",
                "metadata": {"name": PROJECT, "namespace": PROJECT},
                "spec": {"promotionPolicies": [policy]},
            },
        )
        yield plane


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    return plane.client()


@contextmanager
def running(folder: Path, plane: ControlPlane, *options: str, ready: bool = True) -> Iterator[Program]:
    """The program, running the shard with auto-promotion."""
    given = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{folder / 'log'}"]
    with Program(folder, [*given, "--argocd-shard", SHARD, "--argocd-auto-promotion", *options]) as program:
        program.start(timeout_seconds=PATIENCE_SECONDS)
        if ready:
            program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
        yield program


def new_freight(client: Client, name: str) -> None:
    """Freight that is newer than all that there is."""
    found = {**freight(name), "discoveredAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    client.create(kargo_path("freights"), found)


def a_stage(client: Client, name: str, **more: object) -> None:
    """A Stage whose Promotions sync an Application of its name."""
    client.create(APPLICATIONS, application(name, f"{PROJECT}:{name}"))
    client.create(kargo_path("stages"), stage(name, **more))  # type: ignore[arg-type]
    app = update("${{ ctx.targetFreight.name }}", name=name)
    follow(client, name, {"uses": "argocd-update", "config": {"apps": [app]}})


def promotions(client: Client, of: str) -> list[Document]:
    """The Promotions of that Stage, oldest first."""
    found = client.get(kargo_path("promotions"))["items"]
    return sorted((each for each in found if each["spec"]["stage"] == of), key=lambda each: each["metadata"]["name"])


def status_of(client: Client, name: str) -> Document:
    found: Document = client.get(kargo_path("stages", name)).get("status", {})
    return found


def said(client: Client, name: str) -> tuple[str, str]:
    """Reason and message of the condition AutoPromotion."""
    found = [each for each in status_of(client, name).get("conditions", ()) if each["type"] == "AutoPromotion"]
    return (found[0]["reason"], found[0]["message"]) if found else ("", "")


def newest(client: Client) -> str:
    """The Freight that was discovered last."""

    def age(found: Document) -> tuple[str, str]:
        metadata = found["metadata"]
        return found.get("discoveredAt") or metadata["creationTimestamp"], metadata["name"]

    name: str = max(client.get(kargo_path("freights"))["items"], key=age)["metadata"]["name"]
    return name


def in_use(client: Client, name: str, freight_name: str) -> None:
    wait_for(lambda: status_of(client, name).get("freightSummary") == freight_name, f"{freight_name} in {name}")


def test_new_freight_goes_through(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """The newest Freight is promoted, and from Stage to Stage; what the webhook makes of the Promotion is what runs."""
    a_stage(client, "auto-dev")
    a_stage(client, "auto-test", sources={"stages": ["auto-dev"]})
    a_stage(client, "by-hand")
    with running(tmp_path, plane), ArgoCD(plane.client) as argocd:
        new_freight(client, "g1")
        in_use(client, "auto-test", "g1")
        for name in ("auto-dev", "auto-test"):
            found = promotions(client, name)[-1]
            assert found["metadata"]["name"].endswith(".g1")
            assert found["metadata"]["annotations"][AUTOMATIC] == "Warehouse/w"
            assert found["metadata"]["labels"]["kargo.akuity.io/shard"] == SHARD
            assert found["spec"]["steps"][0]["as"] == "step-1"
            assert status_of(client, name)["autoPromotionEnabled"] is True
            initiator = client.get(f"{APPLICATIONS}/{name}")["status"]["operationState"]["operation"]["initiatedBy"]
            assert initiator == {"username": "kargo-controller", "automated": True}
        wait_for(lambda: said(client, "auto-dev") == ("UpToDate", "Freight g1 is in use already"), "that to be said")
        assert said(client, "by-hand")[0] == "NoPolicy"
        assert promotions(client, "by-hand") == []
        assert max(argocd.syncs.values()) == 1


def test_a_hold_and_its_end(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Older Freight that somebody promotes is left, though newer comes; until somebody promotes that."""
    a_stage(client, "auto-held")
    new_freight(client, "h1")
    with running(tmp_path, plane), ArgoCD(plane.client):
        in_use(client, "auto-held", "h1")
        name = promote(client, "auto-held", freight_name="f1")
        in_use(client, "auto-held", "f1")
        wait_for(lambda: said(client, "auto-held")[0] == "Held", "the hold to be said")
        assert status_of(client, "auto-held")["autoPromotionHolds"]["Warehouse/w"]["promotionName"] == name
        new_freight(client, "h2")
        time.sleep(2)
        assert status_of(client, "auto-held")["freightSummary"] == "f1"
        promote(client, "auto-held", freight_name="h2")
        in_use(client, "auto-held", "h2")
        wait_for(lambda: "autoPromotionHolds" not in status_of(client, "auto-held"), "the hold to end")
        new_freight(client, "h3")
        in_use(client, "auto-held", "h3")


def test_the_end_of_a_soak(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Nothing happens but time: once the Freight has soaked for long enough it is promoted, and not before."""
    a_stage(client, "auto-first")
    a_stage(client, "auto-soaked", sources={"stages": ["auto-first"], "requiredSoakTime": "8s"})

    def soaked() -> bool:
        return any(each["spec"]["freight"] == "s1" for each in promotions(client, "auto-soaked"))

    with running(tmp_path, plane), ArgoCD(plane.client):
        new_freight(client, "s1")
        in_use(client, "auto-first", "s1")
        wait_for(lambda: "s1 has soaked for long enough at" in said(client, "auto-soaked")[1], "that it soaks")
        assert not soaked()
        since = client.get(kargo_path("freights", "s1"))["status"]["currentlyIn"]["auto-first"]["since"]
        wait_for(soaked, "the Promotion after the soak")
        assert datetime.now(UTC) - datetime.fromisoformat(since) >= timedelta(seconds=8)
        in_use(client, "auto-soaked", "s1")


def test_what_a_webhook_refuses(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """A task that is not there is the webhook's refusal: the Stage says so in its words, and has no Promotion."""
    client.create(kargo_path("stages"), stage("auto-tasked"))
    follow(client, "auto-tasked", {"task": {"name": "nowhere"}})
    with running(tmp_path, plane):
        wait_for(lambda: said(client, "auto-tasked")[0] == "Refused", "the refusal to be said")
        assert "nowhere" in said(client, "auto-tasked")[1]
        assert promotions(client, "auto-tasked") == []
        follow(client, "auto-tasked", {"uses": "argocd-wait", "config": {"apps": [{"name": "auto-tasked"}]}})


@soak
def test_killed_again_and_again_beside_another(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Two instances, one of them killed at random moments: each Freight is promoted once, and synced once."""
    chance = random.Random(7)
    a_stage(client, "auto-killed")
    with (
        running(tmp_path / "a", plane) as victim,
        running(tmp_path / "b", plane, ready=False),
        ArgoCD(plane.client) as cd,
    ):
        for place in range(KILLS):
            time.sleep(1)  # Freight is discovered in whole seconds
            new_freight(client, f"k{place}")
            time.sleep(chance.random() * 2)
            victim.kill()
            time.sleep(chance.random())
            victim.start(timeout_seconds=PATIENCE_SECONDS)
        in_use(client, "auto-killed", f"k{KILLS - 1}")
        promoted = Counter(each["spec"]["freight"] for each in promotions(client, "auto-killed"))
        assert max(promoted.values()) == 1
        syncs = {promotion: count for (name, promotion), count in cd.syncs.items() if name == "auto-killed"}
        assert set(syncs.values()) == {1}


def test_a_shard_that_changes_meanwhile(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """A Stage that another shard is given gets no Promotion from this one any more."""
    a_stage(client, "auto-moved")
    with running(tmp_path, plane), ArgoCD(plane.client):
        in_use(client, "auto-moved", newest(client))
        before = len(promotions(client, "auto-moved"))
        client.patch(kargo_path("stages", "auto-moved"), {"spec": {"shard": "west"}})
        new_freight(client, "m1")
        time.sleep(2)
        assert len(promotions(client, "auto-moved")) == before
