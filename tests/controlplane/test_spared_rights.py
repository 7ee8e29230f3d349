"""A user who may read the promoter's kinds only, on a cluster that has Kargo's and Argo CD's CRDs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.installation.granting import RBAC
from tests.support.plane.accounts import kubeconfig_of
from tests.support.plane.kargo_town import Town
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import GROUP_PATH, Client
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

USER = "promoter-only"
_PATIENCE_SECONDS = 60
_VERBS = ["get", "list", "watch"]
#: What docs/quickstart.md asks for, and what it says of Kargo and Argo CD.
PROMOTER = {"apiGroups": ["promoter.argoproj.io"], "resources": ["*"], "verbs": _VERBS}
KARGO = {"apiGroups": ["kargo.akuity.io"], "resources": ["stages", "promotions", "freights"], "verbs": _VERBS}
ARGOCD = {"apiGroups": ["argoproj.io"], "resources": ["applications"], "verbs": _VERBS}


@pytest.fixture
def running(stages_plane: ControlPlane, tmp_path: Path) -> Iterator[Program]:
    """The program as that user, not started yet."""
    client = stages_plane.client()
    role = {"metadata": {"name": USER}, "rules": [PROMOTER]}
    client.create(f"{RBAC}/clusterroles", role)
    subject = {"kind": "ServiceAccount", "name": USER, "namespace": "default"}
    binding = {"metadata": {"name": USER}, "subjects": [subject], "roleRef": {"kind": "ClusterRole", "name": USER}}
    client.create(f"{RBAC}/clusterrolebindings", binding)
    client.create("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": USER}})
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(kubeconfig_of(stages_plane, USER)))
    options = ["--kubeconfig", str(kubeconfig), "--insecure-no-auth", "--event-log", f"file:{tmp_path / 'log'}"]
    with Program(tmp_path / "program", options) as program:
        yield program


def told(running: Program, name: str) -> str:
    """That line of /readyz?verbose."""
    lines = Client(running.endpoint).get("/readyz?verbose").decode().splitlines()
    return next(line for line in lines if line.startswith(f"[i]{name}:"))


def names(running: Program) -> list[str]:
    items = json.loads(Client(running.endpoint).get(f"{GROUP_PATH}/stagedetails"))["items"]
    return [item["metadata"]["name"] for item in items if item["metadata"]["namespace"] == "spared"]


def test_ready_with_what_may_be_read(stages_plane: ControlPlane, running: Program) -> None:
    """What may not be read, and nothing served needs, is said and holds nothing; the right is taken up once given."""
    Town(stages_plane.client(), "spared", "spared-argocd").stage("prod")
    running.start()
    running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
    wait(lambda: told(running, "reflectors").count(": not permitted for") == 4, _PATIENCE_SECONDS, "all are named")
    assert "/apis/kargo.akuity.io/v1alpha1/stages: not permitted for" in told(running, "reflectors")
    assert "no served view needs it" in running.log
    assert names(running) == []
    assert running.metric("promoter_view_reflector_lag_seconds") < 60
    running.kill()
    running.start()
    running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
    rules = {"rules": [PROMOTER, KARGO, ARGOCD]}
    stages_plane.client().patch(f"{RBAC}/clusterroles/{USER}", rules)
    wait(lambda: names(running) == ["prod"], _PATIENCE_SECONDS, "the Stage is there without a restart")
    wait(lambda: ": not permitted for" not in told(running, "reflectors"), _PATIENCE_SECONDS, "the rest is, too")
    assert Client(running.endpoint).get("/readyz").startswith(b"ok")
