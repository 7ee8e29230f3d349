"""The dashboard on a real cluster, as somebody who may do just what it needs; and what asks it, over plain HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from promoter_view.views.definition import GROUP
from tests.support.plane.client import RefusedError
from tests.support.plane.plane import ControlPlane
from tests.support.program.client import BROKEN
from tests.support.program.events import Frame, frames
from tests.support.program.program import Program

RBAC = "rbac.authorization.k8s.io"
NAMESPACE = "promoter-dashboard"
#: Of the cluster, which the product's own roles may be tried on by other tests: not one of their names.
_ROLE = "tested-dashboard"
#: Plain HTTP answers come at once, frames at least every 10 s; the rest is for a busy machine.
_TIMEOUT_SECONDS = 60.0
_CONFLICT = 409


class Answer(NamedTuple):
    """Status, headers and body."""

    status: int
    headers: Mapping[str, str]
    body: str


def ask(program: Program, path: str, headers: Mapping[str, str] | None = None, *, form: str | None = None) -> Answer:
    """A GET, or a POST of a form from a page of the dashboard's own; status 0 where nobody listens."""
    host = f"127.0.0.1:{program.dashboard.port}"
    connection = http.client.HTTPConnection(host, timeout=_TIMEOUT_SECONDS)
    sent = dict(headers or {})
    if form is not None:
        sent |= {"Origin": f"http://{host}", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("GET" if form is None else "POST", path, form, sent)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read().decode())
    except BROKEN:
        return Answer(0, {}, "")
    finally:
        connection.close()


def listed(program: Program, headers: Mapping[str, str] | None = None) -> list[tuple[str, str]] | int:
    """Namespace and name of each bundle that the dashboard lists, or the status where it does not."""
    answer = ask(program, "/list", headers)
    if answer.status != 200:
        return answer.status
    return [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in json.loads(answer.body)["items"]]


@contextmanager
def stream(program: Program, headers: Mapping[str, str]) -> Iterator[Iterator[Frame]]:
    """The frames of ``/watch``, read as they are asked for."""
    connection = http.client.HTTPConnection("127.0.0.1", program.dashboard.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/watch", headers={"Accept": "text/event-stream", **headers})
        response = connection.getresponse()
        assert response.status == 200
        yield frames(iter(lambda: response.read1(16 * 1024), b""), gzip=False)
    finally:
        connection.close()


def service_account(plane: ControlPlane, folder: Path, *, reviews: bool = False) -> Path:
    """A kubeconfig of who may list and watch the views; ``reviews``: and ask the cluster who others are."""
    client = plane.client()
    _ensure(plane, "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    accounts = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
    name = "reviewing" if reviews else "looking"
    subject = {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
    _ensure(plane, accounts, {"metadata": {"name": name}})
    rule = {"apiGroups": [GROUP], "resources": ["*"], "verbs": ["list", "watch"]}
    _ensure(plane, f"/apis/{RBAC}/v1/clusterroles", {"metadata": {"name": _ROLE}, "rules": [rule]})
    _bind(plane, subject, _ROLE)
    if reviews:
        _bind(plane, subject, "system:auth-delegator")
        path = f"/apis/{RBAC}/v1/namespaces/kube-system/rolebindings"
        role = {"apiGroup": RBAC, "kind": "Role", "name": "extension-apiserver-authentication-reader"}
        _ensure(plane, path, {"metadata": {"name": _ROLE}, "subjects": [subject], "roleRef": role})
    token = client.create(f"{accounts}/{name}/token", _TOKEN_REQUEST)["status"]["token"]
    return _kubeconfig(plane, folder / f"{name}.kubeconfig", token)


_TOKEN_REQUEST = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}


def _bind(plane: ControlPlane, subject: Mapping[str, str], role: str) -> None:
    binding = {
        "metadata": {"name": f"{subject['name']}-{role}"},
        "subjects": [subject],
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
    }
    _ensure(plane, f"/apis/{RBAC}/v1/clusterrolebindings", binding)


def _ensure(plane: ControlPlane, path: str, document: dict[str, Any]) -> None:
    try:
        plane.client().create(path, document)
    except RefusedError as refused:
        if refused.status != _CONFLICT:
            raise


def _kubeconfig(plane: ControlPlane, path: Path, token: str) -> Path:
    cluster = {"server": plane.url, "certificate-authority": str(plane.pki / "ca.crt")}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "plane", "cluster": cluster}],
        "users": [{"name": "dashboard", "user": {"token": token}}],
        "contexts": [{"name": "dashboard", "context": {"cluster": "plane", "user": "dashboard"}}],
        "current-context": "dashboard",
    }
    path.write_text(yaml.safe_dump(document))
    return path
