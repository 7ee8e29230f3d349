"""Which list paths a scope amounts to."""

from __future__ import annotations

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS, REFLECTED_KINDS
from promoter_view.kubernetes.paths import instance_selector, list_paths, reflected_paths
from promoter_view.kubernetes.selectors import parse_label_selector


def test_cluster_wide() -> None:
    """Without namespaces there is one path a kind, cluster-scoped kinds included."""
    paths = list_paths(PROMOTER_KINDS, [], None)
    assert [path.kind for path in paths] == [kind.kind for kind in PROMOTER_KINDS]
    assert paths[0].url == "/apis/promoter.argoproj.io/v1alpha1/promotionstrategies"


def test_namespaces() -> None:
    """With namespaces there is one path a kind and namespace, and none for cluster-scoped kinds."""
    paths = list_paths(PROMOTER_KINDS, ["a", "b", "a"], None)
    assert len(paths) == 2 * (len(PROMOTER_KINDS) - 1)
    assert "ClusterScmProvider" not in {path.kind for path in paths}
    assert paths[1].url == "/apis/promoter.argoproj.io/v1alpha1/namespaces/b/promotionstrategies"
    assert len({path.id for path in paths}) == len(paths)


@pytest.mark.parametrize(
    ("instance_id", "labels", "selected"),
    [
        (None, {"promoter.argoproj.io/instance-id": "x"}, True),
        ("x", {"promoter.argoproj.io/instance-id": "x"}, True),
        ("x", {}, False),
        ("", {"promoter.argoproj.io/instance-id": "x"}, False),
        ("", {}, True),
    ],
)
def test_instance_id(instance_id: str | None, labels: dict[str, str], selected: bool) -> None:
    """An id selects its objects, an empty one those without the label, none everything."""
    assert parse_label_selector(instance_selector(instance_id)).matches(labels) is selected


def test_everything_that_is_reflected() -> None:
    """Cluster-wide there is one path a kind; only the promoter's carry the selector of --instance-id."""
    paths = reflected_paths(REFLECTED_KINDS, (), "blue", ("argocd",))
    assert [path.kind for path in paths] == [kind.kind for kind in REFLECTED_KINDS]
    assert {path.group for path in paths if path.selector} == {"promoter.argoproj.io"}
    assert {path.namespace for path in paths} == {""}


def test_applications_live_elsewhere() -> None:
    """With namespaces, Applications are looked at in Argo CD's, Stages in those, ClusterScmProviders nowhere."""
    paths = reflected_paths(REFLECTED_KINDS, ("shop",), None, ("argocd", "apps"))
    found = {kind: [path.namespace for path in paths if path.kind == kind] for kind in ("Application", "Stage")}
    assert found == {"Application": ["argocd", "apps"], "Stage": ["shop"]}
    assert "ClusterScmProvider" not in {path.kind for path in paths}


def test_applications_in_another_cluster() -> None:
    """Their path is asked for like any other, and has another name in the log."""
    here = reflected_paths(REFLECTED_KINDS, (), None, ("argocd",))
    there = reflected_paths(REFLECTED_KINDS, (), None, ("argocd",), argocd_elsewhere=True)
    (before,), (after,) = set(here) - set(there), set(there) - set(here)
    assert before.url == after.url == "/apis/argoproj.io/v1alpha1/applications"
    assert (before.id, after.id) == (before.url, f"argocd:{after.url}")
