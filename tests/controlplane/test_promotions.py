"""Promotions of a shard on a real kube-apiserver with Kargo's and Argo CD's own CRDs. The test plays Argo CD."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.argocd import (
    APPLICATIONS,
    AUTHORIZED,
    COMMIT,
    PATIENCE_SECONDS,
    PROJECT,
    REPO,
    SHARD,
    ArgoCD,
    application,
    follow,
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
from tests.support.program.client import Client as OurClient
from tests.support.program.program import Program
from tests.support.soaking import lasting, soak

pytestmark = pytest.mark.controlplane

KILLS = lasting(6, 20)
HEALTHS = (("Progressing", "Progressing"), ("Degraded", "Unhealthy"), ("Healthy", "Healthy"))
ENDED = ("Succeeded", "Failed", "Errored", "Aborted")
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/kargo/leases/promoter-view-{SHARD}"


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with all CRDs, and the project in it; tests have Stages of their own."""
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(control_plane_binaries, folder, every_definition()) as plane, town(plane):
        yield plane


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    return plane.client()


@contextmanager
def running(folder: Path, plane: ControlPlane, *options: str, shard: str = SHARD) -> Iterator[Program]:
    """The program, ready, running that shard; it ends with the block."""
    given = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{folder / 'log'}"]
    given += ["--argocd-shard", shard] if shard else []
    with Program(folder, [*given, *options]) as program:
        program.start(timeout_seconds=PATIENCE_SECONDS)
        program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
        yield program
        with suppress(subprocess.TimeoutExpired):  # it gives the Lease up, so that the next one need not wait
            program.terminate()


def phase_of(client: Client, name: str) -> str:
    """A Promotion's phase, "" for none."""
    phase: str = client.get(kargo_path("promotions", name)).get("status", {}).get("phase", "")
    return phase


def ended(client: Client, name: str) -> tuple[str, str]:
    """Phase and message of a Promotion, once it has ended."""

    def look() -> Document | None:
        status = client.get(kargo_path("promotions", name)).get("status", {})
        return status if status.get("phase") in ENDED else None

    status = wait_for(look, f"Promotion {name} to end")
    return status["phase"], status.get("message", "")


def stage_says(client: Client, name: str, health: str) -> Document:
    """The status of a Stage, once its health is that and nobody has the turn."""

    def look() -> Document | None:
        status = client.get(kargo_path("stages", name)).get("status", {})
        settled = status.get("health", {}).get("status") == health and "currentPromotion" not in status
        return status if settled else None

    return wait_for(look, f"Stage {name} to be {health}")


def create(client: Client, name: str, *, authorized: str | None = "", **labels: str) -> None:
    """A Stage and an Application of one name; the Application authorizes the Stage unless told otherwise."""
    client.create(kargo_path("stages"), stage(name))
    client.create(APPLICATIONS, application(name, f"{PROJECT}:{name}" if authorized == "" else authorized, **labels))


