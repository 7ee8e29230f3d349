"""The pages of an installation, step by step, on a real kube-apiserver: each way in, what one does then, and out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.controlplane.documented import documented, follow
from tests.controlplane.installation.installed import API_SERVICES, Installation
from tests.controlplane.installation.node import Node
from tests.controlplane.installation.pod import NAMESPACE
from tests.support.chart.rendering import HelmNotBuiltError, helm_path
from tests.support.docs.worlds import WORLDS
from tests.support.plane.aggregation import API_SERVICE

pytestmark = pytest.mark.controlplane


@pytest.fixture(scope="module")
def installed(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with documented(control_plane_binaries, tmp_path_factory.mktemp("installed")) as found:
        yield found


def left(installed: Installation) -> list[str]:
    """What is left of an installation after its pages' last step."""
    kinds = ("deployments", "services", "secrets", "persistentvolumeclaims", "serviceaccounts")
    listed = installed.plane.kubectl("get", ",".join(kinds), "-n", NAMESPACE, "-o", "name").split()
    services = [each["metadata"]["name"] for each in installed.client.get(API_SERVICES)["items"]]
    ours = ("promoter-apiserver", "promoter-dashboard", API_SERVICE)
    return [each for each in (*listed, *services) if any(name in each for name in ours)]


def test_by_kustomize_and_script(installed: Installation, tmp_path: Path) -> None:
    """Installed, looked at by every command of the pages, changed, and removed again."""
    with Node(installed):
        said = follow(WORLDS["cluster"], installed, tmp_path)
    assert "4f3c2a1" in said
    assert left(installed) == []


def test_by_kustomize_and_hand(installed: Installation, tmp_path: Path) -> None:
    """Certificates that openssl makes, line by line."""
    with Node(installed):
        follow(WORLDS["by-hand"], installed, tmp_path)
    assert left(installed) == []


def test_by_cert_manager(installed: Installation, tmp_path: Path) -> None:
    """The manifests' Certificates, issued by a stand-in of cert-manager."""
    with Node(installed, cert_manager=True):
        follow(WORLDS["cert-manager"], installed, tmp_path)
    assert left(installed) == []


def test_by_helm(installed: Installation, tmp_path: Path) -> None:
    """helm installs the chart of the clone, and takes it away."""
    try:
        path = helm_path()
    except HelmNotBuiltError as error:
        pytest.skip(f"no helm: {error}")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "helm").symlink_to(path)
    with Node(installed, cert_manager=True):
        follow(WORLDS["helm"], installed, tmp_path)
    assert left(installed) == []


def test_with_the_dashboard(installed: Installation, tmp_path: Path) -> None:
    """Its pod shows a visitor with a token what that may see, and nothing else."""
    with Node(installed):
        said = follow(WORLDS["dashboard"], installed, tmp_path)
    assert "\npayments\n" in said
    assert "\nledger\n" not in said
    assert left(installed) == []


def test_by_one_file(installed: Installation, tmp_path: Path) -> None:
    """The release file, made from a stand-in of GitOps Promoter's own; only what is of this program is removed."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "controller", "namespace": NAMESPACE}}
    (tmp_path / "install.yaml").write_text(yaml.safe_dump_all([namespace, account]))
    with Node(installed, cert_manager=True):
        follow(WORLDS["bundle"], installed, tmp_path, beginning="cp ~/install.yaml .")
    assert left(installed) == []
