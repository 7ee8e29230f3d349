"""Stages of ours behind Kargo's webhooks on a real kube-apiserver: they have what Kargo writes, but for a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane import kargo_fields as kargo
from tests.controlplane.argocd import (
    APPLICATIONS,
    AUTHORIZED,
    PATIENCE_SECONDS,
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
from tests.crds.installed import every_definition
from tests.support.plane.client import Client, Document, RefusedError
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with the project in it, and the program, which runs the shard; tests have Stages of their own."""
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(control_plane_binaries, folder, every_definition()) as plane, town(plane):
        given = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{folder / 'log'}"]
        with Program(folder, [*given, "--argocd-shard", SHARD]) as program:
            program.start(timeout_seconds=PATIENCE_SECONDS)
            program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
            yield plane


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    return plane.client()


def once(client: Client, path: str, holds: Callable[[Document], Any]) -> Document:
    """The object at that path, once its status is so."""

    def look() -> Document | None:
        found = client.get(path)
        return found if holds(found.get("status", {})) else None

    return wait_for(look, path)


def ready(status: Document) -> str:
    """The reason of its condition Ready."""
    return next((each["reason"] for each in status.get("conditions", ()) if each["type"] == "Ready"), "")


def assert_as_kargo(name: str, expected: Document, found: Document, promotion: str = "") -> None:
    """The status of that object is what Kargo writes, but for what is listed."""
    paths = set(kargo.differing(kargo.worded(expected, promotion), kargo.worded(found["status"], promotion)))
    assert paths == set(kargo.DIFFERENCES[name]), found["status"]


def test_field_by_field(plane: ControlPlane, client: Client) -> None:
    """A Stage before, in and after its first Promotion, and after one that failed; its Promotion, and its Freight."""
    path, app = kargo_path("stages", "fields"), f"{APPLICATIONS}/fields"
    client.create(kargo_path("stages"), stage("flow", steps=False))
    client.create(kargo_path("stages"), stage("fields"))
    client.create(APPLICATIONS, application("fields", f"{PROJECT}:fields"))
    found = once(client, path, ready)
    assert (found["metadata"]["finalizers"], found["metadata"]["labels"]) == (
        [kargo.FINALIZER],
        {"kargo.akuity.io/shard": SHARD},
    )
    assert_as_kargo("never promoted", kargo.never_promoted(), found)
    name = promote(client, "fields", update("abc", name="fields"))
    found = once(client, path, lambda status: "freight" in status.get("currentPromotion", {}))
    assert_as_kargo("promoting", kargo.promoting(), found, name)
    with ArgoCD(plane.client):
        found = once(client, path, lambda status: ready(status) == "Verified")
    live = client.get(app)
    assert_as_kargo("promoted", kargo.promoted(live), found, name)
    found = client.get(kargo_path("promotions", name))
    assert_as_kargo("promotion succeeded", kargo.promotion_succeeded("fields"), found, name)
    found = once(client, kargo_path("freights", "f1"), lambda status: len(status.get("verifiedIn", {})) > 1)
    assert_as_kargo("freight verified", kargo.freight_verified("fields", "flow", used="fields"), found)
    client.patch(app, {"metadata": {"annotations": {AUTHORIZED: None}}})
    name = promote(client, "fields")
    found = once(client, path, lambda status: ready(status) == "LastPromotionErrored")
    ended = client.get(kargo_path("promotions", name))["status"]
    assert_as_kargo("failed", kargo.failed(live, ended), found, name)
    assert found["status"]["health"]["status"] == "Unhealthy"


def test_freight_flows(client: Client) -> None:
    """Behind a Stage without steps the webhooks let a Promotion in once ours has verified the Freight."""
    client.create(kargo_path("stages"), stage("first", steps=False))
    client.create(kargo_path("stages"), stage("second", sources={"stages": ["first"]}, steps=False))
    client.create(kargo_path("stages"), stage("behind", sources={"stages": ["second"]}))
    found = once(client, kargo_path("stages", "second"), lambda status: ready(status) == "Ready")
    assert_as_kargo("flowing", kargo.flowing(), found)
    assert found["metadata"]["finalizers"] == [kargo.FINALIZER]
    once(client, kargo_path("freights", "f1"), lambda status: "second" in status.get("verifiedIn", {}))
    assert promote(client, "behind").startswith("behind.")
    client.delete(kargo_path("stages", "second"))
    once(client, kargo_path("freights", "f1"), lambda status: "second" not in status["verifiedIn"])
    with pytest.raises(RefusedError, match="not available to this Stage"):
        promote(client, "behind")


