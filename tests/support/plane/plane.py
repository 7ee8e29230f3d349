"""A real control plane on loopback: etcd and kube-apiserver with a PKI of their own, RBAC and the aggregator on."""

from __future__ import annotations

import json
import shutil
import signal
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.crds.shapes import Definition
from tests.support.plane.client import Client, RefusedError
from tests.support.plane.pki import make_pki
from tests.support.plane.process import Process
from tests.support.ports import free_port

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_START_SECONDS = 90.0
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 20.0


class NotBuiltError(Exception):
    """The control plane cannot be built here; the message says what is missing."""


class NeverReadyError(Exception):
    """A process ended, or did not become ready in time; the message holds the end of its log."""


def binaries() -> Path:
    """The folder with kube-apiserver, etcd, kubectl and the informer, built where need be. Errors: NotBuiltError."""
    script = Path(__file__).parents[2] / "controlplane" / "build.sh"
    done = subprocess.run([script], check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotBuiltError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "build.sh failed")
    return Path(done.stdout.strip())


class ControlPlane:
    """One cluster, its files in ``folder``. ``start`` it, and always ``stop`` it.

    ``flags`` are further flags of kube-apiserver, e.g. ``["--etcd-compaction-interval=1s"]``. ``host``: the loopback
    address that all of it is at, 127.0.0.1 or ::1.
    """

    def __init__(self, binaries: Path, folder: Path, *, flags: Sequence[str] = (), host: str = "127.0.0.1") -> None:
        self.folder = folder
        self.kubectl_path = binaries / "kubectl"
        self._binaries = binaries
        self._flags = tuple(flags)
        self._host = host
        self._port, self._etcd_port, self._peer_port = free_port(), free_port(), free_port()
        self._etcd: Process | None = None
        self._apiserver: Process | None = None
        self._definitions: list[dict[str, Any]] = []

    # -- addresses ---------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """kube-apiserver's address."""
        return f"https://{self._at(self._port)}"

    @property
    def etcd_url(self) -> str:
        """The address of its etcd, which takes other logs beside it."""
        return f"http://{self._at(self._etcd_port)}"

    @property
    def port(self) -> int:
        """kube-apiserver's port."""
        return self._port

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig file of a cluster administrator."""
        return self.folder / "admin.kubeconfig"

    @property
    def kubectl_cache(self) -> Path:
        """Where kubectl keeps what it remembers of this cluster, and of no other."""
        return self.folder / "kubectl-cache"

    @property
    def pki(self) -> Path:
        """Where certificates and keys are: ca, front-proxy-ca, front-proxy-client, admin, apiserver."""
        return self.folder / "pki"

    def client(self) -> Client:
        """A new client with the administrator's certificate."""
        context = ssl.create_default_context(cafile=str(self.pki / "ca.crt"))
        context.load_cert_chain(str(self.pki / "admin.crt"), str(self.pki / "admin.key"))
        return Client(self.url, context, patience_seconds=_PATIENCE_SECONDS)

    def kubectl_command(self, *arguments: str) -> list[str]:
        """kubectl as administrator. What it remembers of a cluster goes by host and port, and ports come again."""
        options = ("--kubeconfig", str(self.kubeconfig), "--cache-dir", str(self.kubectl_cache))
        return [str(self.kubectl_path), *options, *arguments]

    def kubectl(self, *arguments: str, input_text: str | None = None) -> str:
        """Runs kubectl as administrator and returns its output. Errors: CalledProcessError, with what kubectl said."""
        command = self.kubectl_command(*arguments)
        try:
            return subprocess.run(command, check=True, capture_output=True, text=True, input=input_text).stdout
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr)
            raise

    def _at(self, port: int) -> str:
        return f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"

    # -- processes ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts what does not run, and waits until it is ready. Errors: NeverReadyError."""
        if not self.pki.exists():
            make_pki(self.pki)
            self._write_kubeconfig()
        if self._etcd is None:
            self._etcd = Process(self._etcd_command(), self.folder / "etcd.log")
        if self._apiserver is None:
            self._apiserver = Process(self._apiserver_command(), self.folder / "kube-apiserver.log")
        self.wait(lambda: self.client().get("/readyz"))
        # It is ready before the watch caches of custom resources are: until then their lists answer 429.
        for definition in self._definitions:
            self.wait_for_crd(definition)

    def stop(self) -> None:
        """Ends both processes."""
        self.stop_apiserver()
        if self._etcd is not None:
            self._etcd.stop()
            self._etcd = None

    def stop_apiserver(self, *, kill: bool = False) -> None:
        """Ends kube-apiserver only, cleanly or as a crash does; ``start`` brings it back on the same port."""
        process, self._apiserver = self._apiserver, None
        if process is not None:
            process.kill() if kill else process.stop()

    def restart_apiserver(self, *, kill: bool = False) -> None:
        """Ends kube-apiserver and starts it again: its watch cache begins anew."""
        self.stop_apiserver(kill=kill)
        self.start()

    def wait(self, ready: Callable[[], Any]) -> None:
        """Waits until a call is answered without an error and with something true. Errors: NeverReadyError."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError, RefusedError, ssl.SSLError):
                if ready():
                    return
            self._check_running()
            time.sleep(_POLL_SECONDS)
        raise NeverReadyError(f"not ready after {_START_SECONDS:.0f} s\n{self._apiserver and self._apiserver.tail()}")

    def _check_running(self) -> None:
        for process in (self._etcd, self._apiserver):
            if process is not None and not process.running:
                raise NeverReadyError(f"{process.log.name} ends with:\n{process.tail()}")

    # -- etcd --------------------------------------------------------------------------------------------------------

    def snapshot(self, name: str) -> None:
        """Copies etcd's folder as it is now. etcd is stopped for the moment (SIGSTOP) and loses nothing."""
        assert self._etcd is not None
        self._etcd.send(signal.SIGSTOP)
        try:
            shutil.copytree(self.folder / "etcd", self.folder / f"snapshot-{name}")
        finally:
            self._etcd.send(signal.SIGCONT)

    def restore(self, name: str) -> None:
        """Puts a copy back, as after a disaster: the resourceVersions handed out since will come again."""
        self.stop()
        shutil.rmtree(self.folder / "etcd")
        shutil.copytree(self.folder / f"snapshot-{name}", self.folder / "etcd")
        self.start()

    def compact(self) -> int:
        """Compacts etcd to its newest revision, which is returned; kube-apiserver's watch cache stays as it is."""
        revision = int(self._etcd_call("kv/range", {"key": "AA=="})["header"]["revision"])
        self._etcd_call("kv/compaction", {"revision": revision, "physical": True})
        return revision

    def _etcd_call(self, method: str, document: dict[str, Any]) -> dict[str, Any]:
        url = f"{self.etcd_url}/v3/{method}"
        with urllib.request.urlopen(url, json.dumps(document).encode(), timeout=30) as response:
            found: dict[str, Any] = json.load(response)
        return found

    # -- custom resources --------------------------------------------------------------------------------------------

    def install_crds(self, definitions: Sequence[Definition]) -> None:
        """Creates CustomResourceDefinitions and waits until each is served."""
        client = self.client()
        for definition in definitions:
            client.create(_CRDS, definition)
        for definition in definitions:
            self.wait_for_crd(definition)
        self._definitions += definitions

    def wait_for_crd(self, definition: dict[str, Any]) -> None:
        """Waits until a CustomResourceDefinition is Established and its path is served."""
        client = self.client()
        spec, name = definition["spec"], definition["metadata"]["name"]
        path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
        self.wait(lambda: _established(client.get(f"{_CRDS}/{name}")) and client.get(path, limit=1))

    # -- files -------------------------------------------------------------------------------------------------------

    def _write_kubeconfig(self) -> None:
        user = {"client-certificate": str(self.pki / "admin.crt"), "client-key": str(self.pki / "admin.key")}
        cluster = {"server": self.url, "certificate-authority": str(self.pki / "ca.crt")}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "plane", "cluster": cluster}],
            "users": [{"name": "admin", "user": user}],
            "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": "admin"}}],
            "current-context": "plane",
        }
        self.kubeconfig.write_text(yaml.dump(document))

    def _etcd_command(self) -> list[str]:
        client, peer = self.etcd_url, f"http://{self._at(self._peer_port)}"
        return [
            str(self._binaries / "etcd"),
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
        ]

    def _apiserver_command(self) -> list[str]:
        pki = self.pki
        return [
            str(self._binaries / "kube-apiserver"),
            f"--etcd-servers={self.etcd_url}",
            f"--secure-port={self._port}",
            f"--bind-address={self._host}",
            f"--advertise-address={self._host}",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            f"--requestheader-client-ca-file={pki / 'front-proxy-ca.crt'}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={pki / 'front-proxy-client.crt'}",
            f"--proxy-client-key-file={pki / 'front-proxy-client.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki / 'sa.key'}",
            f"--service-account-signing-key-file={pki / 'sa.key'}",
            "--authorization-mode=RBAC",
            f"--service-cluster-ip-range={'fd00:10::/112' if ':' in self._host else '10.0.0.0/24'}",
            "--disable-admission-plugins=ServiceAccount",
            "--max-requests-inflight=4000",
            "--max-mutating-requests-inflight=2000",
            *self._flags,
        ]


def _established(definition: dict[str, Any]) -> bool:
    conditions = definition.get("status", {}).get("conditions") or ()
    return any(found["type"] == "Established" and found["status"] == "True" for found in conditions)
