"""An installation as operators make it: manifests by kubectl, certificates by script, pods, and who looks at it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.controlplane.installation.audit import Audit
from tests.controlplane.installation.granting import RBAC
from tests.controlplane.installation.network import ClusterNetwork
from tests.controlplane.installation.pod import NAMESPACE, Pod, why_not
from tests.support.plane.aggregation import API_SERVICE, available, condition
from tests.support.plane.client import RefusedError
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane
from tests.support.plane.process import Process

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy" / "apiserver"
API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_STAND_INS = Path(__file__).with_name("stand_ins")
_PATIENCE_SECONDS = 120.0
_numbers = count()


def stand_ins() -> list[dict[str, Any]]:
    """CustomResourceDefinitions in the place of cert-manager's and the Prometheus operator's."""
    return [yaml.safe_load(file.read_text()) for file in sorted(_STAND_INS.glob("*.yaml"))]


class Installation:
    """A cluster with a namespace for the installation, which lets in nothing but restricted pods."""

    def __init__(self, plane: ControlPlane, network: ClusterNetwork, audit: Audit, folder: Path) -> None:
        self.plane, self.network, self.audit, self.folder = plane, network, audit, folder
        self.client = plane.client()
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        self.client.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE, "labels": labels}})

    def composed(self, overlay: str, *components: str) -> Path:
        """The folder of an overlay, or of a kustomization that adds components to it, as an operator writes one."""
        if not components:
            return DEPLOY / overlay
        return compose(self.folder, overlay, *components)

    def apply(self, folder: Path, *options: str) -> str:
        """``kubectl apply -k``. Errors: CalledProcessError."""
        return self.plane.kubectl("apply", "-k", str(folder), *options)

    def remove(self, folder: Path) -> None:
        """``kubectl delete -k``; does not wait for what protects a volume, which would be another controller's."""
        self.plane.kubectl("delete", "-k", str(folder), "--wait=false", "--ignore-not-found")
        claims = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"
        for claim in self.client.get(claims)["items"]:
            with suppress(RefusedError):
                self.client.patch(f"{claims}/{claim['metadata']['name']}", {"metadata": {"finalizers": None}})

    def certificates(
        self, script: str = "gen-apiserver-certs.sh", *arguments: str, path: str = os.environ["PATH"]
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script of hack/ as an administrator, with that PATH, and gives its outcome."""
        return self._run([str(ROOT / "hack" / script), *arguments], PATH=path)

    def make_certificates(self) -> subprocess.CompletedProcess[str]:
        """``make apiserver-certs``."""
        return self._run(["make", "--silent", "-C", str(ROOT), "apiserver-certs"])

    def by_hand(self, steps: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Runs commands of the documentation in a folder, as an administrator types them."""
        folder.mkdir(parents=True, exist_ok=True)
        path = f"{self.plane.kubectl_path.parent}:{os.environ['PATH']}"
        return self._run(["sh", "-euc", f"cd {folder}\n{steps}"], PATH=path, KUBECONFIG=str(self.plane.kubeconfig))

    def _run(self, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        ours = {"KUBECTL": " ".join(self.plane.kubectl_command()), "KUBECACHEDIR": str(self.plane.kubectl_cache)}
        variables = {**os.environ, **ours, **environment}
        return subprocess.run(command, check=False, capture_output=True, text=True, env=variables)

    def pod(self, deployment: str = "promoter-apiserver", beside: Sequence[int] = ()) -> Pod:
        """A pod of a Deployment that is applied; it has not started yet."""
        return Pod(self.plane, self.network, self.folder / "pods", deployment, beside)

    def api_service(self) -> dict[str, Any]:
        """The APIService's spec."""
        spec: dict[str, Any] = self.client.get(f"{API_SERVICES}/{API_SERVICE}")["spec"]
        return spec

    def wait_available(self) -> None:
        """Waits until the aggregator reaches the program. Errors: NeverReadyError."""
        self.plane.wait(lambda: available(self.plane))

    def wait_unavailable(self, message: str) -> None:
        """Waits until it does not, for a reason with that in it. Errors: NeverReadyError."""
        self.plane.wait(lambda: message in condition(self.plane).get("message", ""))

    def account(self, *roles: str) -> Account:
        """A new ServiceAccount, bound to ClusterRoles in all namespaces."""
        return Account(self, f"account-{next(_numbers)}", roles)

    def refused(self, user: str) -> set[str]:
        """What a user asked for without having the right to it."""
        return {f"{asked.verb} {asked.uri}" for asked in self.audit.of(user) if asked.code == 403}


class Account:
    """Somebody with a token and kubectl."""

    def __init__(self, installation: Installation, name: str, roles: tuple[str, ...]) -> None:
        client, self._plane = installation.client, installation.plane
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        client.create(accounts, {"metadata": {"name": name}})
        self.user = f"system:serviceaccount:default:{name}"
        self.token: str = client.create(f"{accounts}/{name}/token", {"spec": {}})["status"]["token"]
        subjects = [{"kind": "ServiceAccount", "name": name, "namespace": "default"}]
        for role in roles:
            wanted = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
            binding = {"metadata": {"name": f"{name}-{role}"}, "subjects": subjects, "roleRef": wanted}
            client.create(f"{RBAC}/clusterrolebindings", binding)
        self.kubeconfig = installation.folder / f"{name}.kubeconfig"
        self.kubeconfig.write_text(json.dumps(self._kubeconfig()))

    def kubectl(self, *arguments: str) -> str:
        """Runs kubectl with this account's token. Errors: CalledProcessError."""
        return subprocess.run(self.command(*arguments), check=True, capture_output=True, text=True).stdout

    def command(self, *arguments: str) -> list[str]:
        """kubectl's command line with this account's token."""
        cache = self.kubeconfig.with_suffix(".cache")
        return [
            *(str(self._plane.kubectl_path), "--kubeconfig", str(self.kubeconfig), "--cache-dir", str(cache)),
            *arguments,
        ]

    @contextmanager
    def watching(self) -> Iterator[Watching]:
        """``kubectl get --watch`` of all bundles, as it goes on."""
        resource = "promotionstrategydetails.view.promoter.argoproj.io"
        options = ("-A", "--watch", "--output-watch-events", "-o", "json")
        log = self.kubeconfig.with_suffix(f".{next(_numbers)}.watch")
        process = Process(self.command("get", resource, *options), log)
        try:
            yield Watching(process, log)
        finally:
            process.kill()

    def _kubeconfig(self) -> dict[str, Any]:
        cluster = {"server": self._plane.url, "certificate-authority": str(self._plane.pki / "ca.crt")}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "plane", "cluster": cluster}],
            "users": [{"name": "account", "user": {"token": self.token}}],
            "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": "account"}}],
            "current-context": "plane",
        }


