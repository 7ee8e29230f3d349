"""A real kube-apiserver takes the Events that notifications create, with the role that docs/notifications.md shows."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import yaml

from promoter_view.journal.entries import EventType, Happening
from promoter_view.kubernetes.documents import error_of
from promoter_view.notifications.formats.kubernetes_event import write_kubernetes_event
from promoter_view.notifications.links import Links
from promoter_view.notifications.sample import SAMPLE
from promoter_view.records import BundleKey
from tests.support.plane.accounts import kubeconfig_of
from tests.support.plane.client import Client, RefusedError
from tests.support.plane.plane import ControlPlane

pytestmark = pytest.mark.controlplane

PAGE = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
RBAC = "/apis/rbac.authorization.k8s.io/v1"
URL = "https://promoter.example.com"
NAMESPACE, ACCOUNT = "told", "notifying"


def sender(plane: ControlPlane) -> Client:
    """A client of an account that has the page's role, and nothing else."""
    admin = plane.client()
    admin.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    admin.create("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": ACCOUNT}})
    (text,) = re.findall(r"```yaml\n(apiVersion: rbac.*?)```", PAGE, re.DOTALL)
    role = yaml.safe_load(text)
    admin.create(f"{RBAC}/clusterroles", role)
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": "default"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role["metadata"]["name"]}
    binding = {"metadata": {"name": ACCOUNT}, "roleRef": reference, "subjects": [subject]}
    admin.create(f"{RBAC}/clusterrolebindings", binding)
    context = ssl.create_default_context(cafile=str(plane.pki / "ca.crt"))
    return Client(plane.url, context, kubeconfig_of(plane, ACCOUNT)["users"][0]["user"]["token"])


def test_events_are_taken(control_plane: ControlPlane) -> None:
    """Of strategies and of Stages, with the longest name and the longest note; each once."""
    client = sender(control_plane)
    entries = [
        replace(
            SAMPLE,
            identity=SAMPLE.identity._replace(item=number),
            key=BundleKey(view, NAMESPACE, "s" * 253 if event is EventType.GAP else "search"),
            happening=Happening(event, "environment/production", message="\N{AUTOMOBILE}\r\n<b>" * 1000),
        )
        for view in ("promotionstrategydetails", "stagedetails")
        for number, event in enumerate(EventType)
    ]
    messages = [write_kubernetes_event([each], Links(URL), lambda _: "a-b-c") for each in entries]
    # The role counts a moment after it was given.
    control_plane.wait(lambda: client.create(messages[0].path, orjson.loads(messages[0].body)))
    for message in messages[1:]:
        client.create(message.path, orjson.loads(message.body))
    with pytest.raises(RefusedError) as raised:
        client.create(messages[0].path, orjson.loads(messages[0].body))
    assert raised.value.status == 409
    events = control_plane.client().get(f"/api/v1/namespaces/{NAMESPACE}/events")["items"]
    assert len(events) == len(entries)
    assert {each["involvedObject"]["kind"] for each in events} == {"PromotionStrategy", "Stage"}
    assert {each["type"] for each in events} == {"Normal", "Warning"}


def test_a_namespace_that_is_being_deleted(control_plane: ControlPlane) -> None:
    """kube-apiserver names the cause by which a message is refused: nobody waits until the namespace is gone."""
    admin, namespace = control_plane.client(), "ending"
    admin.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    admin.delete(f"/api/v1/namespaces/{namespace}")
    message = write_kubernetes_event(
        [replace(SAMPLE, key=SAMPLE.key._replace(namespace=namespace))], Links(), lambda _: ""
    )
    with pytest.raises(RefusedError) as raised:
        admin.create(message.path, orjson.loads(message.body))
    assert raised.value.status == 403
    assert error_of(raised.value.document).causes == {"NamespaceTerminating"}
