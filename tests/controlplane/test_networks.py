"""A cluster and an etcd with IPv6 addresses alone, reached straight, from a Pod, and through proxies.

Each way shows the same: lists, watches, resuming over a restart, reviews, and what a shard writes.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.controlplane.argocd import (
    APPLICATIONS,
    PATIENCE_SECONDS,
    PROJECT,
    SHARD,
    ArgoCD,
    application,
    kargo_path,
    promote,
    stage,
    town,
    update,
    wait_for,
)
from tests.crds.installed import every_definition
from tests.support.plane.client import Client, RefusedError
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program

pytestmark = pytest.mark.controlplane

REPOSITORY = Path(__file__).parents[2]
STAGES = "/apis/view.promoter.argoproj.io/v1alpha1/stagedetails"
CREDENTIALS = "me:S3CRET"
#: A Pod's own files, in a mount namespace of the program's own.
IN_POD = (
    "mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && "
    'cp -r "$0" /run/secrets/kubernetes.io/serviceaccount && exec "$@"'
)


def has_ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6) as found:
        found.bind(("::1", 0))
        return True
    return False


if not has_ipv6():
    pytest.skip("this machine has no IPv6 on loopback", allow_module_level=True)


class Way(NamedTuple):
    """How the program reaches the cluster. ``requests``: a file that must name it in the end, where a proxy is used."""

    options: tuple[str, ...] = ()
    environment: dict[str, str] | None = None
    within: tuple[str, ...] = ()
    requests: Path | None = None


@pytest.fixture(scope="module")
def plane(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """kube-apiserver and etcd at ::1, with a token that may do everything and one that may read Stages."""
    definitions = every_definition()
    with running_plane(control_plane_binaries, tmp_path_factory.mktemp("plane"), definitions, host="::1") as plane:
        client = plane.client()
        for name, given in (("program", "cluster-admin"), ("reader", "reader")):
            client.create("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": name}})
            client.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding(name, given))
        rules = [{"apiGroups": ["view.promoter.argoproj.io"], "resources": ["*"], "verbs": ["list", "watch"]}]
        client.create(
            "/apis/rbac.authorization.k8s.io/v1/clusterroles", {"metadata": {"name": "reader"}, "rules": rules}
        )
        with town(plane):
            yield plane


def binding(account: str, role: str) -> dict[str, Any]:
    return {
        "metadata": {"name": f"test-{account}"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": "default"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
    }


def token(plane: ControlPlane, account: str) -> str:
    path = f"/api/v1/namespaces/default/serviceaccounts/{account}/token"
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    return str(plane.client().create(path, wanted)["status"]["token"])


def kubeconfig(plane: ControlPlane, folder: Path, user: dict[str, Any] | None = None, **cluster: str) -> Path:
    """The administrator's, changed."""
    document = yaml.safe_load(plane.kubeconfig.read_text())
    document["clusters"][0]["cluster"] |= cluster
    document["users"][0]["user"] |= user or {}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


