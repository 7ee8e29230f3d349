"""docs/compatibility.md names the versions that the tests are pinned to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.crds.promoter_releases import RELEASES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compatibility.md").read_text()
CONTROL_PLANE, INFORMER, HELM = "tests/controlplane/go.mod", "tests/controlplane/informer/go.mod", "tests/helm/go.mod"
#: What the page says before the number, and where the number is pinned: a file, and what stands before it there.
PINNED = [
    ("kube-apiserver and kubectl ", CONTROL_PLANE, r"k8s\.io/kubernetes v"),
    ("client-go ", INFORMER, r"k8s\.io/client-go v"),
    ("the Python client ", "requirements-clients.txt", r"kubernetes=="),
    ("| etcd | 3.6, for `--event-log etcd:` | ", CONTROL_PLANE, r"go\.etcd\.io/etcd/server/v3 v"),
    ("| Helm | 3 and 4 | ", HELM, r"helm\.sh/helm/v4 v"),
]


@pytest.mark.parametrize(("said", "file", "before"), PINNED)
def test_versions(said: str, file: str, before: str) -> None:
    """Each version in the column of what is tested is the pinned one."""
    pinned = re.search(rf"^\s*{before}([0-9.]+)", (ROOT / file).read_text(), re.MULTILINE)
    assert pinned is not None
    assert set(re.findall(rf"{re.escape(said)}([0-9.]*[0-9])", PAGE)) == {pinned[1]}


def test_releases_of_promoter() -> None:
    """The releases of GitOps Promoter that are tested are those that it names."""
    row = next(line for line in PAGE.splitlines() if line.startswith("| GitOps Promoter |"))
    tested = re.findall(r"0\.\d+", row.split("|")[3])
    assert tested == [name for name in RELEASES if name != "future"]
