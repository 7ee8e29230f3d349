"""The chart as a release on a real kube-apiserver: installed, certified by hand, upgraded, taken away."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.chart.rendering import CHART, NAMESPACE, Helm, Identity
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

API_SERVICE = "apiservice/v1alpha1.view.promoter.argoproj.io"
AUTHORITY = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nnobody's\n-----END CERTIFICATE-----\n").decode()
#: Everything that can be said, so that every field is one that the cluster knows.
FULL: dict[str, Any] = {
    "image": {"pullSecrets": ["registry"]},
    "certs": {"mode": "existingSecret", "caBundle": AUTHORITY},
    "eventLog": {"retention": {"age": "3d", "bytes": "2Gi", "events": 1000}, "historyBytes": "128Mi"},
    "persistence": {"storageClassName": "fast"},
    "dashboard": {
        "enabled": True,
        "auth": "proxy",
        "proxy": {"secretName": "ours"},
        "allowedHosts": ["promoter.example.org"],
        "rootPath": "/promotions",
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "host": "promoter.example.org",
            "annotations": {"example.org/a": "b"},
        },
    },
    "argocd": {"enabled": True, "namespace": NAMESPACE},
    "networkPolicy": {"enabled": True},
    "namespaces": [NAMESPACE],
    "aggregateRoles": True,
    "instanceId": "blue",
    "memberAuthorization": True,
    "logLevel": "debug",
    "extraArgs": ["--show-web-request-bodies"],
    "extraEnv": [{"name": "PROMOTER_VIEW_SHUTDOWN_GRACE", "value": "10s"}],
    "podAnnotations": {"a": "b"},
    "podLabels": {"a": "b"},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "priorityClassName": "system-cluster-critical",
}

#: The same with what only several replicas have.
REPLICATED = FULL | {
    "eventLog": {
        "engine": "etcd",
        "etcd": {"url": "https://etcd:2379/p", "secretName": "e", "authority": True, "clientCertificate": True},
    },
    "replicas": 3,
    "affinity": {},
}


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with the namespace, and with nothing of ours that another test may have left there.

    What is rendered has names of the cluster's: somebody else's object of such a name is a conflict.
    """
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("chart")) as running:
        running.kubectl("create", "namespace", NAMESPACE)
        yield running


class Release:
    """The chart's release ``promoter-view`` on a control plane."""

    def __init__(self, helm: Helm, plane: ControlPlane) -> None:
        self._helm, self._plane = helm, plane

    def __call__(self, verb: str, *arguments: str, values: Mapping[str, Any] | None = None) -> str:
        """Runs ``helm VERB promoter-view``; what it prints. A failure fails the test."""
        chart = [str(CHART), *self._helm.values(values)] if verb in ("install", "upgrade") else []
        where = ["--namespace", NAMESPACE, "--kubeconfig", str(self._plane.kubeconfig)]
        done = self._helm.run([verb, "promoter-view", *chart, *where, *arguments])
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    def api_service(self) -> dict[str, Any]:
        """The APIService's spec."""
        return json.loads(self._plane.kubectl("get", API_SERVICE, "-o", "json"))["spec"]


def test_a_release_comes_is_upgraded_and_goes(helm: Helm, plane: ControlPlane) -> None:
    """All that is rendered is there after the install and gone, in kube-system too, after the uninstall.

    In between an upgrade keeps the authority that the script has put into the APIService.
    """

    def there() -> set[Identity]:
        """Which of the rendered objects the cluster has."""
        return {identity for identity in helm.objects() if _get(plane, identity)}

    release = Release(helm, plane)
    notes = release("install", values={"certs": {"mode": "manual"}})
    assert "make apiserver-certs" in notes
    assert there() == helm.objects().keys()
    patch = json.dumps({"spec": {"caBundle": AUTHORITY, "insecureSkipTLSVerify": None}})
    plane.kubectl("patch", API_SERVICE, "--type=merge", "-p", patch)
    release("upgrade", values={"logLevel": "debug"})
    assert release.api_service()["caBundle"] == AUTHORITY
    assert "--log-level=debug" in plane.kubectl("-n", NAMESPACE, "get", "deployments", "-o", "yaml")
    release("uninstall")
    assert there() == set()


@pytest.mark.parametrize("values", [FULL, REPLICATED], ids=["one", "several"])
def test_every_field_is_one_that_the_cluster_knows(helm: Helm, plane: ControlPlane, values: dict[str, Any]) -> None:
    """With every value given the cluster takes all of it, and by strict validation."""
    strictly = ("--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
    printed = plane.kubectl("apply", *strictly, input_text=helm.text(values))
    assert len(printed.splitlines()) == len(helm.objects(values))


def _get(plane: ControlPlane, identity: Identity) -> str:
    """Something, if it is there and not being deleted: what protects a claim until no pod uses it does not run here."""
    kind, namespace, name = identity
    where = ["-n", namespace] if namespace else []
    template = "go-template={{if not .metadata.deletionTimestamp}}there{{end}}"
    return plane.kubectl("get", kind, name, *where, "--ignore-not-found", "-o", template)