def test_made_again(client: Client) -> None:
    """A Stage that is deleted and made again has no approval and no verification of the old one."""
    path, freight = kargo_path("stages", "again"), kargo_path("freights", "f1")
    client.create(kargo_path("stages"), stage("again", sources={"stages": ["nowhere"]}))
    once(client, path, ready)
    approved = {"status": {"approvedFor": {"again": {"approvedAt": "2026-01-01T00:00:00Z"}}}}
    client.patch(f"{freight}/status", approved)
    assert promote(client, "again")
    client.delete(path)

    def is_gone() -> bool:
        try:
            client.get(path)
        except RefusedError as error:
            return error.status == 404
        return False

    wait_for(is_gone, "the Stage to be gone")
    assert "again" not in client.get(freight)["status"].get("approvedFor", {})
    client.create(kargo_path("stages"), stage("again", sources={"stages": ["nowhere"]}))
    once(client, path, ready)
    with pytest.raises(RefusedError, match="not available to this Stage"):
        promote(client, "again")


def test_moved(client: Client) -> None:
    """A Stage that comes from another shard with an open Promotion says whose that is; given back it is left alone."""
    path = kargo_path("stages", "moved")
    client.create(kargo_path("stages"), stage("moved", shard="west"))
    name = promote(client, "moved")
    client.patch(path, {"spec": {"shard": SHARD}})
    found = once(client, path, lambda status: ready(status) == "PromotionOfOtherShard")
    (told,) = {each["message"] for each in found["status"]["conditions"] if each["type"] in ("Ready", "Promoting")}
    assert told == f'Promotion "{name}" is currently Pending: it is of shard "west", whose controller has to run it'
    client.patch(path, {"spec": {"shard": "west"}})
    client.delete(kargo_path("promotions", name))
    wait_for(lambda: client.get(path)["metadata"]["labels"] == {"kargo.akuity.io/shard": "west"}, "the label")
    assert ready(client.get(path)["status"]) == "PromotionOfOtherShard"


def test_said_in_advance(client: Client) -> None:
    """Steps that are not run here, and analysis, are told of before anything is promoted, or as soon as it is."""
    steps = [{"uses": "git-clone", "config": {}}, {"uses": "argocd-update", "config": {}}]
    wanted = stage("advance")
    wanted["spec"]["promotionTemplate"]["spec"]["steps"] = steps
    client.create(kargo_path("stages"), wanted)
    found = once(client, kargo_path("stages", "advance"), ready)["status"]["conditions"]
    (told,) = (each for each in found if each["type"] == "StepsSupported")
    assert (told["status"], "git-clone" in told["message"]) == ("False", True)


def test_verification(plane: ControlPlane, client: Client) -> None:
    """``spec.verification`` ends in an error that says so; without it a request by annotation verifies once more."""
    for name, spec in (("analysed", {"verification": {"analysisTemplates": [{"name": "t"}]}}), ("anew", {})):
        wanted = stage(name)
        wanted["spec"] |= spec
        client.create(kargo_path("stages"), wanted)
        client.create(APPLICATIONS, application(name, f"{PROJECT}:{name}"))
    with ArgoCD(plane.client):
        for name in ("analysed", "anew"):
            promote(client, name, update("abc", name=name))
        found = once(client, kargo_path("stages", "analysed"), lambda status: ready(status) == "VerificationError")
        once(client, kargo_path("stages", "anew"), lambda status: ready(status) == "Verified")
    assert "analysed" not in client.get(kargo_path("freights", "f1"))["status"]["verifiedIn"]
    assert verifications(found["status"])[0]["phase"] == "Error"
    first = verifications(client.get(kargo_path("stages", "anew"))["status"])
    asked = {"kargo.akuity.io/reverify": first[0]["id"]}
    client.patch(kargo_path("stages", "anew"), {"metadata": {"annotations": asked}})
    found = once(client, kargo_path("stages", "anew"), lambda status: len(verifications(status)) == 2)
    assert verifications(found["status"])[1:] == first


def verifications(status: Document) -> list[Document]:
    """The verifications of the Freight in use."""
    found: list[Document] = status["freightHistory"][0]["verificationHistory"]
    return found
