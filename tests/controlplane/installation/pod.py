"""A Deployment's pod on this machine: what controllers, scheduler and kubelet would make of it, run in namespaces.

The pod is created in the cluster from the Deployment's template, so that admission has its say. Its container's
command, environment, user, groups, volumes and token are then those of the pod as it was admitted. Two things differ:
its image is this machine's root with the Python that runs the tests, and its network is a loopback with sockets that
lead to kube-apiserver and from the Service.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import promoter_view
from tests.controlplane.installation.granting import wait_granted
from tests.controlplane.installation.network import ClusterNetwork
from tests.controlplane.installation.volumes import make_writable, mounted_files, write_files
from tests.support.plane.client import RefusedError
from tests.support.plane.plane import ControlPlane
from tests.support.plane.process import Process

NAMESPACE = "promoter-system"
KUBERNETES = ("10.0.0.1", 443)  # in kube-apiserver's certificate, as in any cluster's
_ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"  # to which /var/run leads
_ENTER = Path(__file__).with_name("enter_pod.py")
_PATIENCE_SECONDS = 120.0
_numbers = count(1)


def why_not() -> str | None:
    """What this machine lacks for it; None where nothing does."""
    if os.geteuid() != 0:
        return "a pod's root, user and network need root"
    missing = [tool for tool in ("unshare", "setpriv", "chroot", "mount", "openssl") if shutil.which(tool) is None]
    if missing:
        return f"not here: {', '.join(missing)}"
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "true"]
    done = subprocess.run(command, check=False, capture_output=True)
    return done.stderr.decode().strip() if done.returncode else None


class Pod:
    """One pod of a Deployment of the namespace, its first container only. A context manager that ends it.

    ``beside``: ports that another container of the pod would reach over its loopback.
    """

    def __init__(
        self, plane: ControlPlane, network: ClusterNetwork, folder: Path, deployment: str, beside: Sequence[int] = ()
    ) -> None:
        self._beside = tuple(beside)
        self._plane, self._network = plane, network
        self._client = plane.client()
        self._folder = folder / f"{deployment}-{next(_numbers)}"
        self._folder.mkdir(parents=True)
        self.address = f"10.244.0.{next(_numbers)}"
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{deployment}"
        self._template = self._client.get(path)["spec"]["template"]
        self._process: Process | None = None
        self._sockets: dict[int, Path] = {}

    def __enter__(self) -> Pod:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """What its container has written."""
        return self.output.read_text(errors="replace")

    @property
    def output(self) -> Path:
        """The file that its container writes to."""
        return self._folder / "output.log"

    @property
    def sockets(self) -> Mapping[int, Path]:
        """By port, the Unix socket that leads there."""
        return self._sockets

    @property
    def user(self) -> str:
        """By what name the cluster knows it."""
        return f"system:serviceaccount:{NAMESPACE}:{self._spec['serviceAccountName']}"

    def start(self) -> None:
        """Creates the pod and starts its container. Errors: RefusedError where a volume cannot be had, or the pod."""
        self._create()
        wait_granted(self._client, self.user)
        config = self._folder / "config.json"
        config.write_text(json.dumps(self._config()))
        unshared = ["unshare", "--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child"]
        self._process = Process([*unshared, sys.executable, "-S", str(_ENTER), str(config)], self.output)
        for port in self._declared():
            self._network.put(self.address, port, self._sockets[port])
        self._publish()

    def bring_secrets(self) -> None:
        """Brings its Secrets' and ConfigMaps' files up to date, as the kubelet does within about two minutes."""
        for volume in self._spec["volumes"]:
            if "secret" in volume or "configMap" in volume:
                self._write_files(volume)

    def wait_ready(self) -> None:
        """Waits until each container's readiness probe succeeds. Errors: AssertionError, with its log."""
        self.wait(lambda: self.probe("readinessProbe"))
        self._publish()

    def wait(self, holds: Any) -> None:
        """Waits until something holds. Errors: AssertionError, with its log."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            assert self._process is not None
            assert self._process.running, f"it has ended: {self.log[-4000:]}"
            assert time.monotonic() < deadline, self.log[-4000:]
            time.sleep(0.1)

    def probe(self, name: str) -> bool:
        """What the kubelet would say of a probe of its container."""
        asked = self._container[name]["httpGet"]
        try:
            status, _ = self.get(self._port(asked["port"]), asked["path"], asked["scheme"] == "HTTPS")
        except (OSError, http.client.HTTPException):
            return False
        return 200 <= status < 400

    def get(self, port: int, path: str, tls: bool = True, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body of a GET at the pod's own address; its certificate is not verified. Errors: OSError."""
        with self.connect(port) as raw:
            connection = http.client.HTTPConnection("pod", timeout=raw.gettimeout())
            connection.sock = _unverified().wrap_socket(raw) if tls else raw
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def connect(self, port: int) -> socket.socket:
        """A connection to one of its ports. Errors: OSError."""
        found = socket.socket(socket.AF_UNIX)
        found.settimeout(10)
        found.connect(str(self._sockets[port]))
        return found

    def terminate(self) -> int | None:
        """TERM, and its exit status. The pod is then removed."""
        process = self._process
        assert process is not None
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while process.running and time.monotonic() < deadline:
            time.sleep(0.05)
        status = process.status
        self.kill()
        return status

    def ended(self) -> int | None:
        """Its exit status, once it has ended of itself."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        assert self._process is not None
        while self._process.running:
            assert time.monotonic() < deadline, self.log[-4000:]
            time.sleep(0.05)
        return self._process.status

    def kill(self) -> None:
        """Ends it at once, and removes the pod."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            self._network.remove(self.address)
            with suppress(RefusedError):
                self._client.delete(f"{_PODS}/{self.name}", {"gracePeriodSeconds": 0})

    # -- the pod in the cluster --------------------------------------------------------------------------------------

    def _create(self) -> None:
        self.name = self._folder.name
        metadata = {**self._template["metadata"], "name": self.name}
        spec = {**self._template["spec"], "nodeName": "here"}
        pod = self._client.create(_PODS, {"metadata": metadata, "spec": spec})
        self._labels = pod["metadata"]["labels"]
        self._spec = pod["spec"]
        self._container = self._spec["containers"][0]
        self._uid = pod["metadata"]["uid"]
        status = {"phase": "Running", "podIP": self.address, "podIPs": [{"ip": self.address}]}
        self._client.patch(f"{_PODS}/{self.name}/status", {"status": status})

    def _publish(self) -> None:
        """The EndpointSlice of each Service that selects the pod, as the controller keeps it."""
        for service in self._client.get(f"/api/v1/namespaces/{NAMESPACE}/services")["items"]:
            selector = service["spec"].get("selector")
            if selector and selector.items() <= self._labels.items():
                self._publish_in(service)

    def _publish_in(self, service: Mapping[str, Any]) -> None:
        name = service["metadata"]["name"]
        ready = service["spec"].get("publishNotReadyAddresses", False) or self.probe("readinessProbe")
        ports = [{"name": each["name"], "port": self._port(each["targetPort"])} for each in service["spec"]["ports"]]
        wanted = {
            "metadata": {"name": f"{name}-here", "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": [self.address], "conditions": {"ready": ready}}],
        }
        self._replace(f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices", f"{name}-here", wanted)
        # Endpoints too, by which kube-apiserver finds the pod when it is asked for a Service's proxy.
        reference = {"kind": "Pod", "namespace": NAMESPACE, "name": self.name}
        addresses = {"addresses" if ready else "notReadyAddresses": [{"ip": self.address, "targetRef": reference}]}
        endpoints = {"metadata": {"name": name}, "subsets": [{**addresses, "ports": ports}]}
        self._replace(f"/api/v1/namespaces/{NAMESPACE}/endpoints", name, endpoints)

    def _replace(self, path: str, name: str, wanted: Mapping[str, Any]) -> None:
        with suppress(RefusedError):
            self._client.delete(f"{path}/{name}")
        self._client.create(path, dict(wanted))

    def _port(self, port: int | str) -> int:
        containers = self._spec["containers"]
        named = {each["name"]: each["containerPort"] for found in containers for each in found["ports"]}
        return port if isinstance(port, int) else int(named[port])

    # -- the pod on the machine --------------------------------------------------------------------------------------

    def _config(self) -> dict[str, Any]:
        for folder in ("root", "layer", "work"):
            (self._folder / folder).mkdir()
        (self._folder / "layer").chmod(0o755)
        ports = (*self._declared(), *self._beside)
        self._sockets = {port: self._network.folder / f"{self.name}-{port}" for port in ports}
        return {
            "root": str(self._folder / "root"),
            "layer": str(self._folder / "layer"),
            "work": str(self._folder / "work"),
            "hidden": ["/tmp", "/run", "/root", *_tops(_software())],
            # The software last: a checkout may lie below a folder that a volume takes, /tmp.
            "binds": [*self._mounts(), *([path, path, "ro"] for path in _software())],
            "kubernetes": {"socket": str(self._network.kubernetes), "address": KUBERNETES},
            "inbound": {str(port): str(path) for port, path in self._sockets.items()},
            "environment": self._environment(),
            "directory": "/",
            "identity": self._identity(),
            "command": [*self._container["command"], *self._container["args"]],
        }

    def _declared(self) -> list[int]:
        return [each["containerPort"] for each in self._container["ports"]]

    def _environment(self) -> dict[str, str]:
        given = {each["name"]: each["value"] for each in self._container.get("env", ())}
        image = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "PYTHONPATH": _checkout(), "PYTHONDONTWRITEBYTECODE": "1"}
        host, port = KUBERNETES
        return {**image, "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": str(port), **given}

    def _identity(self) -> list[str]:
        context = self._spec["securityContext"]
        dropped = self._container["securityContext"]["capabilities"]["drop"]
        assert dropped == ["ALL"]
        user, group, files = (context[name] for name in ("runAsUser", "runAsGroup", "fsGroup"))
        identity = [f"--reuid={user}", f"--regid={group}", f"--groups={files}"]
        return [*identity, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]

    def _mounts(self) -> list[list[str]]:
        made = {volume["name"]: self._make(volume) for volume in self._spec["volumes"]}
        mounts = [[str(self._account()), _ACCOUNT, "ro"]]
        for each in self._container["volumeMounts"]:
            assert "subPath" not in each
            mode = "ro" if each.get("readOnly") else "rw"
            mounts.append([str(made[each["name"]]), each["mountPath"], mode])
        return mounts

    def _make(self, volume: Mapping[str, Any]) -> Path:
        folder = self._folder / "volumes" / volume["name"]
        if "secret" in volume or "configMap" in volume:
            return self._write_files(volume)
        if "persistentVolumeClaim" in volume:
            claim = volume["persistentVolumeClaim"]["claimName"]
            self._client.get(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims/{claim}")
            folder = self._folder.parent / "claims" / claim
        if not folder.exists():
            make_writable(folder, group=self._spec["securityContext"]["fsGroup"])
        return folder

    def _write_files(self, volume: Mapping[str, Any]) -> Path:
        folder = self._folder / "volumes" / volume["name"]
        files, mode = mounted_files(self._client, NAMESPACE, volume)
        write_files(folder, files, group=self._spec["securityContext"]["fsGroup"], mode=mode)
        return folder

    def _account(self) -> Path:
        """The files of its ServiceAccount: a token that is bound to this pod, the cluster's CA, the namespace."""
        assert self._spec["automountServiceAccountToken"] is True
        bound = {"kind": "Pod", "apiVersion": "v1", "name": self.name, "uid": self._uid}
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{self._spec['serviceAccountName']}/token"
        token = self._client.create(path, {"spec": {"boundObjectRef": bound}})["status"]["token"]
        files = {
            "token": token.encode(),
            "ca.crt": (self._plane.pki / "ca.crt").read_bytes(),
            "namespace": NAMESPACE.encode(),
        }
        folder = self._folder / "volumes" / "account"
        write_files(folder, files, group=self._spec["securityContext"]["fsGroup"], mode=0o640)
        return folder


_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


def _checkout() -> str:
    return str(Path(promoter_view.__file__).parents[1])


def _software() -> list[str]:
    """Where the program and its Python are, apart from what is below /usr anyway."""
    folders = dict.fromkeys((sys.base_prefix, sys.prefix, _checkout()))
    outer = [each for each in folders if not any(each != other and each.startswith(f"{other}/") for other in folders)]
    return [each for each in outer if not each.startswith("/usr")]


def _tops(folders: list[str]) -> list[str]:
    """The top-level folders that they are in: covered, so that none above them keeps the pod's user out."""
    return list(dict.fromkeys("/" + each.split("/")[1] for each in folders))


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
