"""The stand-in of Kargo's webhooks, before a real kube-apiserver: what it makes of objects, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crds import argocd as argocd_crds
from tests.crds import kargo as kargo_crds
from tests.crds.installed import definitions
from tests.support.kargo.webhooks import kargo_webhooks
from tests.support.plane.client import Client, Document, RefusedError
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

PROJECT = "shop"
SHARD = "kargo.akuity.io/shard"
ACTOR = "kargo.akuity.io/create-actor"
ABORT = "kargo.akuity.io/abort"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
_STEP = {"uses": "argocd-update", "config": {"apps": [{"name": "shop"}]}}


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with Kargo's kinds behind the webhooks, and a project in it with a Freight."""
    kinds = definitions(kargo_crds, argocd_crds)
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("plane"), kinds) as plane:
        client = plane.client()
        labels = {"kargo.akuity.io/project": "true"}
        client.create("/api/v1/namespaces", {"metadata": {"name": PROJECT, "labels": labels}})
        client.create(path("freights"), kargo("Freight", "f123456789", origin=_ORIGIN))
        with kargo_webhooks(plane):
            yield plane


@pytest.fixture
def client(plane: ControlPlane) -> Client:
    return plane.client()


_ORIGIN = {"kind": "Warehouse", "name": "w"}


def path(plural: str, name: str = "", namespace: str = PROJECT) -> str:
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/kargo.akuity.io/v1alpha1{scope}/{plural}" + (f"/{name}" if name else "")


def kargo(kind: str, name: str, **parts: Any) -> Document:
    return {"apiVersion": "kargo.akuity.io/v1alpha1", "kind": kind, "metadata": {"name": name}, **parts}


def stage(name: str, *steps: Document, sources: Document | None = None, **spec: Any) -> Document:
    requested = [{"origin": _ORIGIN, "sources": sources or {"direct": True}}]
    template = {"promotionTemplate": {"spec": {"steps": list(steps or (_STEP,))}}}
    return kargo("Stage", name, spec={"requestedFreight": requested, **template, **spec})


def promotion(stage_name: str, **spec: Any) -> Document:
    document = kargo("Promotion", "", spec={"stage": stage_name, "freight": "f123456789", **spec})
    return {**document, "metadata": {"generateName": "promo-"}}


