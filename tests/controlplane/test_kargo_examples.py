"""Each example of docs/kargo.md, as it stands there, before Kargo's webhooks and an Argo CD that are stand-ins."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.controlplane.argocd import APPLICATIONS, ArgoCD, wait_for
from tests.crds.installed import every_definition
from tests.support.kargo.webhooks import kargo_webhooks
from tests.support.plane.client import Client, Document
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import GROUP_PATH
from tests.support.program.client import Client as OurClient
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

PAGE = Path(__file__).resolve().parents[2] / "docs" / "kargo.md"
PROJECT = "shop"
REPO, IMAGE, CHARTS = "https://github.com/example/shop.git", "ghcr.io/example/shop", "https://charts.example.com"
COMMITS = {"freight-of-before": "1" * 40, "freight-of-now": "2" * 40}
NOW = "freight-of-now"
PLURALS = {"Application": "applications", "Stage": "stages", "Promotion": "promotions", "Warehouse": "warehouses"}
PLURALS["PromotionTask"] = "promotiontasks"
ONE, BACK, GIT = "One Application", "Roll back", "A pipeline that writes to Git"
#: Of each Application of an example: what its spec holds after the Promotion.
AFTER: dict[str, dict[str, Document]] = {
    "Several Applications": {
        name: {"source": {"repoURL": REPO, "path": path, "targetRevision": COMMITS[NOW]}}
        for name, path in (("shop-eu", "eu"), ("shop-us", "us"))
    },
    "A selector": {
        "shop-selected": {"source": {"repoURL": REPO, "path": "selected", "targetRevision": COMMITS[NOW]}},
    },
    "Kustomize images": {
        "shop-kustomize": {
            "source": {
                "repoURL": REPO,
                "path": "overlays/test",
                "targetRevision": COMMITS[NOW],
                "kustomize": {"images": ["ghcr.io/example/proxy:v1", f"{IMAGE}:1.10"]},
            }
        },
    },
    "Helm parameters": {
        "shop-helm": {
            "source": {
                "repoURL": CHARTS,
                "chart": "shop",
                "targetRevision": "1.20",
                "helm": {"parameters": [{"name": "replicas", "value": "2"}, {"name": "image.tag", "value": "1.10"}]},
            }
        },
    },
    "Several sources": {
        "shop-sources": {
            "sources": [
                {
                    "repoURL": CHARTS,
                    "chart": "shop",
                    "targetRevision": "1.20",
                    "helm": {"valueFiles": ["$values/test.yaml"]},
                },
                {"repoURL": REPO, "targetRevision": COMMITS[NOW], "ref": "values"},
            ]
        },
    },
    "An Application with the source hydrator": {
        "shop-hydrated": {
            "sourceHydrator": {
                "drySource": {"repoURL": REPO, "targetRevision": "main", "path": "test"},
                "syncSource": {"targetBranch": "environments/test", "path": "test"},
            }
        },
    },
    "A Promotion Task": {
        "shop-task": {"source": {"repoURL": REPO, "path": "task", "targetRevision": COMMITS[NOW]}},
    },
}


def examples() -> dict[str, list[Document]]:
    """The objects of each example by its heading; "" has those that all share."""
    text = PAGE.read_text().partition("\n## Examples\n")[2].partition("\n## ")[0]
    found: dict[str, list[Document]] = {}
    for section in ("\n" + text).split("\n### "):
        heading, _, body = section.partition("\n")
        blocks = [block.partition("```")[0] for block in body.split("```yaml\n")[1:]]
        found[heading.strip()] = [each for block in blocks for each in yaml.safe_load_all(block)]
    return found


EXAMPLES = examples()


def path_of(document: Document) -> str:
    """Where objects of its kind are created."""
    namespace = document["metadata"]["namespace"]
    return f"/apis/{document['apiVersion']}/namespaces/{namespace}/{PLURALS[document['kind']]}"


def create(client: Client, document: Document) -> Document:
    """The object as the cluster has it then. Argo CD has synced an Application before."""
    if document["kind"] == "Application":
        document = {**document, "status": {"health": {"status": "Healthy"}, "sync": {"status": "OutOfSync"}}}
    return client.create(path_of(document), document)


def freight(name: str) -> Document:
    """A piece of Freight of the page's Warehouse."""
    return {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Freight",
        "metadata": {"name": name, "namespace": PROJECT},
        "origin": {"kind": "Warehouse", "name": "shop"},
        "commits": [{"repoURL": REPO, "id": COMMITS[name]}],
        "images": [{"repoURL": IMAGE, "tag": "1.10"}],
        "charts": [{"repoURL": CHARTS, "name": "shop", "version": "1.20"}],
    }


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster with the page's project, its Warehouse and two pieces of Freight, behind Kargo's webhooks."""
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("plane"), every_definition()) as plane:
        client, labels = plane.client(), {"kargo.akuity.io/project": "true"}
        client.create("/api/v1/namespaces", {"metadata": {"name": PROJECT, "labels": labels}})
        for name in ("argocd", "kargo"):
            client.create("/api/v1/namespaces", {"metadata": {"name": name}})
        with kargo_webhooks(plane):
            for document in EXAMPLES[""]:
                create(client, document)
            for name in COMMITS:
                client.create(f"/apis/kargo.akuity.io/v1alpha1/namespaces/{PROJECT}/freights", freight(name))
            yield plane


@pytest.fixture(scope="module")
def running(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program with the page's shard, and an Argo CD that syncs."""
    folder = tmp_path_factory.mktemp("program")
    options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{folder / 'log'}"]
    with Program(folder, [*options, "--argocd-shard", "east"]) as program, ArgoCD(plane.client):
        program.start()
        program.wait_ready()
        yield program


