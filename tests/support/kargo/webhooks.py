"""A stand-in of Kargo's admission webhooks for Stages and Promotions, before a real kube-apiserver.

Written from what Kargo 1.12's do, not from their source: the label of the shard from ``spec.shard``; a Promotion's
name, shard, actor and owner; its steps and variables from the Stage's template and from the tasks that this refers to;
what it says of auto-promotion; the verb ``promote`` on the Stage; Freight that is available to it; a spec that stays.
They look at the objects alone, not at their statuses: rules are for ``stages`` and ``promotions``, as Kargo's are. What
Freight and Warehouses are given (a name made of what they hold, an alias) is not done.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.kargo.checking import Check, check_promotion, check_stage
from tests.support.kargo.defaulting import Defaulter, PromotionDefaults, default_stage
from tests.support.kargo.requests import Cluster, Document, read_request
from tests.support.kargo.server import AdmissionServer, Answer
from tests.support.kubernetes.certificates import Authority
from tests.support.plane.client import Client, RefusedError
from tests.support.plane.plane import ControlPlane

#: The service accounts of Kargo's own components, which may name whom they act for.
CONTROL_PLANE = r"^system:serviceaccount:kargo:[a-z0-9]([-a-z0-9]*[a-z0-9])?$"

_KARGO = "/apis/kargo.akuity.io/v1alpha1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_MUTATING, _VALIDATING = "mutatingwebhookconfigurations", "validatingwebhookconfigurations"
_KINDS = {"stage": "stages", "promotion": "promotions"}
_NAME = "kargo"


@contextmanager
def kargo_webhooks(plane: ControlPlane, control_plane: str = CONTROL_PLANE) -> Iterator[AdmissionServer]:
    """In the block the plane's Stages and Promotions go through Kargo's webhooks. One a plane.

    Namespaces of Stages need the label ``kargo.akuity.io/project: "true"``. ``control_plane``: a pattern of usernames.
    """
    host = str(urlsplit(plane.url).hostname)
    authority = Authority("kargo-webhooks")
    context = _context(plane.folder, *authority.issue("kargo-webhooks", host))
    server = AdmissionServer(host, context, _answers(_Plane(plane.client()), control_plane))
    try:
        with _registered(plane.client(), server, authority.pem):
            plane.wait(lambda: _is_asked(plane.client(), server))
            yield server
    finally:
        server.close()
    assert server.failures == []


class _Plane(Cluster):
    """Looks up in a real cluster, at the newest that it has."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, plural: str, namespace: str, name: str) -> Document | None:
        root = "/api/v1" if plural == "namespaces" else _KARGO
        scope = f"/namespaces/{namespace}" if namespace else ""
        try:
            return self._client.get(f"{root}{scope}/{plural}/{name}")
        except RefusedError as error:
            if error.status != 404:
                raise
            return None

    def list(self, plural: str, namespace: str) -> list[Document]:
        items: list[Document] = self._client.get(f"{_KARGO}/namespaces/{namespace}/{plural}")["items"]
        return items

    def may_promote(self, user: Document, namespace: str, stage: str) -> bool:
        attributes = {"group": "kargo.akuity.io", "resource": "stages", "verb": "promote"}
        spec = {
            "user": user.get("username", ""),
            "groups": user.get("groups", []),
            "resourceAttributes": {**attributes, "namespace": namespace, "name": stage},
        }
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        return bool(self._client.create(_REVIEWS, review)["status"]["allowed"])


def _answers(cluster: Cluster, control_plane: str) -> dict[str, Answer]:
    def mutating(default: Defaulter) -> Answer:
        return lambda review: default(read_request(review, control_plane), cluster)

    def validating(check: Check) -> Answer:
        return lambda review: check(read_request(review, control_plane), cluster)

    return {
        "/mutate/stage": mutating(default_stage),
        "/mutate/promotion": mutating(PromotionDefaults()),
        "/validate/stage": validating(check_stage),
        "/validate/promotion": validating(check_promotion),
    }


@contextmanager
def _registered(client: Client, server: AdmissionServer, authority: bytes) -> Iterator[None]:
    wanted = {
        _MUTATING: _configuration("MutatingWebhookConfiguration", f"{server.url}/mutate", authority, ()),
        _VALIDATING: _configuration("ValidatingWebhookConfiguration", f"{server.url}/validate", authority, ("DELETE",)),
    }
    for plural, document in wanted.items():
        client.create(f"{_ADMISSION}/{plural}", document)
    try:
        yield
    finally:
        for plural in wanted:
            client.delete(f"{_ADMISSION}/{plural}/{_NAME}")


def _configuration(kind: str, url: str, authority: bytes, more: tuple[str, ...]) -> Document:
    webhooks = [
        {
            "name": f"{name}.kargo.akuity.io",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "clientConfig": {"url": f"{url}/{name}", "caBundle": base64.b64encode(authority).decode()},
            "rules": [
                {
                    "scope": "Namespaced",
                    "apiGroups": ["kargo.akuity.io"],
                    "apiVersions": ["v1alpha1"],
                    "resources": [plural],
                    "operations": ["CREATE", "UPDATE", *(more if name == "promotion" else ())],
                }
            ],
        }
        for name, plural in _KINDS.items()
    ]
    document = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": _NAME}}
    return {**document, "webhooks": webhooks}


def _is_asked(client: Client, server: AdmissionServer) -> bool:
    """Whether kube-apiserver asks both: it learns of a configuration a moment after it is stored."""
    origin = {"kind": "Warehouse", "name": "w"}
    probe = {
        "apiVersion": "kargo.akuity.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"generateName": "probe-", "namespace": "default"},
        "spec": {"requestedFreight": [{"origin": origin, "sources": {"direct": True}}]},
    }
    try:
        client.create(f"{_KARGO}/namespaces/default/stages?dryRun=All", probe)
    except RefusedError as error:
        if "is not a project" not in str(error):
            raise
    return bool(server.asked["/mutate/stage"] and server.asked["/validate/stage"])


def _context(folder: Path, certificate: bytes, key: bytes) -> ssl.SSLContext:
    chain, secret = folder / "kargo-webhooks.crt", folder / "kargo-webhooks.key"
    chain.write_bytes(certificate)
    secret.touch(mode=0o600)
    secret.write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return context
