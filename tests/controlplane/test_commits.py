"""``kubectl get commits`` through a real kube-apiserver: what it shows, and which rights it takes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.plane.aggregation import aggregated
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.program import Program
from tests.support.program.truth import wait

pytestmark = pytest.mark.controlplane

GROUP = "view.promoter.argoproj.io"
RAW = f"/apis/{GROUP}/v1alpha1/commits"
WANTED, HYDRATED, SOURCE, OLDER = ("0123456789abcdef" + digit * 24 for digit in "0123")
NAMESPACES = ("commits-a", "commits-b")
_PATIENCE_SECONDS = 60


class Kubectl:
    """kubectl as administrator, or as somebody else."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane

    def __call__(self, *arguments: str, user: str = "") -> str:
        return self.plane.kubectl(*arguments, *(["--as", user] if user else []))

    def refused(self, *arguments: str, user: str = "") -> str:
        """What it says where it fails."""
        with pytest.raises(subprocess.CalledProcessError) as failed:
            self(*arguments, user=user)
        return str(failed.value.stderr)

    def allow(self, user: str, verbs: str, resource: str, namespace: str = "") -> None:
        """A Role, or where no namespace is named a ClusterRole, and its binding."""
        name, scope = f"{user}-{resource}", ["-n", namespace] if namespace else []
        kind = "role" if namespace else "clusterrole"
        self("create", kind, name, *scope, f"--verb={verbs}", f"--resource={resource}.{GROUP}")
        self("create", f"{kind}binding", name, *scope, f"--{kind}={name}", f"--user={user}")

    def found(self, user: str, namespace: str = "") -> list[str]:
        """In which namespaces that user finds the commit; the words of a refusal where there is none."""
        path = f"/apis/{GROUP}/v1alpha1/namespaces/{namespace}/commits" if namespace else RAW
        try:
            document = json.loads(self("get", "--raw", f"{path}/{WANTED}", user=user))
        except subprocess.CalledProcessError as refused:
            return [str(refused.stderr).partition("(")[2].partition(")")[0]]
        return [each["namespace"] for each in document["strategies"]]


def set_strategy(cluster: WrittenCluster, namespace: str) -> None:
    """A strategy whose one environment has the commit."""
    meta = {"namespace": namespace, "name": "shop"}
    spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": "environment/dev"}]}
    group = "promoter.argoproj.io/v1alpha1"
    cluster.apply({"apiVersion": group, "kind": "PromotionStrategy", "metadata": meta, "spec": spec})

    def side(sha: str, time: str, **more: Any) -> dict[str, Any]:
        return {"dry": {"sha": sha, "commitTime": time, "subject": "It works", **more}, "hydrated": {"sha": HYDRATED}}

    source = [{"commit": {"sha": SOURCE}}]
    active = side(WANTED, "2026-11-20T10:00:00Z", references=source)
    status = {"active": active, "history": [{"active": active}, {"active": side(OLDER, "2026-11-19T10:00:00Z")}]}
    labels = {"promoter.argoproj.io/promotion-strategy": "shop"}
    policy_spec = {
        "activeBranch": "environment/dev",
        "proposedBranch": "environment/dev-next",
        "gitRepositoryRef": {"name": "app"},
    }
    policy = {"metadata": {**meta, "labels": labels}, "spec": policy_spec, "status": status}
    cluster.apply({"apiVersion": group, "kind": "ChangeTransferPolicy", **policy})


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """A commit in two namespaces, and the program behind the aggregator."""
    cluster = WrittenCluster(control_plane.client())
    cluster.add_namespaces(*NAMESPACES)
    for namespace in NAMESPACES:
        set_strategy(cluster, namespace)
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--event-log", "memory:"]
    with Program(tmp_path_factory.mktemp("program"), options) as running:
        running.start()
        running.wait_ready()
        with aggregated(control_plane, running):
            found = Kubectl(control_plane)
            wait(lambda: len(found.found("")) == 2, _PATIENCE_SECONDS, "both are there")
            yield found


def words(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines()]


@pytest.mark.parametrize("sha", [WANTED, WANTED[:17], HYDRATED, SOURCE.upper()])
def test_a_table(kubectl: Kubectl, sha: str) -> None:
    """A row for each environment; the resource goes by its singular too."""
    header, row = words(kubectl("get", "commits", sha, "-n", NAMESPACES[0]))
    assert header == ["NAME", "ENVIRONMENT", "COMMIT", "STATE", "LIVE", "SINCE"]
    assert row[:3] == ["shop", "dev", "live"]
    assert words(kubectl("get", "commit", sha, "-n", NAMESPACES[0], "--no-headers"))[0][:3] == row[:3]
    assert "SUPERSEDED BY" in kubectl("get", "commits", sha, "-n", NAMESPACES[0], "-o", "wide")


def test_a_document(kubectl: Kubectl) -> None:
    """As JSON, by jsonpath, and explained."""
    found = json.loads(kubectl("get", "commits", OLDER, "-n", NAMESPACES[0], "-o", "json"))
    (environment,) = found["strategies"][0]["environments"]
    assert (environment["relation"], environment["supersededBy"]) == ("delivered", WANTED)
    assert found["knownSince"] == "2026-11-19T10:00:00Z"
    path = "jsonpath={.strategies[*].environments[*].relation}"
    assert kubectl("get", "commits", WANTED, "-n", NAMESPACES[0], "-o", path) == "live"
    assert "The relation of the commit" in kubectl("explain", "commits.strategies.environments.relation")


def test_all_namespaces(kubectl: Kubectl) -> None:
    """By the cluster's path; kubectl itself refuses a name in all namespaces."""
    assert kubectl.found("") == list(NAMESPACES)
    assert "across all namespaces" in kubectl.refused("get", "commits", WANTED, "-A")


def test_what_is_refused(kubectl: Kubectl) -> None:
    """Nothing to list; too short; unknown, and how far back that can be told."""
    assert "(MethodNotAllowed)" in kubectl.refused("get", "commits", "-n", NAMESPACES[0])
    assert "at least 7 digits" in kubectl.refused("get", "commits", "0123", "-n", NAMESPACES[0])
    said = kubectl.refused("get", "commits", "f" * 40, "-n", NAMESPACES[0])
    assert "(NotFound)" in said
    assert "the oldest known commit is from 2026-11-19T10:00:00Z" in said
    assert kubectl("get", "commits", "f" * 40, "-n", NAMESPACES[0], "--ignore-not-found") == ""


def test_each_right_is_needed(kubectl: Kubectl) -> None:
    """``get commits`` alone finds nothing, ``list`` alone may not ask; both in a namespace find what is there, and at
    the cluster's path what may be listed is searched, and no more.
    """
    first, second = NAMESPACES
    kubectl.allow("only-get", "get", "commits")
    kubectl.allow("only-list", "list", "promotionstrategydetails")
    kubectl.allow("of-one", "get", "commits", first)
    kubectl.allow("of-one", "list", "promotionstrategydetails", first)
    kubectl.allow("finder", "get", "commits")
    kubectl.allow("finder", "list", "promotionstrategydetails", second)
    wait(lambda: kubectl.found("finder") == [second], _PATIENCE_SECONDS, "the authorizer follows")
    assert kubectl.found("of-one", first) == [first]
    assert kubectl.found("of-one", second) == kubectl.found("of-one") == ["Forbidden"]
    assert kubectl.found("finder", first) == ["NotFound"]
    assert kubectl.found("only-get") == kubectl.found("only-get", first) == ["NotFound"]
    assert kubectl.found("only-list") == kubectl.found("only-list", first) == ["Forbidden"]
