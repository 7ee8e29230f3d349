"""The config of argocd-update as values, once its schema has found it valid. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mappings, text
from promoter_view.promotions.steps.selection import ApplicationSelection, read_selection
from promoter_view.promotions.steps.step import KustomizeImage, SourceUpdate


@dataclass(frozen=True, slots=True)
class AppUpdate:
    """One entry of ``apps``: which Applications, and what to change of their sources."""

    selection: ApplicationSelection
    updates: tuple[SourceUpdate, ...]


def read_update_config(config: Mapping[str, Any], default_namespace: str) -> tuple[AppUpdate, ...]:
    """The entries of ``apps``, in order."""
    return tuple(
        AppUpdate(read_selection(app, default_namespace), tuple(map(_update, mappings(app, "sources"))))
        for app in mappings(config, "apps")
    )


def _update(source: Mapping[str, Any]) -> SourceUpdate:
    return SourceUpdate(
        repo_url=text(source, "repoURL"),
        chart=text(source, "chart"),
        desired_revision=text(source, "desiredRevision"),
        update_target_revision=source.get("updateTargetRevision") is True,
        images=tuple(map(_image, mappings(source, "kustomize", "images"))),
        parameters=tuple((text(image, "key"), text(image, "value")) for image in mappings(source, "helm", "images")),
    )


def _image(image: Mapping[str, Any]) -> KustomizeImage:
    return KustomizeImage(text(image, "repoURL"), text(image, "newName"), text(image, "tag"), text(image, "digest"))
