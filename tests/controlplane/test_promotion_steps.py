"""Steps of Promotions on a real kube-apiserver: several sources, waiting, conditions, and how what is wrong ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.argocd import (
    APPLICATIONS,
    COMMIT,
    MARKER,
    PROJECT,
    REPO,
    application,
    follow,
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

CHARTS = "https://charts.example.com"
KUSTOMIZED = {"repoURL": REPO, "path": "app", "targetRevision": "main", "kustomize": {"images": ["a:1", "web:1"]}}
CHARTED = {
    "repoURL": CHARTS,
    "chart": "db",
    "targetRevision": "1.9",
    "helm": {"parameters": [{"name": "size", "value": "1"}], "values": "password: secret"},
}


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with all CRDs, and the project in it; tests have Stages of their own."""
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(control_plane_binaries, folder, every_definition()) as plane, town(plane):
        yield plane


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    return plane.client()


def prepared(client: Client, name: str, **spec: Any) -> None:
    """A Stage, and an Application of that name that authorizes it."""
    found = application(name, f"{PROJECT}:{name}")
    client.create(kargo_path("stages"), stage(name))
    client.create(APPLICATIONS, {**found, "spec": {**found["spec"], **spec}})


def do(client: Client, name: str, *steps: Document, **variables: str) -> str:
    """A Promotion of the Stage of that name, with those steps; its own name."""
    follow(client, name, *steps, **variables)
    return promote(client, name)


def steps_of(client: Client, promotion: str) -> dict[str, tuple[str, str]]:
    """Status and message of each step that was looked at, by its alias."""
    status = client.get(kargo_path("promotions", promotion)).get("status", {})
    records = status.get("stepExecutionMetadata", ())
    return {record["alias"]: (record["status"], record.get("message", "")) for record in records}


def step_says(client: Client, promotion: str, alias: str, words: str) -> None:
    """Waits until a step is Running and its message holds these words."""

    def look() -> bool:
        status, message = steps_of(client, promotion).get(alias, ("", ""))
        return status == "Running" and words in message

    wait_for(look, f"step {alias} to say {words}")


def operation_of(client: Client, name: str) -> Document:
    """The operation that an Application is asked for, once it is."""
    found: Document = wait_for(lambda: client.get(f"{APPLICATIONS}/{name}").get("operation"), f"an operation of {name}")
    return found


def says(client: Client, name: str, **status: Any) -> None:
    """Argo CD says that of an Application; ``operation`` goes where the state has an end."""
    ended_now = "finishedAt" in status.get("operationState", {})
    client.patch(f"{APPLICATIONS}/{name}", {"status": status, **({"operation": None} if ended_now else {})})


