"""The config of argocd-update as values: each field in its place, and what is left out."""

from __future__ import annotations

from promoter_view.promotions.steps.step import KustomizeImage, SourceUpdate
from promoter_view.promotions.steps.update_config import read_update_config

IMAGE = {"repoURL": "registry/app", "newName": "mirror/app", "tag": "1.10", "digest": "sha256:ab"}


def test_a_config_in_full() -> None:
    """What each source is found by, and what is set of it: revision, Kustomize images, Helm parameters."""
    source = {
        "repoURL": "https://git/app",
        "chart": "app",
        "desiredRevision": "1.2.3",
        "updateTargetRevision": True,
        "kustomize": {"images": [IMAGE]},
        "helm": {"images": [{"key": "image.tag", "value": "1.10"}]},
    }
    (app,) = read_update_config({"apps": [{"name": "app", "sources": [source]}]}, "argocd")
    assert (app.selection.namespace, app.selection.name) == ("argocd", "app")
    assert app.updates == (
        SourceUpdate(
            repo_url="https://git/app",
            chart="app",
            desired_revision="1.2.3",
            update_target_revision=True,
            images=(KustomizeImage("registry/app", "mirror/app", "1.10", "sha256:ab"),),
            parameters=(("image.tag", "1.10"),),
        ),
    )


def test_apps_without_sources() -> None:
    """They are selected, in order, and nothing of them is set."""
    found = read_update_config({"apps": [{"name": "b"}, {"name": "a", "namespace": "team"}]}, "argocd")
    assert [(each.selection.namespace, each.selection.name) for each in found] == [("argocd", "b"), ("team", "a")]
    assert not any(each.updates for each in found)
