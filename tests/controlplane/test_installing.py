"""Kargo and Argo CD that are not there, come, and go, for a program that has few rights: on a real kube-apiserver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.crds import argocd, kargo
from tests.crds.installed import definitions
from tests.support.plane.kargo_town import Town
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import BROKEN, GROUP_PATH, Client, RefusedError
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def test_from_nothing_to_everything_and_back(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """Without their CRDs no right is needed; with them the one that lacks is named; given, the view fills."""
    plane = own_control_plane
    kubeconfig = _servant(plane, tmp_path)
    options = ["--kubeconfig", str(kubeconfig), "--insecure-no-auth", "--event-log", f"file:{tmp_path / 'log'}"]
    with Program(tmp_path / "program", options) as running:
        running.start()
        running.wait_ready()
        assert _stages(running) == []
        running.kill()

        plane.install_crds(definitions(kargo, argocd))
        town = Town(plane.client(), "shop", "argocd")
        town.stage("test")
        town.application("app", "shop:test")
        running.start()
        plane.wait(lambda: b"forbidden" in _line(running, b"kargo.akuity.io/v1alpha1/stages: "))

        _let(plane, "kargo-reader", "kargo.akuity.io", "argoproj.io")
        plane.wait(lambda: [_applications(each) for each in _stages(running)] == [["app"]])

        plane.client().delete(f"{_DEFINITIONS}/applications.argoproj.io")
        plane.wait(lambda: [_applications(each) for each in _stages(running)] == [[]])
        plane.client().delete(f"{_DEFINITIONS}/stages.kargo.akuity.io")
        plane.wait(lambda: _stages(running) == [])
        assert b"[+]first-state ok" in Client(running.endpoint).get("/readyz?verbose")


def _servant(plane: ControlPlane, folder: Path) -> Path:
    """A kubeconfig of a service account that may read the promoter's kinds, and nothing else."""
    client = plane.client()
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    client.create(accounts, {"metadata": {"name": "servant"}})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = client.create(f"{accounts}/servant/token", request)["status"]["token"]
    _let(plane, "promoter-reader", "promoter.argoproj.io")
    document: dict[str, Any] = yaml.safe_load(plane.kubeconfig.read_text())
    document["users"] = [{"name": document["users"][0]["name"], "user": {"token": token}}]
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def _let(plane: ControlPlane, name: str, *groups: str) -> None:
    """The servant may list and watch what those groups have."""
    rule = {"apiGroups": list(groups), "resources": ["*"], "verbs": ["list", "watch"]}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subject = {"kind": "ServiceAccount", "name": "servant", "namespace": "default"}
    client = plane.client()
    client.create(f"{_RBAC}/clusterroles", {"metadata": {"name": name}, "rules": [rule]})
    binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
    client.create(f"{_RBAC}/clusterrolebindings", binding)


def _stages(running: Program) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = orjson.loads(Client(running.endpoint).get(f"{GROUP_PATH}/stagedetails"))["items"]
    return items


def _applications(bundle: dict[str, Any]) -> list[str]:
    """The names of a Stage's Applications; each kind is read at a time of its own."""
    return [each["metadata"]["name"] for each in bundle.get("applications", [])]


def _line(running: Program, path: bytes) -> bytes:
    """What ``/readyz?verbose`` says of a list path, while it is ready."""
    try:
        said = Client(running.endpoint).get("/readyz?verbose")
    except (*BROKEN, RefusedError):
        return b""
    return said.partition(path)[2].partition(b"; ")[0]