def test_the_example_promotes(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """The mission's example: an authorized Application is updated, synced, and is the Stage's health from then on."""
    client.create(kargo_path("stages"), stage("test"))
    client.create(APPLICATIONS, application("kargo-demo-test", f"{PROJECT}:test"))
    with running(tmp_path, plane), ArgoCD(plane.client) as argocd:
        app = update("${{ commitFrom(vars.repo).ID }}", name="kargo-demo-test")
        follow(client, "test", {"uses": "argocd-update", "config": {"apps": [app]}}, repo=REPO)
        name = promote(client, "test")
        assert ended(client, name) == ("Succeeded", "")
        status = stage_says(client, "test", "Healthy")
        found = client.get(f"{APPLICATIONS}/kargo-demo-test")
        assert argocd.syncs == {("kargo-demo-test", name): 1}
        assert found["spec"]["source"]["targetRevision"] == COMMIT
        assert found["spec"]["source"]["path"] == "."
        assert status["freightSummary"] == "f1"
        assert {each["type"]: each["status"] for each in status["conditions"]}["Ready"] == "True"
        wait_for(
            lambda: "test" in client.get(kargo_path("freights", "f1")).get("status", {}).get("verifiedIn", {}),
            "the Freight to be verified",
        )
        for argo_health, stage_health in HEALTHS:
            client.patch(f"{APPLICATIONS}/kargo-demo-test", {"status": {"health": {"status": argo_health}}})
            stage_says(client, "test", stage_health)
        events = client.get("/api/v1/namespaces/argocd/events")["items"]
        assert [event["reason"] for event in events if event["involvedObject"]["name"] == "kargo-demo-test"] == [
            "OperationStarted"
        ]


REFUSALS = {
    "unmarked": (None, "it has no annotation kargo.akuity.io/authorized-stage"),
    "globbed": (f"{PROJECT}:*", "holds a glob"),
    "elsewhere": ("other:elsewhere", 'names "other:elsewhere" only'),
    "mangled": ("kargo-demo", "is not of the form project:stage"),
}


def test_refused(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """An Application that does not authorize the Stage is not touched; Promotion and Stage say why."""
    for name, (annotation, _) in REFUSALS.items():
        client.create(kargo_path("stages"), stage(name))
        client.create(APPLICATIONS, application(name, annotation))
    with running(tmp_path, plane):
        for name, (_, words) in REFUSALS.items():
            before = client.get(f"{APPLICATIONS}/{name}")["metadata"]["resourceVersion"]
            promotion = promote(client, name, update("abc", name=name))
            phase, message = ended(client, promotion)
            assert (phase, words in message) == ("Errored", True), message
            issues = stage_says(client, name, "Unhealthy")["health"]["issues"]
            assert issues == [f"last Promotion {promotion} Errored: {message}"]
            assert client.get(f"{APPLICATIONS}/{name}")["metadata"]["resourceVersion"] == before


def test_others_write_all_the_time(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """An Application that another writes without a pause, and a Promotion and Stage as well: one sync comes of it."""
    create(client, "busy")
    follow(client, "busy", {"uses": "argocd-update", "config": {"apps": [update("abc", name="busy")]}})
    over, writer = threading.Event(), plane.client()
    paths = [f"{APPLICATIONS}/busy", kargo_path("stages", "busy")]

    def write() -> None:
        count = 0
        while not over.is_set():
            count += 1
            for path in tuple(paths):
                with suppress(RefusedError):  # changed meanwhile
                    writer.patch(path, {"metadata": {"annotations": {"example.com/count": str(count)}}})
            over.wait(0.02)

    thread = threading.Thread(target=write, daemon=True)
    with running(tmp_path, plane), ArgoCD(plane.client) as argocd:
        thread.start()
        try:
            name = promote(client, "busy")
            paths.append(kargo_path("promotions", name))
            assert ended(client, name) == ("Succeeded", "")
        finally:
            over.set()
            thread.join(30)
        assert argocd.syncs["busy", name] == 1
        stage_says(client, "busy", "Healthy")


def test_a_foreign_operation_is_not_overwritten(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """A pending operation of somebody else is waited for; meanwhile another Stage is promoted."""
    create(client, "pending")
    create(client, "passing")
    foreign = {"initiatedBy": {"username": "admin"}, "info": [{"name": "Reason", "value": "by hand"}], "sync": {}}
    client.patch(f"{APPLICATIONS}/pending", {"operation": foreign})
    waiting = promote(client, "pending", update("abc", name="pending"))
    with running(tmp_path, plane):
        wait_for(lambda: phase_of(client, waiting) == "Running", "it runs")
        assert client.get(f"{APPLICATIONS}/pending")["operation"] == foreign
        with ArgoCD(plane.client) as argocd:
            passing = promote(client, "passing", update("abc", name="passing"))
            assert ended(client, passing) == ("Succeeded", "")
            assert ended(client, waiting) == ("Succeeded", "")
        assert argocd.syncs["pending", ""] == 1
        assert argocd.syncs["pending", waiting] == 1


MID_PROMOTION = {"revoked": "it has no annotation", "garbled": "holds a glob", "deleted": "unable to find"}


def test_in_mid_promotion(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """An Application that is deleted, or authorizes the Stage no more, while its operation runs ends the Promotion."""
    promotions = {}
    for name in MID_PROMOTION:
        create(client, name)
        promotions[name] = promote(client, name, update("abc", name=name))
    with running(tmp_path, plane):
        for name in MID_PROMOTION:
            wait_for(lambda name=name: "operation" in client.get(f"{APPLICATIONS}/{name}"), "the operation")
        client.delete(f"{APPLICATIONS}/deleted")
        for name, value in {"revoked": None, "garbled": f"{PROJECT}:garbled,*:*"}.items():
            client.patch(f"{APPLICATIONS}/{name}", {"metadata": {"annotations": {AUTHORIZED: value}}})
        for name, words in MID_PROMOTION.items():
            phase, message = ended(client, promotions[name])
            assert (phase, words in message) == ("Errored", True), message


def test_three_hundred_applications(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """A selector of three hundred Applications is one step; a Promotion of another Stage does not wait for it."""
    client.create(kargo_path("stages"), stage("many"))
    create(client, "few")
    with ThreadPoolExecutor(8) as pool:
        many = (application(f"many-{place:03d}", f"{PROJECT}:many", team="many") for place in range(300))
        list(pool.map(lambda document: client.create(APPLICATIONS, document), many))
    selected = update("abc", selector={"matchLabels": {"team": "many"}})
    with running(tmp_path, plane), ArgoCD(plane.client) as argocd:
        large, small = promote(client, "many", selected), promote(client, "few", update("abc", name="few"))
        assert ended(client, small) == ("Succeeded", "")
        assert ended(client, large) == ("Succeeded", "")
        counts = {argocd.syncs[f"many-{place:03d}", large] for place in range(300)}
        assert counts == {1}
        stage_says(client, "many", "Healthy")
    for place in range(300):
        client.delete(f"{APPLICATIONS}/many-{place:03d}")


@soak
def test_killed(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """``kill -9`` often, between the PATCH and its effect and at random: each step syncs once, none is lost."""
    create(client, "killed")
    source, patched, released = random.Random(5), threading.Event(), threading.Event()
    names = []
    with running(tmp_path, plane) as program, ArgoCD(plane.client) as argocd:
        argocd.seen = lambda name, marker: (patched.set(), released.wait(30))
        for turn in range(KILLS):
            patched.clear()
            released.clear()
            name = promote(client, "killed", update(f"r{turn}", name="killed"))
            names.append(name)
            if turn % 2:
                assert patched.wait(PATIENCE_SECONDS), "the operation is asked for"
            else:
                released.set()
                time.sleep(source.uniform(0.0, 0.4))
            program.kill()
            released.set()
            program.start(timeout_seconds=PATIENCE_SECONDS)
            assert ended(client, name) == ("Succeeded", ""), name
        status = stage_says(client, "killed", "Healthy")
        assert {name: argocd.syncs["killed", name] for name in names} == dict.fromkeys(names, 1)
        assert sum(count for (name, _), count in argocd.syncs.items() if name == "killed") == KILLS
    assert status["lastPromotion"]["name"] == names[-1]
    assert len(status["freightHistory"]) == min(KILLS, 10)


def test_nothing_is_written_without_a_shard(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Without the option a Promotion stays as it is, whatever there is to do."""
    create(client, "unrun")
    name = promote(client, "unrun", update("abc", name="unrun"))
    with running(tmp_path / "none", plane, shard=""), running(tmp_path / "other", plane, shard="west") as other:
        wait_for(lambda: b"held as" in verbose(other), "the Lease of the other shard")
        time.sleep(2)
    assert "status" not in client.get(kargo_path("promotions", name))
    assert "status" not in client.get(kargo_path("stages", "unrun"))
    client.delete(kargo_path("promotions", name))


def verbose(program: Program) -> bytes:
    """What the program says of itself."""
    return OurClient(program.endpoint).get("/readyz?verbose")


def test_two_instances(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Of two instances of one shard the second waits and says so; it goes on where the first was killed."""
    create(client, "twice")
    with running(tmp_path / "one", plane) as first:
        wait_for(lambda: b"held as" in verbose(first), "the first holds the Lease")
        with running(tmp_path / "two", plane) as second, ArgoCD(plane.client) as argocd:
            wait_for(lambda: b"is held by" in verbose(second), "the second waits")
            assert second.metric("promoter_view_stage_passes_total") == 0
            once = promote(client, "twice", update("a", name="twice"))
            assert ended(client, once) == ("Succeeded", "")
            assert second.metric("promoter_view_stage_passes_total") == 0
            first.kill()
            again = promote(client, "twice", update("b", name="twice"))
            assert ended(client, again) == ("Succeeded", "")
            assert argocd.syncs["twice", once] == argocd.syncs["twice", again] == 1


def test_kargo_is_alive(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """While Kargo's own controller renews its heartbeat for the shard nothing is written, and the reason is shown."""
    create(client, "shared")
    heartbeat = f"/apis/coordination.k8s.io/v1/namespaces/kargo/leases/kargo-controller-{SHARD}"
    spec = {"holderIdentity": "kargo-0", "leaseDurationSeconds": 120, "renewTime": _micro(time.time())}
    lease: dict[str, Any] = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": f"kargo-controller-{SHARD}", "namespace": "kargo"},
        "spec": spec,
    }
    client.create(heartbeat.rpartition("/")[0], lease)
    with running(tmp_path, plane) as program, ArgoCD(plane.client):
        name = promote(client, "shared", update("a", name="shared"))
        wait_for(lambda: b"Kargo's own controller runs shard east" in verbose(program), "the reason")
        time.sleep(2)
        assert "status" not in client.get(kargo_path("promotions", name))
        client.delete(heartbeat)
        assert ended(client, name) == ("Succeeded", "")


def _micro(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(seconds))