def now() -> str:
    """This moment as Kubernetes writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


IMAGES = {"images": [{"repoURL": "web", "tag": "2"}, {"repoURL": "new", "newName": "r.io/new", "digest": "sha256:0"}]}
PARAMETERS = {"images": [{"key": "tag", "value": "${{ quote(vars.version) }}"}, {"key": "size", "value": "2"}]}
STEPS: list[Document] = [
    {
        "uses": "argocd-update",
        "as": "update",
        "config": {
            "apps": [
                {
                    "name": "sources",
                    "sources": [
                        {
                            "repoURL": "https://GitHub.com/example/repo/",
                            "desiredRevision": "${{ quote(commitFrom(vars.repo).ID) }}",
                            "updateTargetRevision": True,
                            "kustomize": IMAGES,
                        },
                        {
                            "repoURL": CHARTS,
                            "chart": "db",
                            "desiredRevision": "${{ quote(vars.version) }}",
                            "updateTargetRevision": True,
                            "helm": PARAMETERS,
                        },
                    ],
                }
            ]
        },
    },
    {"uses": "git-clone", "as": "repair", "if": "${{ failure() }}"},
    {"uses": "argocd-wait", "as": "wait", "config": {"apps": [{"name": "${{ outputs.update.apps[0].name }}"}]}},
    {
        "uses": "argocd-wait",
        "as": "again",
        "if": "${{ always() && status('wait') == 'Succeeded' }}",
        "config": {"apps": [{"name": "sources"}], "waitFor": ["sync"]},
    },
]


def test_several_sources(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Images, parameters and revisions of two sources are written; then the operation and the health are waited for."""
    prepared(client, "sources", source=None, sources=[KUSTOMIZED, CHARTED], syncPolicy={"retry": {"limit": 3}})
    with running(tmp_path, plane):
        name = do(client, "sources", *STEPS, repo=REPO, version="1.10")
        operation = operation_of(client, "sources")
        assert {item["name"]: item["value"] for item in operation["info"]}[MARKER] == name
        assert (operation["retry"], operation["sync"]) == ({"limit": 3}, {})
        spec = client.get(f"{APPLICATIONS}/sources")["spec"]
        parameters = [{"name": "size", "value": "2"}, {"name": "tag", "value": "1.10"}]
        assert spec["sources"] == [
            {
                **KUSTOMIZED,
                "targetRevision": COMMIT,
                "kustomize": {"images": ["a:1", "web:2", "new=r.io/new@sha256:0"]},
            },
            {**CHARTED, "targetRevision": "1.10", "helm": {**CHARTED["helm"], "parameters": parameters}},
        ]
        step_says(client, name, "update", "its own operation waits for Argo CD to end it")

        state = {"operation": operation, "phase": "Running", "startedAt": now(), "message": "m"}
        says(client, "sources", operationState=state)
        revisions = [COMMIT, "1.10"]
        result = {"revision": "", "revisions": revisions, "sources": spec["sources"]}
        state = {**state, "phase": "Succeeded", "finishedAt": now(), "syncResult": result}
        sync = {"status": "Synced", "revisions": revisions}
        says(client, "sources", operationState=state, sync=sync, health={"status": "Healthy"})
        step_says(client, name, "wait", "was not reconciled after its last operation ended")
        wait_for(
            lambda: "argocd.argoproj.io/refresh" in client.get(f"{APPLICATIONS}/sources")["metadata"]["annotations"],
            "a refresh",
        )
        says(client, "sources", reconciledAt=now(), health={"status": "Progressing"})
        step_says(client, name, "wait", "has health Progressing, not Healthy")
        says(client, "sources", health={"status": "Healthy"})

        assert ended(client, name) == ("Succeeded", "")
        assert {alias: status for alias, (status, _) in steps_of(client, name).items()} == {
            "update": "Succeeded",
            "repair": "Skipped",
            "wait": "Succeeded",
            "again": "Succeeded",
        }
        status = client.get(kargo_path("promotions", name))["status"]
        app = {"name": "sources", "namespace": "argocd", "desiredRevisions": revisions}
        assert status["healthChecks"] == [{"uses": "argocd-update", "config": {"apps": [app]}}]
        assert status["state"]["wait"]["healthStatus"] == {"argocd/sources": "Healthy"}
        stage_says(client, "sources", "Healthy")
        says(client, "sources", sync={**sync, "revisions": [COMMIT, "1.9"]})
        (issue,) = stage_says(client, "sources", "Unhealthy")["health"]["issues"]
        assert issue.endswith(f"source 1 with repoURL {CHARTS} is at 1.9, not at 1.10")


HYDRATOR = {
    "drySource": {"repoURL": REPO, "targetRevision": "main", "path": "app"},
    "syncSource": {"targetBranch": "environments/test", "path": "app"},
}


