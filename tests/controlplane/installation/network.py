"""A cluster's network on a machine that has none: what kube-proxy does, for connections that kube-apiserver makes.

kube-apiserver is told by an EgressSelectorConfiguration (KEP-1281) to reach Services through an HTTP CONNECT proxy. So
the manifests' Services stay as they are: the proxy is asked for a ClusterIP, finds its Service and EndpointSlice in the
API, and joins the connection with whatever runs at that address.
"""

from __future__ import annotations

import http.client
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.controlplane.installation.relaying import Relay
from tests.support.plane.client import RefusedError
from tests.support.plane.plane import ControlPlane

_HEAD_BYTES = 8192


class ClusterNetwork:
    """Make it before the plane, which needs its ``flags``; then ``attach`` the plane. Close it at the end."""

    def __init__(self) -> None:
        # A Unix socket's path has room for 107 bytes: not in the tests' own folders.
        self.folder = Path(tempfile.mkdtemp(prefix="pv-net-"))
        self._plane: ControlPlane | None = None
        self._machines: dict[tuple[str, int], Path | tuple[str, int]] = {}
        (self.folder / "egress.yaml").write_text(yaml.safe_dump(self._egress()))
        self._relays = [
            Relay(self.folder / "egress", self._to_service),
            Relay(self.folder / "kubernetes", self._to_apiserver),
        ]

    @property
    def flags(self) -> list[str]:
        """What kube-apiserver has to be started with."""
        return [f"--egress-selector-config-file={self.folder / 'egress.yaml'}"]

    @property
    def kubernetes(self) -> Path:
        """A Unix socket that leads to kube-apiserver."""
        return self.folder / "kubernetes"

    def attach(self, plane: ControlPlane) -> None:
        """Which cluster it is."""
        self._plane = plane

    def close(self) -> None:
        """Ends it, and removes its files."""
        for relay in self._relays:
            relay.close()
        shutil.rmtree(self.folder)

    def put(self, address: str, port: int, place: Path | tuple[str, int]) -> None:
        """Who is at an address of the cluster: a Unix socket, or a port of this machine."""
        self._machines[address, port] = place

    def remove(self, address: str) -> None:
        """Nobody is there any more."""
        self._machines = {key: place for key, place in self._machines.items() if key[0] != address}

    def _egress(self) -> dict[str, Any]:
        transport = {"uds": {"udsName": str(self.folder / "egress")}}
        connection = {"proxyProtocol": "HTTPConnect", "transport": transport}
        return {
            "apiVersion": "apiserver.k8s.io/v1beta1",
            "kind": "EgressSelectorConfiguration",
            "egressSelections": [{"name": "cluster", "connection": connection}],
        }

    def _to_apiserver(self, _: socket.socket) -> socket.socket:
        assert self._plane is not None
        url = urlsplit(self._plane.url)
        return socket.create_connection((str(url.hostname), url.port or 443))

    def _to_service(self, asked: socket.socket) -> socket.socket | None:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _HEAD_BYTES:
            head += asked.recv(1)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        host, _, port = target.rpartition(":")
        try:
            place = self._place(host, int(port)) if method == "CONNECT" else None
        except (RefusedError, http.client.HTTPException):
            place = None  # the API server asks while it ends itself
        if place is None:
            asked.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return None
        found = _connect(place)
        asked.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return found

    def _place(self, address: str, port: int) -> Path | tuple[str, int] | None:
        assert self._plane is not None
        if (address, port) in self._machines:
            return self._machines[address, port]  # of a pod, where kube-apiserver is asked for a Service's proxy
        client = self._plane.client()
        services = client.get("/api/v1/services")["items"]
        service = next((each for each in services if each["spec"].get("clusterIP") == address), None)
        if service is None:
            return None
        name = next((each.get("name", "") for each in service["spec"]["ports"] if each["port"] == port), None)
        path = f"/apis/discovery.k8s.io/v1/namespaces/{service['metadata']['namespace']}/endpointslices"
        slices = client.get(path, labelSelector=f"kubernetes.io/service-name={service['metadata']['name']}")["items"]
        places = (self._machines.get(each) for found in slices for each in _addresses(found, name))
        return next((place for place in places if place is not None), None)


def _addresses(found: Mapping[str, Any], port_name: str | None) -> list[tuple[str, int]]:
    ports = [each["port"] for each in found.get("ports") or () if each.get("name", "") == port_name]
    ready = [each for each in found.get("endpoints") or () if each.get("conditions", {}).get("ready", True)]
    return [(address, port) for endpoint in ready for address in endpoint["addresses"] for port in ports]


def _connect(place: Path | tuple[str, int]) -> socket.socket:
    if isinstance(place, tuple):
        return socket.create_connection(place)
    found = socket.socket(socket.AF_UNIX)
    found.connect(str(place))
    return found
