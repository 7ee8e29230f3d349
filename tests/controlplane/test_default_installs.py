"""A default install, by base, chart and bundle, on a cluster without Kargo and Argo CD, which then come, and go."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.installation.installed import ROOT, Account, Installation, installation
from tests.controlplane.installation.pod import NAMESPACE, Pod
from tests.crds import argocd, kargo
from tests.crds.installed import definitions
from tests.support.chart.rendering import Helm, HelmNotBuiltError, helm_path
from tests.support.plane.kargo_town import Town

pytestmark = pytest.mark.controlplane

VIEWER = "promoter-promotionstrategydetails-viewer"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WARNING = "Warning: stages.kargo.akuity.io is not installed in this cluster: there are no StageDetails until it is"


@pytest.fixture(scope="module")
def installed(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(control_plane_binaries, tmp_path_factory.mktemp("installed")) as found:
        yield found


def manifest(way: str, installed: Installation, folder: Path) -> str:
    """The objects of a default install, as YAML."""
    if way == "base":
        return installed.plane.kubectl("kustomize", str(installed.composed("certs-manual")))
    if way == "chart":
        try:
            return Helm(helm_path(), folder).text()
        except HelmNotBuiltError as error:
            pytest.skip(f"no helm: {error}")
    controller = folder / "controller.yaml"
    controller.write_text(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {NAMESPACE}}}\n")
    given = {"version": "v1", "kubectl": installed.plane.kubectl_path, "output": folder, "image": "promoter-view"}
    words = [f"--{name}={value}" for name, value in given.items()]
    command = [sys.executable, str(ROOT / "hack/release_bundles.py"), f"--controller-manifest={controller}", *words]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "install-dashboard-only-byo-cert.yaml").read_text()


def stages(account: Account) -> tuple[list[str], str]:
    """What ``kubectl get sgd -A`` prints: names, and the warning beside them."""
    command = account.command("get", "sgd", "-A", "--no-headers")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [row.split()[1] for row in done.stdout.splitlines()], done.stderr.replace("No resources found\n", "").strip()


def loud(pod: Pod) -> list[str]:
    """What its log says at a level above information, but for what the API server answers while a CRD is new."""
    lines = [json.loads(line) for line in pod.log.splitlines() if line.startswith("{")]
    told = [line["message"] for line in lines if line["level"] not in ("debug", "info")]
    return [message for message in told if "429 TooManyRequests: storage is (re)initializing" not in message]


@pytest.mark.parametrize("way", ["base", "chart", "bundle"])
def test_without_kargo_and_with_it(installed: Installation, tmp_path: Path, way: str) -> None:
    """Ready at once, and nothing is red: what is not installed is said by name, and taken up once it is."""
    text = manifest(way, installed, tmp_path)
    installed.plane.kubectl("apply", "--server-side", "-f", "-", input_text=text)
    try:
        done = installed.certificates()
        assert done.returncode == 0, done.stderr
        with installed.pod() as pod:
            pod.wait_ready()
            installed.wait_available()
            viewer = installed.account(VIEWER)
            assert stages(viewer) == ([], WARNING)
            _, told = pod.get(6443, "/readyz?verbose")
            assert "[-]" not in told
            assert "stages: not installed for" in told

            installed.plane.install_crds(definitions(kargo, argocd))
            town = Town(installed.client, f"shop-{way}", "argocd")
            town.stage("test")
            town.application("app", f"shop-{way}:test")
            pod.wait(lambda: stages(viewer) == (["test"], ""))
            pod.wait(lambda: "not installed" not in pod.get(6443, "/readyz?verbose")[1])

            for kind in ("stages.kargo.akuity.io", "applications.argoproj.io"):
                installed.client.delete(f"{DEFINITIONS}/{kind}")
            pod.wait(lambda: stages(viewer) == ([], WARNING))
            assert "[-]" not in pod.get(6443, "/readyz?verbose")[1]
            assert loud(pod) == []
            assert installed.refused(pod.user) == set()
    finally:
        for group in ("kargo.akuity.io", "argoproj.io"):
            for found in installed.client.get(DEFINITIONS)["items"]:
                if found["spec"]["group"] == group:
                    installed.client.delete(f"{DEFINITIONS}/{found['metadata']['name']}")
        installed.plane.kubectl("delete", "--wait=false", "--ignore-not-found", "-f", "-", input_text=text)
        installed.remove(installed.composed("certs-manual"))
