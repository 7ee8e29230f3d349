"""Release bundles, made by make as a release does, with a stand-in for the controller's manifest."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.chart.rendering import Helm, HelmNotBuiltError, helm_path
from tests.support.plane.plane import ControlPlane

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "sha256:" + "0123456789abcdef" * 4
CONTROLLER = """\
# The controller's own words stay.
apiVersion: v1
kind: Namespace
metadata: {name: promoter-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: promoter-controller-manager, namespace: promoter-system}
spec:
  selector: {matchLabels: {control-plane: controller-manager}}
  template:
    metadata: {labels: {control-plane: controller-manager}}
    spec: {containers: [{name: manager, image: "promoter:v0.36.0"}]}
---
"""
BUNDLES = {
    "install-with-dashboard-cert-manager.yaml",
    "install-with-dashboard-byo-cert.yaml",
    "install-dashboard-only-cert-manager.yaml",
    "install-dashboard-only-byo-cert.yaml",
}
Make = Callable[..., subprocess.CompletedProcess[str]]
Objects = list[dict[str, Any]]


@pytest.fixture
def controller(tmp_path: Path) -> Path:
    """The stand-in's file."""
    path = tmp_path / "install.yaml"
    path.write_text(CONTROLLER)
    return path


@pytest.fixture
def make(control_plane_binaries: Path, tmp_path: Path) -> Make:
    """Makes bundles into ``dist`` of the test's folder; options by their make variables' names."""

    def run(**given: str) -> subprocess.CompletedProcess[str]:
        options = {"version": "v1.2.3", "kubectl": str(control_plane_binaries / "kubectl"), **given}
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        command = [sys.executable, str(ROOT / "hack/release_bundles.py"), f"--output={tmp_path / 'dist'}", *words]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    return run


@pytest.fixture
def helm(tmp_path: Path) -> Helm:
    """helm; skips, and says why, where it cannot be built."""
    try:
        return Helm(helm_path(), tmp_path)
    except HelmNotBuiltError as error:
        pytest.skip(f"no helm: {error}")


@pytest.fixture
def bundles(make: Make, controller: Path, tmp_path: Path) -> dict[str, Objects]:
    """The objects of each bundle by its file's name."""
    done = make(controller_manifest=str(controller))
    assert done.returncode == 0, done.stderr
    return {path.name: _objects(path) for path in (tmp_path / "dist").iterdir()}


def _objects(path: Path) -> Objects:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def _named(objects: Objects) -> set[tuple[str, str, str]]:
    return {(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]) for one in objects}


def _images(objects: Objects) -> set[str]:
    deployments = [one for one in objects if one["kind"] == "Deployment"]
    containers = [box for one in deployments for box in one["spec"]["template"]["spec"]["containers"]]
    return {box["image"] for box in containers}


def test_each_bundle_is_one_file(bundles: dict[str, Objects]) -> None:
    """With the controller and without it, for cert-manager's certificates and for one's own."""
    assert bundles.keys() == BUNDLES


@pytest.mark.parametrize("certificates", ["cert-manager", "byo-cert"])
def test_a_bundle_is_the_controller_and_what_kustomize_gives(bundles: dict[str, Objects], certificates: str) -> None:
    """The two together are exactly the controller's objects and those of the bundle without it."""
    whole, ours = (
        bundles[f"{name}-{certificates}.yaml"] for name in ("install-with-dashboard", "install-dashboard-only")
    )
    theirs = [document for document in yaml.safe_load_all(CONTROLLER) if document]
    assert whole == theirs + ours


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_no_namespace_is_moved(bundles: dict[str, Objects], name: str) -> None:
    """The RoleBinding stays in kube-system, where its Role is, and everything else that has a namespace in its own."""
    objects = bundles[name]
    assert ("RoleBinding", "kube-system", "promoter-apiserver-extension-auth-reader") in _named(objects)
    assert {namespace for _, namespace, _ in _named(objects)} == {"", "kube-system", "promoter-system"}


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_no_bundle_holds_a_secret(bundles: dict[str, Objects], name: str) -> None:
    """No Secret, no private key and no caBundle is part of a release."""
    assert "Secret" not in {kind for kind, _, _ in _named(bundles[name])}
    assert "PRIVATE KEY" not in str(bundles[name])
    assert "caBundle" not in str(bundles[name])


def test_certificates_come_from_cert_manager_or_not_at_all(bundles: dict[str, Objects]) -> None:
    """The one bundle has Issuers and Certificates and asks for the CA's injection, the other has none of that."""
    kinds = {name: {kind for kind, _, _ in _named(objects)} for name, objects in bundles.items()}
    assert {"Issuer", "Certificate"} <= kinds["install-with-dashboard-cert-manager.yaml"]
    assert not {"Issuer", "Certificate"} & kinds["install-with-dashboard-byo-cert.yaml"]
    assert "inject-ca-from" in str(bundles["install-with-dashboard-cert-manager.yaml"])
    assert "inject-ca-from" not in str(bundles["install-with-dashboard-byo-cert.yaml"])


