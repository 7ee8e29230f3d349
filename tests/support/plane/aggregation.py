"""The program as an APIService behind a real kube-apiserver, found and verified as an operator would set it up."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from promoter_view.views.definition import GROUP, VERSION
from tests.support.plane.client import RefusedError
from tests.support.plane.plane import ControlPlane
from tests.support.program.program import Program

API_SERVICE = f"{VERSION}.{GROUP}"

_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_NAMESPACE, _SERVICE = "promoter-system", "promoter-apiserver"
_NOT_FOUND, _CONFLICT = 404, 409


@contextmanager
def aggregated(plane: ControlPlane, program: Program) -> Iterator[None]:
    """In the block the program, which has been started once, is reached through kube-apiserver. One a plane."""
    register(plane, program)
    try:
        plane.wait(lambda: available(plane))
        yield
    finally:
        unregister(plane)


def register(plane: ControlPlane, program: Program) -> None:
    """Creates Service and APIService, or points those that are there at this program.

    An ExternalName is what the aggregator follows without a cluster network. The program's certificate is its own
    authority; it is good for the name by which the aggregator asks, SERVICE.NAMESPACE.svc.
    """
    client = plane.client()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": _SERVICE, "namespace": _NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": program.endpoint.host},
    }
    _ensure(plane, "/api/v1/namespaces", namespace)
    _ensure(plane, f"/api/v1/namespaces/{_NAMESPACE}/services", service)
    wanted = _api_service(program)
    if not _ensure(plane, _SERVICES, wanted):
        client.patch(f"{_SERVICES}/{API_SERVICE}", {"spec": wanted["spec"]})


def unregister(plane: ControlPlane) -> None:
    """Removes APIService and Service: they have the names that the manifests have. Nothing where there are none."""
    for path in (f"{_SERVICES}/{API_SERVICE}", f"/api/v1/namespaces/{_NAMESPACE}/services/{_SERVICE}"):
        try:
            plane.client().delete(path)
        except RefusedError as refused:
            if refused.status != _NOT_FOUND:
                raise


def available(plane: ControlPlane) -> bool:
    """Whether the aggregator says that it reaches the program. Errors: RefusedError."""
    return condition(plane).get("status") == "True"


def condition(plane: ControlPlane) -> dict[str, Any]:
    """The APIService's condition Available, empty before the aggregator has looked. Errors: RefusedError."""
    found = plane.client().get(f"{_SERVICES}/{API_SERVICE}")
    conditions: list[dict[str, Any]] = found.get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == "Available"), {})


def _api_service(program: Program) -> dict[str, Any]:
    authority = program.folder / "apiserver.local.config" / "certificates" / "apiserver.crt"
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": API_SERVICE},
        "spec": {
            "group": GROUP,
            "version": VERSION,
            "groupPriorityMinimum": 1000,
            "versionPriority": 15,
            "caBundle": base64.b64encode(authority.read_bytes()).decode(),
            "service": {"namespace": _NAMESPACE, "name": _SERVICE, "port": program.endpoint.port},
        },
    }


def _ensure(plane: ControlPlane, path: str, document: dict[str, Any]) -> bool:
    """Creates an object; False when it is there already."""
    try:
        plane.client().create(path, document)
    except RefusedError as refused:
        if refused.status != _CONFLICT:
            raise
        return False
    return True
