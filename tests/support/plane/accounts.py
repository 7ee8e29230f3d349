"""ServiceAccounts of a plane's default namespace, as the program is given them."""

from __future__ import annotations

from typing import Any

from tests.support.plane.plane import ControlPlane

_REQUEST = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}


def kubeconfig_of(plane: ControlPlane, account: str) -> dict[str, Any]:
    """A kubeconfig with a token of that account, which is there."""
    token = plane.client().create(f"/api/v1/namespaces/default/serviceaccounts/{account}/token", _REQUEST)
    cluster = {"server": plane.url, "certificate-authority": str(plane.pki / "ca.crt")}
    return {
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": {"token": token["status"]["token"]}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }
