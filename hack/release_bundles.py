"""Writes a release's bundles: one file each to apply, flattened, its image pinned, with the controller and without it.

``make release-bundles`` runs it. The controller's manifest (GitOps Promoter's own install file) goes in byte by byte;
ours comes from the kustomize overlays by ``kubectl kustomize``. What does not fit ends it with one line and status 2,
before anything is written.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).resolve().parents[1]
#: What the manifests call the image; a release says which one that is.
_IMAGE_NAME = "promoter-view"
_NAMESPACE = "promoter-system"
#: A bundle's name by the overlay that it is made from.
_OVERLAYS = {"cert-manager": "certs-cert-manager", "byo-cert": "certs-manual"}

Object = Mapping[str, Any]


class BundleError(Exception):
    """What is wrong with what was given; the message says what was expected."""


def main() -> int:
    """The exit status: 0, or 2 with one line on standard error."""
    try:
        return _write(_arguments())
    except (BundleError, OSError) as error:
        sys.stderr.write(f"release-bundles: {error}\n")
        return 2


def _write(given: argparse.Namespace) -> int:
    controller = _controller(Path(given.controller_manifest), given.controller_sha256)
    theirs = _objects(controller, given.controller_manifest)
    image = _image(given)
    bundles: dict[str, bytes] = {}
    for name, overlay in _OVERLAYS.items():
        ours = _flattened(_ROOT / "deploy/apiserver" / overlay, image, given)
        _check_ours(_objects(ours, overlay))
        _check_together(theirs, _objects(ours, overlay))
        heading = f"# promoter-view {given.version}: the aggregated API, certificates: {name}.\n".encode()
        source = f"# With the controller of {Path(given.controller_manifest).name}, sha256 {_digest(controller)}.\n"
        bundles[f"install-with-dashboard-{name}.yaml"] = heading + source.encode() + _joined(controller, ours)
        bundles[f"install-dashboard-only-{name}.yaml"] = heading + ours
    if not any(_identity(item) == f"Namespace. /{_NAMESPACE}" for item in theirs):
        sys.stderr.write(f"release-bundles: note: no Namespace {_NAMESPACE} in it; it has to be there before\n")
    given.output.mkdir(parents=True, exist_ok=True)
    for file, content in bundles.items():
        (given.output / file).write_bytes(content)
        sys.stdout.write(f"{_digest(content)}  {given.output / file}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="release-bundles", description=__doc__)
    parser.add_argument("--version", required=True)
    parser.add_argument("--controller-manifest", required=True)
    parser.add_argument("--controller-sha256", default="")
    parser.add_argument("--image", default=_IMAGE_NAME)
    parser.add_argument("--image-digest", default="")
    parser.add_argument("--kubectl", default="kubectl")
    parser.add_argument("--output", type=Path, default=_ROOT / "dist")
    given = parser.parse_args()
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", given.version):
        raise BundleError(f"VERSION: {given.version!r} is wrong; expected: a tag such as v0.2.0")
    if "@" in given.image or ":" in given.image.rpartition("/")[2]:
        raise BundleError(f"IMAGE: {given.image!r} is wrong; expected: a name alone, VERSION is its tag")
    if not given.controller_manifest:
        raise BundleError("CONTROLLER_MANIFEST: give the path of GitOps Promoter's install file, such as install.yaml")
    return given


def _controller(path: Path, expected: str) -> bytes:
    if not path.is_file():
        raise BundleError(f"CONTROLLER_MANIFEST: there is no file {path}")
    content = path.read_bytes()
    if expected and _digest(content) != expected.removeprefix("sha256:").lower():
        raise BundleError(f"CONTROLLER_SHA256: {path} has {_digest(content)}, not {expected}: it is another file")
    return content


def _image(given: argparse.Namespace) -> dict[str, str]:
    """One entry of a kustomization's ``images``."""
    if not given.image_digest:
        return {"name": _IMAGE_NAME, "newName": given.image, "newTag": given.version}
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", given.image_digest):
        raise BundleError(f"IMAGE_DIGEST: {given.image_digest!r} is wrong; expected: sha256: and 64 hex digits")
    return {"name": _IMAGE_NAME, "newName": given.image, "digest": given.image_digest}


def _flattened(overlay: Path, image: Mapping[str, str], given: argparse.Namespace) -> bytes:
    """What kustomize makes of the overlay, with that image. No other transformer: names and namespaces are final."""
    with tempfile.TemporaryDirectory() as folder:
        # kustomize takes no absolute paths.
        resource = os.path.relpath(overlay, Path(folder).resolve())
        kustomization = {"resources": [resource], "images": [dict(image)]}
        (Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        try:
            done = subprocess.run([given.kubectl, "kustomize", folder], check=False, capture_output=True)
        except FileNotFoundError:
            raise BundleError(f"{given.kubectl} is not here: install kubectl, or give its path: KUBECTL=...") from None
    if done.returncode:
        raise BundleError(f"kubectl kustomize {overlay}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _objects(content: bytes, source: str) -> list[Object]:
    # Nothing but texts: no date, no '=' of a CustomResourceDefinition is an error that way.
    try:
        documents = [document for document in yaml.load_all(content, yaml.CBaseLoader) if document]
    except yaml.YAMLError as error:
        raise BundleError(f"{source} is not YAML: {' '.join(str(error).split())}") from None
    for document in documents:
        whole = isinstance(document, dict) and {"apiVersion", "kind"} <= document.keys()
        if not whole or not isinstance(document.get("metadata"), dict):
            raise BundleError(f"{source} holds something that is not a Kubernetes object: {str(document)[:80]}")
    return documents


def _identity(item: Object) -> str:
    metadata = item["metadata"]
    group = item["apiVersion"].rpartition("/")[0]
    return f"{item['kind']}.{group} {metadata.get('namespace', '')}/{metadata.get('name', '')}"


def _check_ours(ours: Iterable[Object]) -> None:
    found = {_identity(item) for item in ours}
    binding = "RoleBinding.rbac.authorization.k8s.io kube-system/promoter-apiserver-extension-auth-reader"
    if binding not in found:
        raise BundleError(f"the manifests lack {binding}: a namespace transformer must not move it")


def _check_together(controller: Iterable[Object], ours: Iterable[Object]) -> None:
    theirs = {_identity(item): item for item in controller}
    both = sorted(_identity(item) for item in ours if _identity(item) in theirs)
    if both:
        raise BundleError(f"CONTROLLER_MANIFEST: it has {both[0]} too: give the install file without the dashboard")
    secrets = sorted(name for name, item in theirs.items() if item["kind"] == "Secret" and _filled(item))
    if secrets:
        raise BundleError(f"CONTROLLER_MANIFEST: it has {secrets[0]} with data: no release holds a secret")


def _filled(secret: Object) -> bool:
    return bool(secret.get("data") or secret.get("stringData"))


def _joined(controller: bytes, ours: bytes) -> bytes:
    return controller.rstrip(b"\n") + b"\n---\n" + ours


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
