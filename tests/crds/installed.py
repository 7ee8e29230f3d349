"""The CustomResourceDefinitions that tests install: this folder's, and the projects' own where they are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.crds import argocd, kargo, promoter
from tests.crds.shapes import Definition, definition

#: The projects' own, which are not part of this repository.
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "crds"


def definitions(*projects: Any) -> list[Definition]:
    """What this folder says of these projects' kinds; of GitOps Promoter's where none is named."""
    return [definition(project.GROUP, kind) for project in projects or (promoter,) for kind in project.KINDS]


def every_definition() -> list[Definition]:
    """GitOps Promoter's, Kargo's and Argo CD's."""
    return definitions(promoter, kargo, argocd)


def published() -> list[Definition]:
    """All that the projects publish; nothing where that is not at hand."""
    return [yaml.load(file.read_text(), yaml.CSafeLoader) for file in sorted(PUBLISHED.glob("*.yaml"))]