def test_the_image_is_pinned_to_the_version(bundles: dict[str, Objects]) -> None:
    """Where no digest is given the image is the release's tag; the controller's image is left alone."""
    assert _images(bundles["install-with-dashboard-byo-cert.yaml"]) == {"promoter:v0.36.0", "promoter-view:v1.2.3"}


def test_the_image_is_pinned_by_digest_where_one_is_given(make: Make, controller: Path, tmp_path: Path) -> None:
    """IMAGE and IMAGE_DIGEST say which image it is to the byte."""
    done = make(controller_manifest=str(controller), image="registry.example/team/view", image_digest=DIGEST)
    assert done.returncode == 0, done.stderr
    for path in (tmp_path / "dist").iterdir():
        assert f"registry.example/team/view@{DIGEST}" in _images(_objects(path))


def test_the_same_release_is_the_same_bytes(make: Make, controller: Path, tmp_path: Path) -> None:
    """A release made again has the digests that were printed the first time."""
    digest = hashlib.sha256(CONTROLLER.encode()).hexdigest()
    first, second = (make(controller_manifest=str(controller), controller_sha256=digest) for _ in range(2))
    assert first.stdout == second.stdout
    printed = dict(reversed(line.split()) for line in first.stdout.splitlines())  # type: ignore[misc]
    for path in (tmp_path / "dist").iterdir():
        assert printed[str(path)] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("certificates", "mode"), [("cert-manager", "certManager"), ("byo-cert", "manual")])
def test_the_chart_gives_the_same_objects(
    bundles: dict[str, Objects], helm: Helm, certificates: str, mode: str
) -> None:
    """Whoever installs by Helm gets the bundle's objects, with the bundle's image."""
    rendered = helm.objects({"certs": {"mode": mode}, "image": {"tag": "v1.2.3"}})
    ours = {
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one
        for one in bundles[f"install-dashboard-only-{certificates}.yaml"]
    }
    assert rendered == ours


def test_a_controller_without_its_namespace_is_noted(make: Make, controller: Path, tmp_path: Path) -> None:
    """Whoever makes the namespace elsewhere gets bundles, and reads that it has to be there before."""
    controller.write_text(CONTROLLER.partition("---")[2])
    done = make(controller_manifest=str(controller))
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert "no Namespace promoter-system" in done.stderr
    assert {path.name for path in (tmp_path / "dist").iterdir()} == BUNDLES


@pytest.mark.controlplane
def test_a_bundle_can_be_applied_again_and_again(
    make: Make, controller: Path, tmp_path: Path, own_control_plane: ControlPlane
) -> None:
    """On a cluster with nothing in it one apply is enough, by strict validation; after it nothing differs."""
    assert make(controller_manifest=str(controller)).returncode == 0
    file = str(tmp_path / "dist/install-with-dashboard-byo-cert.yaml")
    own_control_plane.kubectl("apply", "--server-side", "--validate=strict", "-f", file)
    assert own_control_plane.kubectl("diff", "--server-side", "-f", file) == ""


@pytest.mark.parametrize(
    ("given", "text", "complaint"),
    [
        ({"version": "release/1"}, CONTROLLER, "VERSION: 'release/1' is wrong"),
        ({"image": "registry.example:5000/view:v1"}, CONTROLLER, "IMAGE: 'registry.example:5000/view:v1' is wrong"),
        ({"version": ""}, CONTROLLER, "VERSION: '' is wrong"),
        ({"controller_manifest": ""}, CONTROLLER, "CONTROLLER_MANIFEST: give the path"),
        ({"controller_manifest": "nowhere.yaml"}, CONTROLLER, "there is no file nowhere.yaml"),
        ({"controller_sha256": "00"}, CONTROLLER, "it is another file"),
        ({"image_digest": "sha256:12"}, CONTROLLER, "IMAGE_DIGEST: 'sha256:12' is wrong"),
        ({"kubectl": "no-such-kubectl"}, CONTROLLER, "install kubectl"),
        ({}, "a: [", "is not YAML"),
        ({}, "- a list\n", "not a Kubernetes object"),
        ({}, "apiVersion: v1\nkind: Pod\nmetadata:\n", "not a Kubernetes object"),
        (
            {},
            CONTROLLER + "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {key: dmFsdWU=}\n",
            "no release holds a secret",
        ),
        (
            {},
            CONTROLLER
            + "apiVersion: v1\nkind: Service\nmetadata: {name: promoter-apiserver, namespace: promoter-system}\n",
            "promoter-system/promoter-apiserver too",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(
    make: Make, controller: Path, tmp_path: Path, given: dict[str, str], text: str, complaint: str
) -> None:
    """Status 2, one line that names what is wrong, and nothing is written."""
    controller.write_text(text)
    done = make(**{"controller_manifest": str(controller), **given})
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert complaint in done.stderr
    assert not (tmp_path / "dist").exists()
