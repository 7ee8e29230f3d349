"""The CustomResourceDefinitions that tests install: this folder's, and the projects' own where they are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.crds import argocd, kargo
from tests.crds.promoter_releases import every_kind
from tests.crds.shapes import Definition, definition

#: The projects' own, which are not part of this repository.
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "crds"


def definitions(*projects: Any) -> list[Definition]:
    """What this folder says of these projects' kinds; where none is named, of GitOps Promoter's."""
    return [definition(project.GROUP, kind) for project in projects for kind in project.KINDS] or every_kind()


def every_definition() -> list[Definition]:
    """GitOps Promoter's, Kargo's and Argo CD's."""
    return [*definitions(), *definitions(kargo, argocd)]


def published() -> list[Definition]:
    """All that the projects publish; nothing where that is not at hand."""
    return [yaml.load(file.read_text(), yaml.CSafeLoader) for file in sorted(PUBLISHED.glob("*.yaml"))]
