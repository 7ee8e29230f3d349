"""What Promotions tell, behind Kargo's webhooks: why nothing comes of a sync, how they end, and each of it once."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.argocd import (
    APPLICATIONS,
    ARGOCD,
    COMMIT,
    PATIENCE_SECONDS,
    PROJECT,
    REPO,
    ArgoCD,
    application,
    follow,
    kargo_path,
    promote,
    town,
    update,
    wait_for,
)
from tests.controlplane.test_promotions import create, ended, running, stage_says, verbose
from tests.crds.installed import every_definition
from tests.support.plane.client import Client, Document
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

CONTEXT = "kargo.akuity.io/argocd-context"
ABORT = "kargo.akuity.io/abort"
ACTOR = "event.kargo.akuity.io/actor"
#: Within this a reason is to be in the Promotion.
AT_ONCE_SECONDS = 2.0
PROMOTIONS = lasting(10, 60)


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with all CRDs, and the project in it; tests have Stages of their own."""
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(control_plane_binaries, folder, every_definition()) as plane, town(plane):
        yield plane


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    return plane.client()


def step(client: Client, name: str) -> Document:
    """What the Promotion says of its only step."""
    status = client.get(kargo_path("promotions", name)).get("status", {})
    found: Document = next(iter(status.get("stepExecutionMetadata", ())), {})
    return found


def events(client: Client, name: str) -> list[Document]:
    """The Events about the objects of that name."""
    found = client.get(f"/api/v1/namespaces/{PROJECT}/events")["items"]
    return [event for event in found if event["involvedObject"]["name"] == name]


def told(client: Client, name: str) -> Counter[str]:
    """How many of them there are of each reason."""
    return Counter(event["reason"] for event in events(client, name))


def test_a_branch_that_has_moved_on(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Synced to another revision than the one wanted: the Promotion says both, and the source's targetRevision, within
    two seconds; few syncs follow. Who calls it off is told.
    """
    check = {"name": "moved", "sources": [{"repoURL": REPO, "desiredRevision": COMMIT}]}
    create(client, "moved")
    with running(tmp_path, plane), ArgoCD(plane.client) as argocd:
        name = promote(client, "moved", check)
        wait_for(lambda: argocd.syncs["moved", name], "the first sync")
        began = time.monotonic()
        words = f"was synced to old, wanted {COMMIT}; the source's targetRevision is old"
        wait_for(lambda: words in step(client, name).get("message", ""), "the reason")
        assert time.monotonic() - began < AT_ONCE_SECONDS
        time.sleep(15)
        assert 1 <= argocd.syncs["moved", name] <= 2
        client.patch(
            kargo_path("promotions", name), {"metadata": {"annotations": {"kargo.akuity.io/abort": "terminate"}}}
        )
        assert ended(client, name) == ("Aborted", "terminated by kubernetes:admin")
        assert told(client, name) == {"PromotionAborted": 1}
    (event,) = [
        each
        for each in client.get(f"/api/v1/namespaces/{PROJECT}/events")["items"]
        if each["involvedObject"]["name"] == name
    ]
    assert event["metadata"]["annotations"][ACTOR] == "kubernetes:admin"


def test_a_revision_that_cannot_be_found(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """A ComparisonError: one sync, and its message ends the Promotion within two seconds, told once."""
    create(client, "broken")
    with running(tmp_path, plane), ArgoCD(plane.client) as argocd:
        argocd.phase, argocd.revision = "Error", ""
        argocd.message = "ComparisonError: unable to resolve 'nowhere' to a commit SHA"
        name = promote(client, "broken", update("nowhere", name="broken"))
        wait_for(lambda: argocd.syncs["broken", name], "the sync")
        began = time.monotonic()
        phase, message = ended(client, name)
        assert time.monotonic() - began < AT_ONCE_SECONDS
        assert (phase, argocd.message in message) == ("Errored", True), message
        stage_says(client, "broken", "Unhealthy")
        assert argocd.syncs["broken", name] == 1
        assert told(client, name) == {"PromotionErrored": 1}
    assert CONTEXT not in client.get(kargo_path("stages", "broken"))["metadata"].get("annotations", {})


@soak
def test_told_once(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Promotions with ``kill -9`` at random moments and a second instance that goes on: each end and each verification
    has one Event, the Stage one context, and nothing is synced twice.
    """
    create(client, "often")
    source, names = random.Random(11), []
    before = told(client, "f1")["FreightVerificationSucceeded"]
    with running(tmp_path / "one", plane) as first, running(tmp_path / "two", plane) as second:
        with ArgoCD(plane.client) as argocd:
            for place in range(PROMOTIONS):
                names.append(promote(client, "often", update(f"r{place}", name="often")))
                time.sleep(source.uniform(0.0, 0.5))
                killed = (first, second)[place % 2]
                killed.kill()
                killed.start(timeout_seconds=PATIENCE_SECONDS)
                assert ended(client, names[-1]) == ("Succeeded", ""), names[-1]
            status = stage_says(client, "often", "Healthy")
        for program in (first, second):
            program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
        assert b"held as" in verbose(first) + verbose(second)
    assert {argocd.syncs["often", name] for name in names} == {1}
    assert [told(client, name) for name in names] == [Counter(PromotionSucceeded=1)] * PROMOTIONS
    verified = sum(len(each.get("verificationHistory", ())) for each in status["freightHistory"])
    if PROMOTIONS <= 10:  # the history keeps ten
        assert told(client, "f1")["FreightVerificationSucceeded"] - before == verified
    annotations = client.get(kargo_path("stages", "often"))["metadata"]["annotations"]
    assert json.loads(annotations[CONTEXT]) == [{"name": "often", "namespace": "argocd"}]


def test_a_selector_sees_a_new_application_at_once(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """A step that waits for what a selector matches says so of a new Application within two seconds."""
    create(client, "selecting")
    wait = {"apps": [{"selector": {"matchLabels": {"team": "selected"}}}], "waitFor": ["suspended"]}
    follow(client, "selecting", {"uses": "argocd-wait", "config": wait})
    client.create(APPLICATIONS, application("selected-a", None, team="selected"))
    with running(tmp_path, plane):
        name = promote(client, "selecting")
        wait_for(lambda: f"{ARGOCD}/selected-a" in step(client, name).get("message", ""), "the first to be waited for")
        client.create(APPLICATIONS, application("selected-b", None, team="selected"))
        began = time.monotonic()
        wait_for(lambda: f"{ARGOCD}/selected-b" in step(client, name).get("message", ""), "the second to be")
        assert time.monotonic() - began < AT_ONCE_SECONDS
