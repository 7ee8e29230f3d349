"""components/replicas and deploy/etcd: what they hold, whether they fit together, whether etcd takes its options."""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from promoter_view.log.etcd.client.places import parse_place
from promoter_view.program.command_line.settings import OPTIONS
from tests.controlplane.installation.installed import DEPLOY, compose
from tests.controlplane.installation.pod import NAMESPACE
from tests.controlplane.test_manifests import Objects, kubectl, objects, plane, quiet
from tests.support.plane.plane import ControlPlane
from tests.support.plane.process import Process
from tests.support.ports import free_port

__all__ = ["kubectl", "plane"]
pytestmark = pytest.mark.controlplane

ETCD = DEPLOY.parent / "etcd"
_PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def replicas(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> Objects:
    return objects(kubectl, compose(tmp_path_factory.mktemp("composed"), "certs-manual", "replicas"))


@pytest.fixture(scope="module")
def etcd(kubectl: Path) -> Objects:
    return objects(kubectl, ETCD)


def pod(found: Objects, kind: str, name: str) -> dict[str, Any]:
    return found[kind, NAMESPACE, name]["spec"]["template"]["spec"]


def arguments(found: Objects, kind: str, name: str) -> dict[str, str]:
    (container,) = pod(found, kind, name)["containers"]
    return dict(each.removeprefix("--").split("=", 1) for each in container["args"])


def test_three_that_share_a_log(replicas: Objects) -> None:
    """Three pods, apart from each other, replaced one by one, without a volume of their own, each with its name."""
    spec = replicas["Deployment", NAMESPACE, "promoter-apiserver"]["spec"]
    assert spec["replicas"] == 3
    assert spec["strategy"]["type"] == "RollingUpdate"
    template = pod(replicas, "Deployment", "promoter-apiserver")
    assert not [found for found in template["volumes"] if "persistentVolumeClaim" in found]
    assert not [key for key in replicas if key[0] == "PersistentVolumeClaim"]
    (first, _) = template["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert first["podAffinityTerm"]["labelSelector"] == spec["selector"]
    environment = {found["name"]: found for found in template["containers"][0]["env"]}
    named = environment["PROMOTER_VIEW_REPLICA_ID"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert named == "metadata.name"
    assert set(environment) <= {option.environment for option in OPTIONS}
    # A pod has two thirds of its grace left when it has waited for the others to notice.
    assert environment["PROMOTER_VIEW_SHUTDOWN_DELAY_DURATION"]["value"] == "5s"
    assert template["terminationGracePeriodSeconds"] >= 3 * 5


def test_only_ready_replicas_are_asked(replicas: Objects) -> None:
    """The Service leaves out who is not ready, and draining takes one at a time."""
    assert replicas["Service", NAMESPACE, "promoter-apiserver"]["spec"]["publishNotReadyAddresses"] is False
    budget = replicas["PodDisruptionBudget", NAMESPACE, "promoter-apiserver"]["spec"]
    deployment = replicas["Deployment", NAMESPACE, "promoter-apiserver"]["spec"]
    assert (budget["maxUnavailable"], budget["selector"]) == (1, deployment["selector"])


def test_the_replicas_find_the_etcd(replicas: Objects, etcd: Objects) -> None:
    """The event log's URL names each member of the example by the name that its Service gives it, and its port."""
    place = parse_place(arguments(replicas, "Deployment", "promoter-apiserver")["event-log"].removeprefix("etcd:"))
    stateful = etcd["StatefulSet", NAMESPACE, "promoter-etcd"]["spec"]
    service = etcd["Service", NAMESPACE, stateful["serviceName"]]
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    members = [f"promoter-etcd-{number}.{stateful['serviceName']}" for number in range(stateful["replicas"])]
    assert list(place.endpoints) == [f"http://{member}:{ports['client']}" for member in members]
    given = arguments(etcd, "StatefulSet", "promoter-etcd")
    cluster = [f"{member.partition('.')[0]}=http://{member}:{ports['peer']}" for member in members]
    assert given["initial-cluster"].split(",") == cluster
    assert service["spec"]["publishNotReadyAddresses"] is True
    budget = etcd["PodDisruptionBudget", NAMESPACE, "promoter-etcd"]["spec"]
    assert (budget["maxUnavailable"], budget["selector"]) == (1, stateful["selector"])


def test_nothing_secret(replicas: Objects, etcd: Objects) -> None:
    """Neither brings a Secret, and etcd's pods have no token of the cluster."""
    assert not {kind for kind, _, _ in (*replicas, *etcd)} & {"Secret", "Namespace", "ConfigMap"}
    assert pod(etcd, "StatefulSet", "promoter-etcd")["automountServiceAccountToken"] is False


def test_the_etcd_applies(plane: ControlPlane) -> None:
    """kubectl applies the example, validated strictly, without a warning, also where pods are restricted."""
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}}
    plane.client().patch(f"/api/v1/namespaces/{NAMESPACE}", labels)
    try:
        quiet(plane, "apply", "-k", str(ETCD), "--validate=strict")
        quiet(plane, "diff", "-k", str(ETCD))
    finally:
        plane.kubectl("delete", "-k", str(ETCD), "--wait=false", "--ignore-not-found")


def test_the_etcd_runs_as_it_is_told(control_plane_binaries: Path, etcd: Objects, tmp_path: Path) -> None:
    """Three processes with these arguments, moved to loopback, are ready by the pod's probes and have a leader."""
    (container,) = pod(etcd, "StatefulSet", "promoter-etcd")["containers"]
    ports = [{name: free_port() for name in ("2379", "2380", "2381")} for _ in range(3)]
    members = [
        Process(command(container["args"], number, ports, control_plane_binaries, tmp_path), tmp_path / f"{number}.log")
        for number in range(3)
    ]
    try:
        for number, member in enumerate(members):
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                path = container[probe]["httpGet"]["path"]
                await_answer(f"http://127.0.0.1:{ports[number]['2381']}{path}", member)
        status = json.loads(
            await_answer(f"http://127.0.0.1:{ports[0]['2379']}/v3/maintenance/status", members[0], b"{}")
        )
        assert int(status["leader"])
    finally:
        for member in members:
            member.kill()


def command(given: list[str], number: int, ports: list[dict[str, int]], binaries: Path, folder: Path) -> list[str]:
    """What the container of that member runs: loopback in the place of names, a folder in that of the volume."""
    found = [str(binaries / "etcd")]
    for each in given:
        text = each.replace("/var/lib/etcd", str(folder / str(number))).replace(
            "$(POD_NAME)", f"promoter-etcd-{number}"
        )
        for member, of in enumerate(ports):
            text = text.replace(f"promoter-etcd-{member}.promoter-etcd:2380", f"127.0.0.1:{of['2380']}")
        for name, port in ports[number].items():
            text = text.replace(f"promoter-etcd-{number}.promoter-etcd:{name}", f"127.0.0.1:{port}")
            text = text.replace(f"0.0.0.0:{name}", f"127.0.0.1:{port}")
        found.append(text)
    return found


def await_answer(url: str, member: Process, body: bytes | None = None) -> bytes:
    """The body of an answer of 200."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and member.running:
        with suppress(OSError), urllib.request.urlopen(url, body, timeout=5) as response:
            return bytes(response.read())
        time.sleep(0.1)
    raise AssertionError(f"{url} never answered: {member.tail()}")
