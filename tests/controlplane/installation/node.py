"""What controllers and a kubelet do, while somebody else applies and removes manifests: pods come, change and go.

Of each Deployment of the namespace one pod runs, as soon as what it mounts is there. Claims go once nobody has them.
With ``cert_manager`` Certificates get their Secrets, and APIServices their caBundle.
"""

from __future__ import annotations

import json
import shutil
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.controlplane.installation.cert_manager import CertManager
from tests.controlplane.installation.installed import API_SERVICES, Installation
from tests.controlplane.installation.pod import NAMESPACE, Pod
from tests.controlplane.installation.volumes import mounted_files
from tests.support.plane.client import RefusedError

_POLL_SECONDS = 0.3
_CLAIMS = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"
_CERTIFICATES = f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}"
_SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
_INJECT = "cert-manager.io/inject-ca-from"
_NOT_THERE = "an issuer that is not there"
Document = dict[str, Any]


class Node:
    """A context manager. ``pods``: a folder with DEPLOYMENT.log and, for each port, a socket DEPLOYMENT-PORT."""

    def __init__(self, installed: Installation, *, cert_manager: bool = False) -> None:
        self.pods = installed.network.folder / "node"
        self.pods.mkdir()
        self._installed, self._client = installed, installed.plane.client()
        self._cert_manager = CertManager(installed.plane.client()) if cert_manager else None
        self._running: dict[str, tuple[str, Pod]] = {}
        self._mounted = ""
        self._over = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Node:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for _, pod in self._running.values():
            pod.kill()
        shutil.rmtree(self.pods)
        if self._fault is not None:
            raise self._fault

    @property
    def running(self) -> dict[str, Pod]:
        """The pods that run now, by their Deployment."""
        return {name: pod for name, (_, pod) in self._running.items()}

    def _work(self) -> None:
        try:
            while not self._over.wait(_POLL_SECONDS):
                with suppress(RefusedError):  # what is applied comes and goes meanwhile
                    self._look()
        except BaseException as error:
            traceback.print_exc()  # what waits for a pod waits for long
            self._fault = error

    def _look(self) -> None:
        if self._cert_manager is not None:
            self._issue(self._cert_manager)
        items = self._client.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")["items"]
        wanted = {each["metadata"]["name"]: each["spec"]["template"] for each in items if each["spec"]["replicas"]}
        for name, (template, pod) in list(self._running.items()):
            if json.dumps(wanted.get(name), sort_keys=True) != template:
                del self._running[name]
                pod.terminate()
        self._release_claims()
        for name, template in wanted.items():
            if name not in self._running:
                self._check_mounts(template)
                self._start(name, json.dumps(template, sort_keys=True))
        self._bring()

    def _start(self, name: str, template: str) -> None:
        pod = self._installed.pod(name)
        pod.start()
        self._running[name] = template, pod
        _link(self.pods / f"{name}.log", pod.output)
        for port, socket in pod.sockets.items():
            _link(self.pods / f"{name}-{port}", socket)
        pod.wait_ready()

    def _check_mounts(self, template: Document) -> None:
        """Errors: RefusedError, where something that it mounts is not there yet."""
        for volume in template["spec"].get("volumes", ()):
            if "secret" in volume or "configMap" in volume:
                mounted_files(self._client, NAMESPACE, volume)

    def _bring(self) -> None:
        found = [self._client.get(f"/api/v1/namespaces/{NAMESPACE}/{each}") for each in ("secrets", "configmaps")]
        mounted = str([each["metadata"]["resourceVersion"] for listed in found for each in listed["items"]])
        if mounted != self._mounted:
            self._mounted = mounted
            for _, pod in self._running.values():
                pod.bring_secrets()

    def _release_claims(self) -> None:
        """Takes away what protects a claim that is deleted, and what was on it."""
        for claim in self._client.get(_CLAIMS)["items"]:
            if "deletionTimestamp" in claim["metadata"] and not self._running:
                name = claim["metadata"]["name"]
                self._client.patch(f"{_CLAIMS}/{name}", {"metadata": {"finalizers": None}})
                shutil.rmtree(self._installed.folder / "pods" / "claims" / name, ignore_errors=True)

    def _issue(self, cert_manager: CertManager) -> None:
        """What can be issued now: authorities before what they sign, and then the caBundle."""
        issuers = {
            each["metadata"]["name"]: each["spec"].get("ca", {}).get("secretName")
            for each in self._client.get(f"{_CERTIFICATES}/issuers")["items"]
        }
        there = {each["metadata"]["name"] for each in self._client.get(_SECRETS)["items"]}
        for each in self._client.get(f"{_CERTIFICATES}/certificates")["items"]:
            signed_by = issuers.get(each["spec"]["issuerRef"]["name"], _NOT_THERE)
            if each["spec"]["secretName"] not in there and signed_by in (None, *there):
                cert_manager.issue(each["metadata"]["name"])
        for service in self._client.get(API_SERVICES)["items"]:
            source = service["metadata"].get("annotations", {}).get(_INJECT)
            if source and source.partition("/")[2] in there and "caBundle" not in service["spec"]:
                cert_manager.inject(service["metadata"]["name"])


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)