def refusal(call: Any, *given: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        call(*given)
    return str(refused.value.document["message"])


def test_the_label_is_that_of_the_spec(client: Client) -> None:
    """A Stage's label of the shard is spec.shard; a label without it is taken away, at each write."""
    labelled = {**stage("labels"), "metadata": {"name": "labels", "labels": {SHARD: "mine", "team": "a"}}}
    assert client.create(path("stages"), labelled)["metadata"]["labels"] == {"team": "a"}
    found = client.patch(path("stages", "labels"), {"spec": {"shard": "east"}})
    assert found["metadata"]["labels"] == {"team": "a", SHARD: "east"}
    found = client.patch(path("stages", "labels"), {"metadata": {"labels": {SHARD: "west"}}})
    assert found["metadata"]["labels"][SHARD] == "east"
    assert SHARD not in client.patch(path("stages", "labels"), {"spec": {"shard": None}})["metadata"]["labels"]


def test_a_promotion_is_what_its_stage_says(client: Client) -> None:
    """Name, shard, Stage, actor, owner, steps and variables are given, whatever the Promotion came with."""
    owner = client.create(
        path("stages"),
        stage("given", _STEP, {"uses": "argocd-wait", "as": "wait"}, shard="east", vars=[VAR | {"value": "1"}]),
    )
    wanted = promotion("given", steps=[{"uses": "git-clone"}], vars=[{"name": "mine", "value": "x"}])
    wanted["metadata"] = {"name": "by-hand", "annotations": {ACTOR: "email:eve@example.com"}}
    found = client.create(path("promotions"), wanted)
    metadata, spec = found["metadata"], found["spec"]
    prefix, ulid, freight = metadata["name"].split(".")
    assert (prefix, len(ulid), freight) == ("given", 26, "f123456")
    assert metadata["labels"] == {SHARD: "east", "kargo.akuity.io/stage": "given"}
    assert metadata["annotations"] == {ACTOR: "kubernetes:admin", "kargo.akuity.io/stage": "given"}
    (reference,) = metadata["ownerReferences"]
    assert (reference["kind"], reference["uid"], reference["controller"]) == ("Stage", owner["metadata"]["uid"], True)
    assert spec["steps"] == [_STEP | {"as": "step-1"}, {"uses": "argocd-wait", "as": "wait"}]
    assert spec["vars"] == [{"name": "version", "value": "1"}]


VAR = {"name": "version"}


def test_names_sort_by_creation(client: Client) -> None:
    """The names of one Stage's Promotions are in the order in which they were made."""
    client.create(path("stages"), stage("many"))
    made = [client.create(path("promotions"), promotion("many"))["metadata"]["name"] for _ in range(20)]
    assert made == sorted(set(made))


def test_tasks_become_steps(client: Client) -> None:
    """Steps of tasks have the task's alias before theirs, and variables: defaults, then the step's, then their own."""
    steps = [{"uses": "argocd-update", "as": "sync", "vars": [{"name": "own", "value": "o"}]}, {"uses": "argocd-wait"}]
    inputs = [
        {"name": "app", "value": ""},
        {"name": "version", "value": "default"},
        {"name": "set", "value": "default"},
    ]
    client.create(path("promotiontasks"), kargo("PromotionTask", "deploy", spec={"vars": inputs, "steps": steps}))
    client.create(
        path("clusterpromotiontasks", namespace=""),
        kargo("ClusterPromotionTask", "check", spec={"steps": [{"uses": "argocd-wait", "as": "w"}]}),
    )
    given = [{"name": "app", "value": "shop"}]
    referring = [
        {"task": {"name": "deploy"}, "as": "go", "vars": given},
        {"task": {"name": "check", "kind": "ClusterPromotionTask"}},
    ]
    client.create(path("stages"), stage("tasks", *referring, vars=[{"name": "set", "value": "by the Stage"}]))
    found = client.create(path("promotions"), promotion("tasks"))["spec"]
    variables = [{"name": "version", "value": "default"}, *given]
    assert found["steps"] == [
        {"uses": "argocd-update", "as": "go::sync", "vars": [*variables, {"name": "own", "value": "o"}]},
        {"uses": "argocd-wait", "as": "go::step-2", "vars": variables},
        {"uses": "argocd-wait", "as": "task-2::w"},
    ]
    client.create(path("stages"), stage("no-input", {"task": {"name": "deploy"}}))
    assert 'missing value for variable "app"' in refusal(client.create, path("promotions"), promotion("no-input"))
    client.create(path("stages"), stage("no-task", {"task": {"name": "nowhere"}}))
    assert 'PromotionTask.kargo.akuity.io "nowhere" not found' in refusal(
        client.create, path("promotions"), promotion("no-task")
    )


def test_refused_promotions(client: Client) -> None:
    """Without a Stage, without steps, or with Freight that is not available, none is made; and a spec stays."""
    assert 'could not find Stage "nowhere"' in refusal(client.create, path("promotions"), promotion("nowhere"))
    without = stage("control-flow")
    del without["spec"]["promotionTemplate"]
    client.create(path("stages"), without)
    assert "defines no promotion steps" in refusal(client.create, path("promotions"), promotion("control-flow"))
    client.create(path("stages"), stage("down", sources={"stages": ["up"], "requiredSoakTime": "1h"}))
    unavailable = "Freight is not available to this Stage"
    assert unavailable in refusal(client.create, path("promotions"), promotion("down"))
    assert unavailable in refusal(client.create, path("promotions"), promotion("down", freight="nothing"))
    status = path("freights", "f123456789") + "/status"
    client.patch(status, {"status": {"verifiedIn": {"up": {"verifiedAt": "2026-01-01T00:00:00Z"}}}})
    assert unavailable in refusal(client.create, path("promotions"), promotion("down"))
    client.patch(status, {"status": {"verifiedIn": {"up": {"longestSoak": "1h0m0.5s"}}}})
    name = client.create(path("promotions"), promotion("down"))["metadata"]["name"]
    assert "spec is immutable" in refusal(client.patch, path("promotions", name), {"spec": {"freight": "other"}})
    client.patch(path("promotions", name) + "/status", {"status": {"phase": "Running"}})


def test_approved_freight_is_available(client: Client) -> None:
    """Approval by hand is enough; a Freight of another Warehouse is none."""
    client.create(path("freights"), kargo("Freight", "approved", origin=_ORIGIN))
    client.create(path("freights"), kargo("Freight", "foreign", origin={"kind": "Warehouse", "name": "other"}))
    client.create(path("stages"), stage("approving", sources={"stages": ["up"], "availabilityStrategy": "All"}))
    client.patch(path("freights", "approved") + "/status", {"status": {"approvedFor": {"approving": {}}}})
    client.create(path("promotions"), promotion("approving", freight="approved"))
    refusal(client.create, path("promotions"), promotion("approving", freight="foreign"))


def test_who_may_promote(plane: ControlPlane, client: Client) -> None:
    """The verb promote on that Stage is what counts; the one who made a Promotion, or asked to abort it, is named."""
    client.create(path("stages"), stage("guarded"))
    verbs = {"apiGroups": ["kargo.akuity.io"], "resources": ["promotions"], "verbs": ["*"]}
    promote = {"apiGroups": ["kargo.akuity.io"], "resources": ["stages"], "verbs": ["promote"]}
    client.create(f"{RBAC}/clusterroles", {"metadata": {"name": "maker"}, "rules": [verbs]})
    client.create(f"{RBAC}/clusterroles", {"metadata": {"name": "promoter"}, "rules": [verbs, promote]})
    for name, role in (("mallory", "maker"), ("vera", "promoter")):
        subject = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}
        reference = {"kind": "ClusterRole", "apiGroup": "rbac.authorization.k8s.io", "name": role}
        binding = {"metadata": {"name": name}, "subjects": [subject], "roleRef": reference}
        client.create(f"{RBAC}/clusterrolebindings", binding)
    document = json.dumps(promotion("guarded"))
    with pytest.raises(Exception, match="returned non-zero"):
        plane.kubectl("create", "-n", PROJECT, "--as", "mallory", "-f", "-", input_text=document)
    told = plane.kubectl("create", "-n", PROJECT, "--as", "vera", "-o", "json", "-f", "-", input_text=document)
    made = json.loads(told)["metadata"]
    assert made["annotations"][ACTOR] == "kubernetes:vera"
    asked = {"metadata": {"annotations": {ABORT: "terminate", ACTOR: "admin"}}}
    found = client.patch(path("promotions", made["name"]), asked)["metadata"]["annotations"]
    assert json.loads(found[ABORT]) == {"action": "terminate", "actor": "kubernetes:admin"}
    assert found[ACTOR] == "kubernetes:vera"
    client.delete(path("promotions", made["name"]))