def test_hydrated(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """Where the manifests are hydrated a step without sources syncs and waits; one with them says why it cannot."""
    for name in ("hydrated", "hydrated-sources"):
        prepared(client, name, source=None, sourceHydrator=HYDRATOR)
    with running(tmp_path, plane):
        syncing = promote(client, "hydrated", {"name": "hydrated"})
        updating = promote(client, "hydrated-sources", update(COMMIT, name="hydrated-sources"))
        phase, message = ended(client, updating)
        assert phase == "Errored"
        assert "argocd/hydrated-sources has spec.sourceHydrator, and no source that an update could change" in message

        state = {"operation": operation_of(client, "hydrated"), "phase": "Running", "startedAt": now()}
        says(client, "hydrated", operationState=state)
        result = {"revision": "h1", "source": {"repoURL": REPO, "targetRevision": "environments/test"}}
        state = {**state, "phase": "Succeeded", "finishedAt": now(), "syncResult": result}
        says(client, "hydrated", operationState=state, reconciledAt=now(), sync={"status": "Synced", "revision": "h1"})
        assert ended(client, syncing) == ("Succeeded", "")
        stage_says(client, "hydrated", "Healthy")
        assert client.get(f"{APPLICATIONS}/hydrated")["spec"]["sourceHydrator"] == HYDRATOR
        assert "operation" not in client.get(f"{APPLICATIONS}/hydrated-sources")


def argocd_update(config: Any, **more: Any) -> Document:
    return {"uses": "argocd-update", "config": config, **more}


FAULTS: dict[str, tuple[list[Document], str, tuple[str, ...]]] = {
    "unknown-step": (
        [{"uses": "git-clone"}],
        "Errored",
        ("git-clone", "argocd-update, argocd-wait"),
    ),
    "unknown-key": (
        [argocd_update({"apps": [{"name": "x", "prune": True}]})],
        "Failed",
        ('config.apps[0]: unknown key "prune"; known are name, namespace, selector, sources',),
    ),
    "no-config": ([{"uses": "argocd-update"}], "Failed", ("config: apps is required",)),
    "number": (
        [argocd_update({"apps": [update("${{ '1.10' }}", name="x")]})],
        "Failed",
        ("config.apps[0].sources[0].desiredRevision: has to be a string, not a number", "quote(...)"),
    ),
    "secret": (
        [argocd_update({"apps": [{"name": "${{ secret('s').password }}"}]})],
        "Errored",
        ("config: apps[0].name: secret() is not done here: Secrets are not read",),
    ),
    "no-bool": (
        [argocd_update({"apps": [{"name": "x"}]}, **{"if": "true"})],
        "Errored",
        ("it must evaluate to a boolean, got a string",),
    ),
    "not-there": (
        [argocd_update({"apps": [{"name": "nowhere"}]}, retry={"errorThreshold": 2})],
        "Errored",
        ("met error threshold of 2", 'unable to find Argo CD Application "nowhere" in namespace "argocd"'),
    ),
    "no-hits": (
        [argocd_update({"apps": [{"selector": {"matchLabels": {"team": "nobody"}}}]})],
        "Errored",
        ("no Argo CD Applications found matching selector", "team=nobody"),
    ),
    "no-source": (
        [argocd_update({"apps": [{"name": "no-source", "sources": [{"repoURL": "https://other"}]}]})],
        "Errored",
        ("no source of Argo CD Application argocd/no-source matched update with repoURL https://other",),
    ),
    "too-late": (
        [argocd_update({"apps": [{"name": "too-late"}]}, retry={"timeout": "5s"})],
        "Errored",
        ("timed out after 5s: waiting: Argo CD Application argocd/too-late",),
    ),
    "broken": (
        [{"uses": "argocd-wait", "config": {"apps": [{"name": "broken"}]}}],
        "Errored",
        ("an unrecoverable error occurred", 'argocd/broken has "ComparisonError" condition: no such path'),
    ),
}


def test_faults(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """What cannot go on ends in the phase and with the words that say why, and none waits for another."""
    for name in FAULTS:
        prepared(client, name)
    says(client, "broken", conditions=[{"type": "ComparisonError", "message": "no such path"}])
    with running(tmp_path, plane):
        promotions = {name: do(client, name, *steps) for name, (steps, _, _) in FAULTS.items()}
        for name, (_, phase, words) in FAULTS.items():
            found, message = ended(client, promotions[name])
            assert (found, [part for part in words if part not in message]) == (phase, []), message


def test_the_later_step_for_that_case(plane: ControlPlane, client: Client, tmp_path: Path) -> None:
    """After a step has failed, the next is skipped, and one whose condition is for that case runs; the worst counts."""
    prepared(client, "cases")
    steps = [
        argocd_update({"apps": [{"name": "nowhere"}]}, **{"as": "first", "continueOnError": True}),
        argocd_update({"apps": [{"name": "nowhere"}]}, **{"as": "second"}),
        argocd_update({"apps": [{"name": "cases"}]}, **{"as": "third"}),
        {
            "uses": "argocd-wait",
            "as": "fourth",
            "if": "${{ failure() && status('first') == 'Errored' && status('third') == 'Skipped' }}",
            "config": {"apps": [{"name": "cases"}]},
        },
    ]
    with running(tmp_path, plane):
        name = do(client, "cases", *steps)
        phase, message = ended(client, name)
        assert (phase, "unable to find" in message) == ("Errored", True), message
        found = {alias: status for alias, (status, _) in steps_of(client, name).items()}
        assert found == {"first": "Errored", "second": "Errored", "third": "Skipped", "fourth": "Succeeded"}
        assert "operation" not in client.get(f"{APPLICATIONS}/cases")