class Watching:
    """A kubectl that watches: what it has printed so far."""

    def __init__(self, process: Process, log: Path) -> None:
        self._process, self._log = process, log

    @property
    def goes_on(self) -> bool:
        """Whether it is the same watch still: kubectl ends with the stream."""
        return self._process.running

    def events(self) -> list[dict[str, Any]]:
        """All events, in order."""
        return [json.loads(line) for line in self._log.read_text().splitlines(keepends=True) if line.endswith("}\n")]

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first such event, once it is there. Errors: AssertionError, with what was printed."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (found := next(filter(wanted, self.events()), None)) is None:
            assert self.goes_on, self._log.read_text()[-2000:]
            assert time.monotonic() < deadline, self._log.read_text()[-2000:]
            time.sleep(0.1)
        return found


def compose(folder: Path, overlay: str, *components: str) -> Path:
    """Writes a kustomization of an overlay and components, and gives its folder."""
    found = folder / "-".join((overlay, *components))
    found.mkdir(parents=True, exist_ok=True)
    relative = Path(os.path.relpath(DEPLOY.resolve(), found.resolve()))
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [str(relative / overlay)],
        "components": [str(relative / "components" / each) for each in components],
    }
    (found / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return found


@contextmanager
def installation(binaries: Path, folder: Path) -> Iterator[Installation]:
    """A cluster of its own, with stand-ins for the kinds of cert-manager and of the Prometheus operator."""
    reason = why_not()
    if reason is not None:
        pytest.skip(f"no pod can be run here: {reason}")
    audit, network = Audit(folder / "audit"), ClusterNetwork()
    try:
        with running_plane(binaries, folder, flags=[*network.flags, *audit.flags]) as plane:
            network.attach(plane)
            plane.install_crds(stand_ins())
            yield Installation(plane, network, audit, folder)
    finally:
        network.close()