def test_refused_stages(client: Client) -> None:
    """A Stage outside a project, one with an alias twice or a reserved one, or a condition of a task, is refused."""
    assert "is not a project" in refusal(client.create, path("stages", namespace="default"), stage("x"))
    twice = stage("x", {"uses": "a", "as": "one"}, {"uses": "b", "as": "one"})
    assert "duplicates that of spec.promotionTemplate.spec.steps[0]" in refusal(client.create, path("stages"), twice)
    reserved = stage("x", {"uses": "a", "as": "step-1"})
    assert "step alias is reserved" in refusal(client.create, path("stages"), reserved)
    conditional = stage("x", {"task": {"name": "t"}, "if": "${{ true }}"})
    assert "cannot have an 'if' condition" in refusal(client.create, path("stages"), conditional)
    requested = stage("x")
    requested["spec"]["requestedFreight"] *= 2
    assert "requested multiple times" in refusal(client.create, path("stages"), requested)


def test_who_asks_for_a_verification(client: Client) -> None:
    """An annotation that asks for one names who asked, once: an update of something else leaves it."""
    client.create(path("stages"), stage("reverified"))
    key = "kargo.akuity.io/reverify"
    found = client.patch(path("stages", "reverified"), {"metadata": {"annotations": {key: "some-id"}}})
    assert json.loads(found["metadata"]["annotations"][key]) == {"id": "some-id", "actor": "kubernetes:admin"}
    again = client.patch(path("stages", "reverified"), {"metadata": {"labels": {"team": "b"}}})
    assert again["metadata"]["annotations"][key] == found["metadata"]["annotations"][key]


def test_what_a_choice_says_of_auto_promotion(client: Client) -> None:
    """Where a policy promotes by itself, older Freight holds the origin, and what would be chosen lets go of it."""
    client.create(path("freights"), kargo("Freight", "newest", origin=_ORIGIN, discoveredAt="2090-01-01T00:00:00Z"))
    policies = [{"stageSelector": {"name": "automatic"}, "autoPromotionEnabled": True}]
    client.create(path("projectconfigs"), kargo("ProjectConfig", PROJECT, spec={"promotionPolicies": policies}))
    client.create(path("stages"), stage("automatic"))
    client.create(path("stages"), stage("manual"))

    def noted(stage_name: str, **spec: Any) -> tuple[dict[str, str], str]:
        found = client.create(path("promotions"), promotion(stage_name, **spec))
        kept = {key: value for key, value in found["metadata"]["annotations"].items() if "auto-promotion" in key}
        return kept, found["spec"]["freight"]

    key = "kargo.akuity.io/auto-promotion"
    assert noted("automatic") == ({f"{key}-hold": "Warehouse/w"}, "f123456789")
    assert noted("automatic", freight="newest") == ({f"{key}-resume": "Warehouse/w"}, "newest")
    assert noted("automatic", freight="", origin=_ORIGIN) == ({f"{key}-resume": "Warehouse/w"}, "newest")
    assert noted("manual", freight="newest") == ({}, "newest")
    nowhere = {"kind": "Warehouse", "name": "nowhere"}
    assert "no auto-promotion candidate" in refusal(
        client.create, path("promotions"), promotion("automatic", freight="", origin=nowhere)
    )
