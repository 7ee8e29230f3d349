"""The servers that the Kubernetes API contract runs on: the simulator in a process of its own, and kube-apiserver."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Protocol

from tests.crds.installed import definitions
from tests.support.plane.client import Client, Document
from tests.support.plane.plane import ControlPlane

GROUP = "promoter.argoproj.io"
ROOT = f"/apis/{GROUP}/v1alpha1"
_REPOSITORY = Path(__file__).resolve().parents[2]
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Server(Protocol):
    """One server under test."""

    def client(self) -> Client:
        """A new client that may do anything."""

    def forget(self) -> None:
        """Makes all resourceVersions until now too old to continue from."""

    def uninstall(self, plural: str) -> None:
        """Takes a resource away."""

    def install(self, plural: str) -> None:
        """Brings it back."""


class Simulator:
    """The simulator as ``python -m promoter_view.simulator``, driven by its commands."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "promoter_view.simulator", "--bookmark-interval", "1"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_REPOSITORY, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def client(self) -> Client:
        return Client(self.url)

    def forget(self) -> None:
        self._command("compact")

    def uninstall(self, plural: str) -> None:
        self._command("uninstall", plural=plural)

    def install(self, plural: str) -> None:
        self._command("install", plural=plural)

    def stop(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.communicate()

    def _command(self, name: str, **arguments: Any) -> None:
        self.client().request("POST", f"/simulator/{name}", arguments)


class KubeApiserver:
    """A real control plane. To forget it compacts etcd and starts kube-apiserver again, whose cache begins anew."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def client(self) -> Client:
        return self._plane.client()

    def forget(self) -> None:
        self._plane.compact()
        self._plane.restart_apiserver()

    def uninstall(self, plural: str) -> None:
        self.client().delete(f"{_DEFINITIONS}/{plural}.{GROUP}")

    def install(self, plural: str) -> None:
        (found,) = (one for one in definitions() if one["spec"]["names"]["plural"] == plural)
        self.client().create(_DEFINITIONS, found)
        self._plane.wait_for_crd(found)


class Sandbox:
    """A namespace of its own on a server, with short ways to GitRepositories, the simplest resource."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = server.client()
        self.namespace = self.add_namespace()

    @property
    def path(self) -> str:
        """The collection in this namespace."""
        return f"{ROOT}/namespaces/{self.namespace}/gitrepositories"

    def add_namespace(self, suffix: str = "") -> str:
        """Makes a namespace with a name of its own."""
        name = f"contract-{uuid.uuid4().hex[:8]}{suffix}"
        self.client.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    def create(self, name: str, **labels: str) -> Document:
        """Makes a repository."""
        return self.client.create(self.path, repository(name, **labels))

    def patch(self, name: str, **patch: Any) -> Document:
        """Changes a repository by a merge patch."""
        return self.client.patch(f"{self.path}/{name}", patch)

    def label(self, name: str, **labels: str | None) -> Document:
        """Sets or removes labels of a repository."""
        return self.patch(name, metadata={"labels": labels})

    def delete(self, name: str) -> Document:
        """Deletes a repository."""
        return self.client.delete(f"{self.path}/{name}")

    def list(self, **query: Any) -> Document:
        """Lists the repositories."""
        return self.client.get(self.path, **query)

    def events(self, seconds: int = 2, **query: Any) -> list[Document]:
        """All events of a watch that the server ends after so many seconds."""
        with self.client.watch(self.path, timeoutSeconds=seconds, **query) as events:
            return list(events)


def repository(name: str, **labels: str) -> Document:
    """A GitRepository as it is sent."""
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "GitRepository",
        "metadata": {"name": name, "labels": labels},
        "spec": {"fake": {"owner": "org", "name": name}, "scmProviderRef": {"kind": "ScmProvider", "name": "scm"}},
        "status": {"observedGeneration": 7},
    }


def version(document: Document) -> int:
    """An object's or a list's resourceVersion."""
    return int(document["metadata"]["resourceVersion"])


def names(listed: Document) -> list[str]:
    """The names in a list."""
    return [item["metadata"]["name"] for item in listed["items"]]


def told(events: list[Document]) -> list[tuple[str, str]]:
    """Type and name of each event that is not a bookmark."""
    return [(one["type"], one["object"]["metadata"]["name"]) for one in events if one["type"] != "BOOKMARK"]
