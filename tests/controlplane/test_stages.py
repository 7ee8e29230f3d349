"""StageDetails on a real kube-apiserver with Kargo's CRDs and Argo CD's: who belongs, health, ticks, kubectl."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, NamedTuple

import pytest

from tests.support.plane.aggregation import aggregated
from tests.support.plane.kargo_town import HYDRATOR_SECRET, Town, settle, until, watching
from tests.support.plane.plane import ControlPlane
from tests.support.plane.process import Process
from tests.support.program.client import Client
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

FREIGHT, OLD = "f" * 40, "0" * 40
NOON = "2026-11-20T12:00:00Z"


class Served(NamedTuple):
    """The program on a cluster of this module's own."""

    plane: ControlPlane
    running: Program

    def town(self, project: str) -> Town:
        """A project of its own, and a namespace of Applications."""
        return Town(self.plane.client(), project, f"{project}-argocd")


@pytest.fixture(scope="module")
def served(stages_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The program, ready, with its log in a folder."""
    folder = tmp_path_factory.mktemp("stages")
    options = ["--kubeconfig", str(stages_plane.kubeconfig), "--insecure-no-auth", "--bind-address", "127.0.0.1"]
    with Program(folder, [*options, "--event-log", f"file:{folder / 'log'}"]) as running:
        running.start()
        running.wait_ready()
        yield Served(stages_plane, running)


def last(phase: str, *apps: dict[str, Any], message: str = "") -> dict[str, Any]:
    """A Stage's status after a Promotion."""
    told = {"phase": phase, "healthChecks": [{"uses": "argocd-update", "config": {"apps": list(apps)}}]}
    return {"lastPromotion": {"name": "p1", "status": {**told, **({"message": message} if message else {})}}}


def has(*freight: str) -> dict[str, Any]:
    """A Stage's status with that Freight, and what it had before."""
    origin = {"kind": "Warehouse", "name": "main"}
    items = {f"Warehouse/w{place}": {"name": name, "origin": origin} for place, name in enumerate(freight)}
    before = {"Warehouse/w0": {"name": OLD, "origin": origin}}
    return {"freightHistory": [{"id": "new", "items": items}, {"id": "old", "items": before}]}


def test_who_belongs(served: Served) -> None:
    """After each change, whichever way round, the bundles are what an independent join of the cluster makes."""
    town = served.town("membership")
    named = {"name": "named", "namespace": town.argocd}
    changes: list[Callable[[], object]] = [
        lambda: town.freight(FREIGHT, "wise-owl"),
        lambda: town.freight(OLD),
        lambda: town.application("early", "membership:test"),
        lambda: town.stage("test"),
        lambda: town.stage("prod"),
        lambda: town.stage("test", has(FREIGHT)),
        lambda: town.application("named"),
        lambda: town.stage("test", {**has(FREIGHT), **last("Succeeded", named)}),
        lambda: town.promotion("test.1", "test"),
        lambda: town.promotion("prod.1", "prod", {"phase": "Succeeded"}),
        lambda: town.application("late", "membership:test,membership:prod"),
        lambda: town.application("late", "membership:prod"),
        lambda: town.application("late", "membership:prod,membership:*"),
        lambda: town.application("named", "membership:prod"),
        lambda: town.stage("test", has()),
        lambda: town.delete("Application", "early"),
        lambda: town.delete("Promotion", "test.1"),
        lambda: town.delete("Stage", "prod"),
        lambda: town.stage("prod"),
        lambda: town.delete("Freight", FREIGHT),
    ]
    for change in changes:
        change()
        settle(served.running, served.plane.client())


def test_last_ten_promotions(served: Served) -> None:
    """Of a Stage's Promotions those that have not ended are there, and the last ten that have."""
    town = served.town("queue")
    town.stage("test")
    for place in range(13):
        finished = f"2026-11-20T10:{place:02}:00Z"
        town.promotion(f"test.{place:02}", "test", {"phase": "Succeeded", "finishedAt": finished})
    town.promotion("test.98", "test", {"phase": "Running"})
    town.promotion("test.99", "test")
    found = settle(served.running, served.plane.client())["queue", "test"]["promotions"]
    names = [each["metadata"]["name"] for each in found]
    assert sorted(names) == [f"test.{place:02}" for place in (*range(3, 13), 98, 99)]


def test_health_follows(served: Served) -> None:
    """Healthy, Progressing, Unhealthy, Healthy, in one event each; then a failed Promotion makes it Unhealthy."""
    town = served.town("health")
    town.application("app", "health:test")
    wanted = {"name": "app", "namespace": town.argocd, "desiredRevisions": ["abc"]}
    ended = {
        "operationState": {
            "phase": "Succeeded",
            "operation": {},
            "finishedAt": "2026-11-20T10:00:00Z",
            "startedAt": "2026-11-20T10:00:00Z",
        },
        "reconciledAt": "2026-11-20T10:00:00Z",
    }
    town.application("app", "health:test", **ended)
    town.stage("test", last("Succeeded", wanted))
    settle(served.running, served.plane.client())
    seen = []
    with watching(served.running, "health") as events:
        for health in ("Progressing", "Degraded", "Healthy"):
            town.application("app", "health:test", **ended, health={"status": health})
            (found,) = until(events, lambda _: True)
            seen.append((found["health"]["status"], found["health"].get("issues", [])))
        town.stage("test", last("Failed", wanted, message="step 2 failed"))
        (found,) = until(events, lambda _: True)
        seen.append((found["health"]["status"], found["health"]["issues"]))
        assert found["health"]["checks"][0]["status"] == "Healthy"
    name = f"{town.argocd}/app"
    assert seen == [
        ("Progressing", [f"Application {name} is progressing"]),
        ("Unhealthy", [f'Application {name} has health state "Degraded"']),
        ("Healthy", []),
        ("Unhealthy", ["last Promotion p1 Failed: step 2 failed"]),
    ]


def test_hydrated(served: Served) -> None:
    """A dry commit that is wanted: hydrated not yet, in vain, but not synced, synced; what is inline stays untold."""
    town = served.town("hydrated")
    ended = {
        "operationState": {"phase": "Succeeded", "operation": {}, "finishedAt": NOON, "startedAt": NOON},
        "reconciledAt": NOON,
    }

    def tell(revision: str, phase: str, message: str = "", *, done: str = "d1") -> None:
        operation = {"phase": phase, "message": message, "startedAt": NOON, **({"drySHA": "d2"} if message else {})}
        last = {"drySHA": done, "hydratedSHA": done.replace("d", "h")}
        hydrator = {"currentOperation": operation, "lastSuccessfulOperation": last}
        sync = {"status": "Synced", "revision": revision}
        town.hydrated_application("app", "hydrated:test", **ended, sync=sync, sourceHydrator=hydrator)

    tell("h1", "Hydrated")
    town.stage("test", last("Succeeded", {"name": "app", "namespace": town.argocd, "desiredRevisions": ["d2"]}))
    told = [settle(served.running, served.plane.client())["hydrated", "test"]]
    seen = []
    with watching(served.running, "hydrated") as events:
        for arguments in (("h1", "Hydrating"), ("h1", "Failed", "no such chart")):
            tell(*arguments)
            seen += until(events, lambda _: True)
        for revision in ("h1", "h2"):
            tell(revision, "Hydrated", done="d2")
            seen += until(events, lambda _: True)
    told.append(settle(served.running, served.plane.client())["hydrated", "test"])
    app = f"Application {town.argocd}/app"
    assert [(each["health"]["status"], *each["health"].get("issues", [])) for each in seen] == [
        ("Progressing", f"{app} is hydrating, and has not hydrated dry commit d2 yet; the last one is d1"),
        ("Unhealthy", f"{app} could not hydrate dry commit d2: no such chart"),
        (
            "Unhealthy",
            f"Not all sources of {app} are synced to the desired revisions: source 0 with repoURL "
            "https://git.example.com/app.git is at h1, not at h2, hydrated from dry commit d2",
        ),
        ("Healthy",),
    ]
    (check,) = seen[-1]["health"]["checks"]
    assert (check["revisionWanted"], check["revisionSeen"], check["dryRevisionSeen"]) == ("d2", "h2", "d2")
    for bundle in (*told, *seen):
        (shown,) = bundle["applications"]
        assert shown["spec"]["sourceHydrator"]["drySource"]["path"] == "src"
        assert HYDRATOR_SECRET not in json.dumps(bundle)


def test_ticks_are_no_changes(served: Served) -> None:
    """However often Argo CD reconciles: nobody is told; the next real change is the next event, and nothing is lost."""
    town = served.town("ticks")
    town.stage("test")
    for place in range(5):
        town.application(f"app-{place}", "ticks:test")
    settle(served.running, served.plane.client())
    suppressed = _suppressed(served.running)
    with watching(served.running, "ticks") as events:
        for second in range(10):
            for place in range(5):
                town.patch("Application", f"app-{place}", status={"reconciledAt": f"2026-11-20T10:00:{second:02}Z"})
        town.patch("Application", "app-0", status={"health": {"status": "Degraded"}})
        (found,) = until(events, lambda _: True)
    assert found["applications"][0]["status"]["health"] == {"status": "Degraded"}
    assert _suppressed(served.running) - suppressed >= 50
    settle(served.running, served.plane.client())


def _suppressed(running: Program) -> float:
    """How many events have ended before the log."""
    metrics = Client(running.endpoint).get("/metrics").decode()
    line = next(line for line in metrics.splitlines() if line.startswith("promoter_view_log_suppressed_events_total "))
    return float(line.split()[1])


def test_no_secret_is_shown(served: Served) -> None:
    """What Helm values, parameters and plugins of an Application carry reaches neither bundles nor the log's folder."""
    secret = "s3cr3t-of-the-application"
    town = served.town("secrets")
    town.stage("test")
    helm = {"values": f"password: {secret}", "parameters": [{"name": "password", "value": secret}]}
    source = {"repoURL": "https://git.example.com/app.git", "targetRevision": "main", "helm": helm}
    state = {"phase": "Running", "startedAt": "2026-11-20T10:00:00Z", "operation": {"sync": {"source": source}}}
    spec = {"project": "default", "source": source, "destination": {"name": "here"}}
    town.put(
        "Application",
        "app",
        annotations={"kargo.akuity.io/authorized-stage": "secrets:test", "example.com/token": secret},
        spec=spec,
        status={"operationState": {**state, "syncResult": {"revision": "abc", "source": source}}},
    )
    client = Client(served.running.endpoint)
    path = "/apis/view.promoter.argoproj.io/v1alpha1/namespaces/secrets/stagedetails"
    served.plane.wait(lambda: b'"applications"' in client.get(path))
    assert secret.encode() not in client.get(path)
    kept = [file.read_bytes() for file in (served.running.folder / "log").rglob("*") if file.is_file()]
    assert any(b"secrets" in data for data in kept)
    assert not any(secret.encode() in data for data in kept)


def test_kubectl(served: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Behind the aggregator: kubectl finds the view by its short name, shows its columns and explains its fields."""
    town = served.town("shown")
    town.freight(FREIGHT, "wise-owl")
    town.application("one", "shown:test")
    town.application("two", "shown:test", health={"status": "Degraded"})
    town.stage("test", {**has(FREIGHT), **last("Succeeded", {"name": "two", "namespace": town.argocd})})
    options = ["--kubeconfig", str(served.plane.kubeconfig), "--event-log", "memory:"]
    with Program(tmp_path_factory.mktemp("aggregated"), options) as running:
        running.start()
        running.wait_ready()
        known = b"kargo.akuity.io/v1alpha1, argoproj.io/v1alpha1"
        served.plane.wait(lambda: known in Client(running.endpoint).get("/readyz?verbose"))
        with aggregated(served.plane, running):
            served.plane.wait(lambda: _kubectl(served.plane, "get", "sgd", "-n", "shown"))
            heading, row = _kubectl(served.plane, "get", "sgd", "-n", "shown").splitlines()
            assert heading.split() == ["STAGE", "FREIGHT", "HEALTH", "APPS", "LAST", "PROMOTION", "AGE"]
            assert row.split()[:-1] == ["test", "wise-owl", "Unhealthy", "1/2", "p1", "Succeeded"]
            served.plane.wait(lambda: "promotionTemplate" in _kubectl(served.plane, "explain", "sgd.stage.spec"))
            assert "revisionWanted" in _kubectl(served.plane, "explain", "sgd.health.checks")
            assert "targetRevision" in _kubectl(served.plane, "explain", "sgd.applications.spec.source")
            assert "<no description>" not in _kubectl(served.plane, "explain", "sgd")
            assert "lastTransitionTime" in _kubectl(served.plane, "explain", "sgd.status.conditions")
            _states_through_the_aggregator(town, served.plane, tmp_path_factory.mktemp("watching"))


def _states_through_the_aggregator(town: Town, plane: ControlPlane, folder: Path) -> None:
    """Selected by state and by shard, waited for by condition, shown by path."""
    ill = ("get", "sgd", "-A", "--field-selector", "status.state=Unhealthy,metadata.namespace=shown")
    wait = ("wait", "--for=condition=Healthy", "sgd/test", "-n", "shown")
    assert _kubectl(plane, *ill, "-o", "name").split() == ["stagedetails.view.promoter.argoproj.io/test"]
    assert _kubectl(plane, "get", "sgd", "-n", "shown", "--field-selector", "spec.shard=nowhere", "-o", "name") == ""
    assert "status.state" in _refused(plane, "get", "sgd", "-A", "--field-selector", "status.phase=x")
    assert _kubectl(plane, *wait, "--timeout=1s") == ""
    watching = Process(plane.kubectl_command(*ill, "-w", "--output-watch-events", "--no-headers"), folder / "watch")
    waiting = Process(plane.kubectl_command(*wait, "--timeout=60s"), folder / "wait")
    try:
        plane.wait(lambda: "ADDED" in (folder / "watch").read_text())
        town.application("two", "shown:test", health={"status": "Healthy"})
        plane.wait(lambda: "condition met" in (folder / "wait").read_text())
        plane.wait(lambda: "DELETED" in (folder / "watch").read_text())
        town.application("two", "shown:test", health={"status": "Degraded"})
        plane.wait(lambda: (folder / "watch").read_text().count("ADDED") == 2)
    finally:
        watching.kill()
        waiting.kill()
    told = _kubectl(plane, "get", "sgd", "test", "-n", "shown", "-o", "jsonpath={.status.state} {.status.since}")
    state, since = told.split()
    assert (state, since[-1]) == ("Unhealthy", "Z")
    columns = "custom-columns=STATE:.status.state,WHY:.status.conditions[?(@.type=='NeedsAttention')].status"
    assert _kubectl(plane, "get", "sgd", "test", "-n", "shown", "-o", columns).split()[2:] == ["Unhealthy", "True"]


def _refused(plane: ControlPlane, *arguments: str) -> str:
    with pytest.raises(CalledProcessError) as failed:
        plane.kubectl(*arguments)
    return str(failed.value.stderr or failed.value.stdout)


def _kubectl(plane: ControlPlane, *arguments: str) -> str:
    """Its output; "" where it fails, as it does until the aggregator has fetched our documents."""
    try:
        return plane.kubectl(*arguments)
    except CalledProcessError:
        return ""


def test_events_for_pages(served: Served) -> None:
    """The list of the dashboard's port serves the view by its kind, alone and beside the other."""
    town = served.town("pages")
    town.stage("test")
    folder = served.running.folder.parent / "pages"
    options = ["--kubeconfig", str(served.plane.kubeconfig), "--insecure-no-auth", "--event-log", "memory:"]
    with Program(folder, options, dashboard=True) as running:
        running.start()
        running.wait_ready()
        address = f"http://{running.dashboard.host}:{running.dashboard.port}"
        for kinds in ("stagedetails", "promotionstrategydetails,stagedetails"):
            with urllib.request.urlopen(f"{address}/list?kind={kinds}&namespace=pages", timeout=30) as answer:
                (item,) = json.load(answer)["items"]
            assert (item["kind"], item["metadata"]["name"]) == ("StageDetails", "test")