def promoted(client: Client, stage: str, name: str = NOW, document: Document | None = None) -> Document:
    """A Promotion of that Freight, once it has ended."""
    wanted: Document = document or {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Promotion",
        "metadata": {"name": "p", "namespace": PROJECT},
        "spec": {"stage": stage, "freight": name},
    }
    made = client.create(path_of(wanted), wanted)
    path = f"{path_of(wanted)}/{made['metadata']['name']}"

    def ended() -> Document | None:
        found = client.get(path)
        return found if found.get("status", {}).get("phase") in ("Succeeded", "Failed", "Errored", "Aborted") else None

    found: Document = wait_for(ended, f"the Promotion of {stage} to end")
    return found


def details(running: Program, stage: str) -> Document:
    """The StageDetails of a Stage; empty where there is none yet."""
    listed = orjson.loads(OurClient(running.endpoint).get(f"{GROUP_PATH}/namespaces/{PROJECT}/stagedetails"))
    return next((each for each in listed["items"] if each["metadata"]["name"] == stage), {})


def has_health(running: Program, stage: str, health: str, applications: int) -> bool:
    found = details(running, stage)
    return (found.get("health", {}).get("status"), len(found.get("applications", ()))) == (health, applications)


def spec_of(client: Client, application: str) -> Any:
    """Its sources, without what says where it goes."""
    found = client.get(f"{APPLICATIONS}/{application}")["spec"]
    return {name: value for name, value in found.items() if name not in ("project", "destination")}


def test_each_example_is_run() -> None:
    """What stands on the page and in no test would not be known to work."""
    assert EXAMPLES.keys() == {"", ONE, BACK, GIT, *AFTER}
    stages = [each for found in EXAMPLES.values() for each in found if each["kind"] == "Stage"]
    assert {each["spec"].get("shard") for each in stages if each["metadata"]["name"] != "rendered"} == {"east"}


@pytest.mark.parametrize("heading", AFTER)
def test_an_example(plane: ControlPlane, running: Program, heading: str) -> None:
    """Its objects are taken, its Promotion succeeds, its Applications are as they should be, its Stage is Healthy."""
    client = plane.client()
    for document in EXAMPLES[heading]:
        create(client, document)
    (stage,) = (each["metadata"]["name"] for each in EXAMPLES[heading] if each["kind"] == "Stage")
    found = promoted(client, stage)
    assert found["status"]["phase"] == "Succeeded", found["status"]
    assert {name: spec_of(client, name) for name in AFTER[heading]} == AFTER[heading]
    wait_for(lambda: has_health(running, stage, "Healthy", len(AFTER[heading])), f"{stage} to be Healthy")


def test_one_application_and_back(plane: ControlPlane, running: Program) -> None:
    """The first example comes to the commit of the Freight, and back to that of before by the Promotion of the page."""
    client = plane.client()
    for document in EXAMPLES[ONE]:
        create(client, document)
    assert promoted(client, "test")["status"]["phase"] == "Succeeded"
    assert spec_of(client, "shop-test")["source"]["targetRevision"] == COMMITS[NOW]
    (back,) = EXAMPLES[BACK]
    found = promoted(client, "test", document=back)
    assert found["status"]["phase"] == "Succeeded", found["status"]
    assert spec_of(client, "shop-test")["source"]["targetRevision"] == COMMITS["freight-of-before"]
    wait_for(lambda: has_health(running, "test", "Healthy", 1), "the Stage to be Healthy")


def test_a_pipeline_that_stays_with_kargo(plane: ControlPlane, running: Program) -> None:
    """Nothing of it is written here; its health is that of its Application once Kargo, the test, has promoted."""
    client = plane.client()
    for document in EXAMPLES[GIT]:
        create(client, document)
    stages = f"/apis/kargo.akuity.io/v1alpha1/namespaces/{PROJECT}/stages"
    promotions = f"/apis/kargo.akuity.io/v1alpha1/namespaces/{PROJECT}/promotions"
    wanted = {"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Promotion"}
    wanted |= {"metadata": {"name": "p", "namespace": PROJECT}, "spec": {"stage": "rendered", "freight": NOW}}
    name = client.create(promotions, wanted)["metadata"]["name"]
    wait_for(lambda: details(running, "rendered").get("promotions"), "the Promotion to be shown")
    time.sleep(2)
    for path in (f"{promotions}/{name}", f"{stages}/rendered"):
        assert "status" not in client.get(path)
    checked = {"name": "shop-rendered", "namespace": "argocd", "desiredRevisions": ["r1"]}
    status = {"phase": "Succeeded", "healthChecks": [{"uses": "argocd-update", "config": {"apps": [checked]}}]}
    client.patch(f"{promotions}/{name}/status", {"status": status})
    client.patch(f"{stages}/rendered/status", {"status": {"lastPromotion": {"name": name, "status": status}}})
    operation = {"phase": "Succeeded", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:00Z"}
    synced = {"health": {"status": "Healthy"}, "sync": {"status": "Synced", "revision": "r1"}}
    synced |= {"reconciledAt": "2026-01-01T00:00:01Z", "operationState": {**operation, "operation": {}}}
    client.patch(f"{APPLICATIONS}/shop-rendered", {"status": synced})
    wait_for(lambda: has_health(running, "rendered", "Healthy", 1), "the Stage to be Healthy")
