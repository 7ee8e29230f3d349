"""``promoter-view check`` on a real kube-apiserver: what it finds, what to do about it, and its exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane.installation.granting import RBAC
from tests.support.plane.accounts import kubeconfig_of
from tests.support.plane.plane import ControlPlane
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

USER = "checked"


def check(kubeconfig: Path, *options: str) -> tuple[int, list[str]]:
    """The exit status, and the lines."""
    command = [str(Path(sys.executable).with_name("promoter-view")), "check", "--kubeconfig", str(kubeconfig)]
    # Others may listen on the ports that are the default.
    command += ["--secure-port", "0", "--dashboard-port", "8080+"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout.splitlines()


def test_nothing_to_do(control_plane: ControlPlane) -> None:
    """An administrator, on a cluster with the promoter's CRDs: each line is well, or only noted."""
    status, lines = check(control_plane.kubeconfig)
    assert status == 0, lines
    assert {line.split()[0] for line in lines} <= {"ok", "note"}
    told = "\n".join(lines)
    assert "ok    reachable     Kubernetes v1." in told
    assert "CRDs          promoter.argoproj.io: " in told
    assert "note  CRDs          kargo.akuity.io is not installed" in told
    assert "the client certificate is valid until" in told or "the cluster's CA is valid until" in told


def test_what_is_missing(control_plane: ControlPlane, tmp_path: Path) -> None:
    """An account without permissions: a line for each resource; with them, and openly served, nothing is left."""
    client = control_plane.client()
    client.create("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": USER}})
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(kubeconfig_of(control_plane, USER)))
    status, lines = check(kubeconfig)
    assert status == 1
    missing = [line for line in lines if line.startswith("todo  permissions")]
    assert any(
        "may not list and watch promotionstrategies.promoter.argoproj.io in all namespaces" in each for each in missing
    )
    assert any("may not create tokenreviews.authentication.k8s.io" in each for each in missing)
    rules = [{"apiGroups": ["promoter.argoproj.io"], "resources": ["*"], "verbs": ["list", "watch"]}]
    client.create(f"{RBAC}/clusterroles", {"metadata": {"name": USER}, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": USER, "namespace": "default"}
    role = {"kind": "ClusterRole", "name": USER}
    client.create(f"{RBAC}/clusterrolebindings", {"metadata": {"name": USER}, "subjects": [subject], "roleRef": role})
    openly = ("--insecure-no-auth", "--bind-address", "127.0.0.1")
    wait(lambda: check(kubeconfig, *openly)[0] == 0, 60, "nothing is to do")


def test_a_cluster_that_is_not_there(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Nobody listens there: the line says what to look at."""
    text = control_plane.kubeconfig.read_text().replace(str(control_plane.port), "9")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(text)
    status, lines = check(kubeconfig)
    assert status == 1
    assert lines[-1].startswith("todo  reachable     no: ")
