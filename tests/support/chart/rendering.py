"""Renders the chart with helm, and overlays with kustomize, to objects by what they are called."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy/chart"
OVERLAYS = ROOT / "deploy/apiserver"
NAMESPACE = "promoter-system"

#: kind, namespace, name
Identity = tuple[str, str, str]
Objects = dict[Identity, dict[str, Any]]


class HelmNotBuiltError(Exception):
    """helm cannot be built here; the message says what is missing."""


class RefusedValuesError(Exception):
    """helm renders nothing with such values; the message is what it says."""


def helm_path() -> Path:
    """The helm that the tests run, built where need be. Errors: HelmNotBuiltError."""
    done = subprocess.run([ROOT / "tests/helm/build.sh"], check=False, capture_output=True, text=True)
    if done.returncode:
        raise HelmNotBuiltError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "build.sh failed")
    return Path(done.stdout.strip()) / "helm"


def objects(text: str) -> Objects:
    """The objects of a stream of YAML documents. ValueError: one is there twice."""
    found: Objects = {}
    for document in yaml.safe_load_all(text):
        if document:
            metadata = document["metadata"]
            identity = (document["kind"], metadata.get("namespace", ""), metadata["name"])
            if identity in found:
                raise ValueError(f"twice: {identity}")
            found[identity] = document
    return found


@dataclass(frozen=True, slots=True)
class Helm:
    """helm and the chart; ``folder`` is for values' files and whatever helm itself writes."""

    path: Path
    folder: Path

    def text(self, values: Mapping[str, Any] | None = None, *arguments: str, namespace: str = NAMESPACE) -> str:
        """What ``helm template`` prints with those values. Errors: RefusedValuesError."""
        words = ["template", "promoter-view", str(CHART), "--namespace", namespace, *self.values(values), *arguments]
        done = self.run(words)
        if done.returncode:
            raise RefusedValuesError(done.stderr)
        return done.stdout

    def objects(self, values: Mapping[str, Any] | None = None, **options: str) -> Objects:
        """The rendered objects. Errors: RefusedValuesError."""
        return objects(self.text(values, **options))

    def values(self, values: Mapping[str, Any] | None) -> list[str]:
        """Arguments that give those values."""
        file = self.folder / "values.json"
        file.write_text(json.dumps(values or {}))
        return ["--values", str(file)]

    def run(self, words: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Any:
        """Runs helm with a home of its own."""
        homes = {f"HELM_{name}_HOME": str(self.folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        variables = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **homes, **(environment or {})}
        return subprocess.run([str(self.path), *words], check=False, capture_output=True, text=True, env=variables)


def kustomized(kubectl: Path, folder: Path, overlay: str, components: Iterable[str] = (), **parts: Any) -> Objects:
    """The objects of an overlay with components on it; ``parts`` are further parts of the kustomization.

    ``folder`` is where the kustomization is written; it has to be within the repository's file system.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kustomization = {
        "resources": [_relative(OVERLAYS / overlay, folder)],
        "components": [_relative(OVERLAYS / "components" / component, folder) for component in components],
        **parts,
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    done = subprocess.run([kubectl, "kustomize", folder], check=True, capture_output=True, text=True)
    return objects(done.stdout)


def _relative(path: Path, folder: Path) -> str:
    """kustomize takes no absolute paths."""
    up = "../" * len(folder.resolve().parts[1:])
    return up + str(path).lstrip("/")
