"""The control plane itself: that its harness starts, restores and ends it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

REPOSITORIES = "/apis/promoter.argoproj.io/v1alpha1/namespaces/default/gitrepositories"


def repository(name: str) -> dict:
    spec = {"fake": {"owner": "org", "name": name}, "scmProviderRef": {"kind": "ScmProvider", "name": "scm"}}
    return {
        "apiVersion": "promoter.argoproj.io/v1alpha1",
        "kind": "GitRepository",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
        "status": {"observedGeneration": 1},
    }


def version(document: dict) -> int:
    return int(document["metadata"]["resourceVersion"])


def names(plane: ControlPlane) -> list[str]:
    return [item["metadata"]["name"] for item in plane.client().get(REPOSITORIES)["items"]]


def test_restores_a_snapshot_with_its_lower_resource_versions(own_control_plane: ControlPlane) -> None:
    """A restored backup has the objects of then, and hands out resourceVersions again that were used before."""
    plane = own_control_plane
    plane.client().create_whole(repository("before"))
    plane.snapshot("then")
    # Many, for a server that starts makes some writes of its own.
    later = plane.client().create_all([repository(f"after-{number}") for number in range(100)])
    plane.restore("then")
    assert names(plane) == ["before"]
    assert version(plane.client().get(REPOSITORIES)) < version(later[-1])


def test_comes_back_after_a_crash_of_the_server(own_control_plane: ControlPlane) -> None:
    """kube-apiserver can be killed and started again on the same address, with its objects."""
    plane = own_control_plane
    plane.client().create_all([repository("one"), repository("two")])
    address = plane.url
    plane.restart_apiserver(kill=True)
    assert plane.url == address
    assert names(plane) == ["one", "two"]


def test_ends_its_processes(own_control_plane: ControlPlane) -> None:
    """Once stopped, neither process is left, nor its guardian."""
    plane = own_control_plane
    found = [process for process in (plane._etcd, plane._apiserver) if process is not None]
    pids = [pid for process in found for pid in (process._child.pid, process._guardian.pid)]
    plane.stop()
    assert len(pids) == 4
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_kubectl_works_as_administrator(control_plane: ControlPlane) -> None:
    """The kubeconfig that is written serves kubectl, and the promoter's resources are there."""
    found = control_plane.kubectl("api-resources", "--api-group=promoter.argoproj.io", "-o", "name").split()
    assert "promotionstrategies.promoter.argoproj.io" in found


def test_kubectl_remembers_nothing_of_another_cluster(
    control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What kubectl once learned of a cluster that was at this port, and had no such resources, is not believed."""
    cache = tmp_path / ".kube" / "cache" / "discovery" / f"127.0.0.1_{control_plane.port}"
    cache.mkdir(parents=True)
    (cache / "servergroups.json").write_text('{"kind":"APIGroupList","apiVersion":"v1","groups":[]}')
    monkeypatch.setenv("HOME", str(tmp_path))
    found = control_plane.kubectl("api-resources", "--cached", "--api-group=promoter.argoproj.io", "-o", "name")
    assert "promotionstrategies.promoter.argoproj.io" in found.split()