@contextmanager
def proxy(folder: Path) -> Iterator[tuple[str, Path]]:
    """A proxy that wants credentials: its URL with them, and where it notes what it is asked."""
    noted = folder / "requests"
    command = [sys.executable, "-m", "tests.network.proxying", str(noted), CREDENTIALS, "::1"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://{CREDENTIALS}@127.0.0.1:{process.stdout.readline().strip()}", noted
        finally:
            process.kill()


@contextmanager
def way_of(name: str, plane: ControlPlane, folder: Path) -> Iterator[Way]:
    if name == "kubeconfig":
        yield Way(("--kubeconfig", str(kubeconfig(plane, folder))))
    elif name == "pod":
        account = folder / "account"
        account.mkdir()
        (account / "token").write_text(token(plane, "program"))
        shutil.copy(plane.pki / "ca.crt", account / "ca.crt")
        inside = {"KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": str(plane.port)}
        yield Way((), inside, ("unshare", "--mount", "sh", "-c", IN_POD, str(account)))
    else:
        with proxy(folder) as (url, noted):
            if name == "proxy-url":
                yield Way(("--kubeconfig", str(kubeconfig(plane, folder, **{"proxy-url": url}))), requests=noted)
            else:
                config = kubeconfig(plane, folder, server=f"https://kube_api:{plane.port}")
                yield Way(("--kubeconfig", str(config)), {"HTTPS_PROXY": url, "NO_PROXY": "other_api"}, requests=noted)


def of_program(program: Program, credentials: str = "") -> Client:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return Client(f"https://[::1]:{program.endpoint.port}", context, credentials)


def promoted(plane: ControlPlane, name: str) -> None:
    """One Promotion of a Stage of that name, by the shard and an Argo CD."""
    client = plane.client()
    client.create(kargo_path("stages"), stage(name))
    client.create(APPLICATIONS, application(name, f"{PROJECT}:{name}"))
    with ArgoCD(plane.client):
        path = kargo_path("promotions", promote(client, name, update("abc", name=name)))
        wait_for(lambda: client.get(path).get("status", {}).get("phase") == "Succeeded", "the Promotion to succeed")


@pytest.mark.parametrize("name", ["kubeconfig", "pod", "proxy-url", "https-proxy"])
def test_an_ipv6_cluster(name: str, plane: ControlPlane, tmp_path: Path) -> None:
    """Lists, watches, resumes over a restart, reviews and writes, with a log in an etcd at ::1."""
    if name == "pod" and os.geteuid():
        pytest.skip("a mount namespace needs root")
    with way_of(name, plane, tmp_path) as way:
        options = ("--event-log", f"etcd:{plane.etcd_url}/{name}", "--argocd-shard", SHARD, "--bookmark-interval", "5s")
        arguments = {"environment": way.environment, "host": "::1", "within": way.within}
        with Program(tmp_path / "program", [*way.options, *options], **arguments) as program:
            program.start(timeout_seconds=PATIENCE_SECONDS)
            program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
            reader = of_program(program, token(plane, "reader"))
            with pytest.raises(RefusedError, match="403"):
                of_program(program).get(STAGES)
            with reader.watch(STAGES, resourceVersion=reader.get(STAGES)["metadata"]["resourceVersion"]) as events:
                promoted(plane, f"{name}-one")
                seen = next(each for each in events if each["object"]["metadata"]["name"] == f"{name}-one")
            program.kill()
            plane.client().create(kargo_path("stages"), stage(f"{name}-two"))
            program.start(timeout_seconds=PATIENCE_SECONDS)
            program.wait_ready(timeout_seconds=PATIENCE_SECONDS)
            with reader.watch(STAGES, resourceVersion=seen["object"]["metadata"]["resourceVersion"]) as events:
                assert next(events)["object"]["metadata"]["name"] in (f"{name}-one", f"{name}-two")
                assert any(each["object"]["metadata"]["name"] == f"{name}-two" for each in events)
            assert "Traceback" not in program.log
            assert "S3CRET" not in program.log
    if way.requests is not None:
        host = "kube_api" if name == "https-proxy" else "[::1]"
        assert set(way.requests.read_text().splitlines()) == {f"CONNECT {host}:{plane.port} HTTP/1.1"}


def test_acting_as_somebody(plane: ControlPlane, tmp_path: Path) -> None:
    """Requests are made as whom ``as`` and ``as-groups`` name: what that one may not do is refused to us."""
    nobody = kubeconfig(plane, tmp_path, {"as": "nobody-at-all", "as-groups": ["nowhere"]})
    options = ["--kubeconfig", str(nobody), "--event-log", "memory:", "--authentication-skip-lookup"]
    with Program(tmp_path / "program", options, host="::1") as program:
        program.start(timeout_seconds=PATIENCE_SECONDS)
        wait_for(lambda: 'User "nobody-at-all" cannot list' in not_ready(program), "the refusal to name the user")
    administrator = kubeconfig(plane, tmp_path, {"as": "somebody", "as-groups": ["system:masters"]})
    options[1] = str(administrator)
    with Program(tmp_path / "program", options, host="::1") as program:
        program.start(timeout_seconds=PATIENCE_SECONDS)
        program.wait_ready(timeout_seconds=PATIENCE_SECONDS)


def not_ready(program: Program) -> str:
    try:
        of_program(program).get("/readyz")
    except RefusedError as error:
        return str(error.document)
    return ""


def test_a_name_that_cannot_be_resolved(plane: ControlPlane, tmp_path: Path) -> None:
    """The program goes on, says so in one line, and tries again."""
    config = kubeconfig(plane, tmp_path, server="https://kube_nowhere.invalid:6443")
    options = ["--kubeconfig", str(config), "--event-log", "memory:", "--authentication-skip-lookup"]
    with Program(tmp_path / "program", options, host="::1") as program:
        program.start(timeout_seconds=PATIENCE_SECONDS)
        wait_for(lambda: "kube_nowhere.invalid cannot be resolved" in not_ready(program), "the name to be told")
        assert "Traceback" not in program.log
