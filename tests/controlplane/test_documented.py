"""The pages on a real kube-apiserver: a laptop with few rights, a shard beside Kargo, the dashboard behind nginx."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.controlplane.argocd import ArgoCD
from tests.controlplane.documented import documented, follow
from tests.controlplane.installation.installed import Installation
from tests.controlplane.installation.node import Node
from tests.support.docs.commands import commands
from tests.support.docs.worlds import WORLDS
from tests.support.kargo.webhooks import kargo_webhooks
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

_KARGO = "/apis/kargo.akuity.io/v1alpha1/namespaces/shop"
_REPOSITORY, _COMMIT = "https://github.com/example/shop.git", "2" * 40


@pytest.fixture(scope="module")
def installed(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with documented(control_plane_binaries, tmp_path_factory.mktemp("installed")) as found:
        yield found


def test_a_laptop(installed: Installation, tmp_path: Path) -> None:
    """With the role of the page, and no other right, the program starts, and kubectl and curl read from it."""
    administrator = f"KUBECONFIG={installed.plane.kubeconfig}\nexport KUBECONFIG\ncp ~/reader ~/.kube/config"
    (tmp_path / "reader").write_text(_acting_as(installed.plane, "mei"))
    said = follow(WORLDS["laptop"], installed, tmp_path, beginning=administrator)
    for row in (r"team +payments", r"shop +prod"):
        assert re.search(row, said), row
    assert installed.refused("mei") == set()


def test_a_shard_beside_kargo(installed: Installation, tmp_path: Path) -> None:
    """A Stage of Kargo's is taken over, promoted by the Promotion of the page, and given back."""
    client = installed.client
    client.patch("/api/v1/namespaces/shop", {"metadata": {"labels": {"kargo.akuity.io/project": "true"}}})
    with Node(installed), kargo_webhooks(installed.plane), ArgoCD(installed.plane.client):
        for document in _first_example():
            _create(installed, document)
        freight = {
            "origin": {"kind": "Warehouse", "name": "shop"},
            "commits": [{"repoURL": _REPOSITORY, "id": _COMMIT}],
        }
        meta = {"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Freight", "metadata": {"name": "freight-of-now"}}
        client.create(f"{_KARGO}/freights", {**meta, **freight})
        follow(WORLDS["shard"], installed, tmp_path)
    stage = client.get(f"{_KARGO}/stages/test")
    assert "shard" not in stage["spec"]
    assert stage["status"]["lastPromotion"]["status"]["phase"] == "Succeeded"
    application = client.get("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop-test")
    assert application["spec"]["source"]["targetRevision"] == _COMMIT


def test_behind_a_proxy(installed: Installation, tmp_path: Path) -> None:
    """nginx with the configuration of the page: who signs in is named to the cluster, streams come as they are sent."""
    if shutil.which("nginx") is None:
        pytest.skip("no nginx")
    # Its workers are another user, who cannot look into the folder of a test.
    private = """mount --bind . /mnt
cd /mnt
cat /etc/hosts - >~/hosts <<END
127.0.0.1 promoter.example.com
END
mount --bind ~/hosts /etc/hosts"""
    said = follow(WORLDS["proxy"], installed, tmp_path, beginning=private)
    assert "\n401\n" in said
    assert '"user":"mei"' in said.replace('": "', '":"')
    assert "\npayments\n" in said
    assert "\nledger\n" not in said  # in a namespace where she has no right
    assert "event: SYNCED" in said


def _acting_as(plane: ControlPlane, user: str) -> str:
    document: dict[str, Any] = yaml.safe_load(plane.kubeconfig.read_text())
    document["users"][0]["user"]["as"] = user
    return yaml.safe_dump(document)


def _first_example() -> list[dict[str, Any]]:
    """What the examples of docs/kargo.md share, and the first of them, as yet with Kargo's own controller."""
    page = next(each.page for each in commands() if each.page.name == "kargo.md")
    blocks = page.read_text().partition("\n## Examples\n")[2].split("```yaml\n")[1:3]
    found = [each for block in blocks for each in yaml.safe_load_all(block.partition("```")[0])]
    for each in found:
        each["spec"].pop("shard", None)
    return found


def _create(installed: Installation, document: dict[str, Any]) -> None:
    plurals = {"Warehouse": "warehouses", "Stage": "stages", "Application": "applications"}
    if document["kind"] == "Application":
        document["status"] = {"health": {"status": "Healthy"}, "sync": {"status": "OutOfSync"}}
    scope = f"/apis/{document['apiVersion']}/namespaces/{document['metadata']['namespace']}"
    installed.client.create(f"{scope}/{plurals[document['kind']]}", document)
