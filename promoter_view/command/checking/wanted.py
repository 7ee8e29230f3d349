"""Which permissions the program needs with its options. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from promoter_view.command.checking.findings import Right
from promoter_view.kubernetes.kinds import ARGOCD_GROUP, KARGO_GROUP
from promoter_view.program.command_line.settings import Settings
from promoter_view.promotions.lease.lease import heartbeat_name, lease_name
from promoter_view.records import ListPath

_REVIEWS = (
    Right("create", "tokenreviews", "authentication.k8s.io"),
    Right("create", "subjectaccessreviews", "authorization.k8s.io"),
)
_CONFIGURATION = Right("get", "configmaps", "", "kube-system", "extension-apiserver-authentication")
_LEASES = "coordination.k8s.io"


def reading(path: ListPath) -> Iterator[Right]:
    """What it takes to reflect a list path."""
    yield from (Right(verb, path.plural, path.group, path.namespace) for verb in ("list", "watch"))


def access(settings: Settings) -> Iterator[Right]:
    """What it takes to let the cluster decide who may ask."""
    given = settings.access
    serves_api = settings.program.role != "dashboard" and not given.insecure_no_auth
    if serves_api or settings.dashboard.auth in ("token", "proxy"):
        yield from _REVIEWS
    if serves_api and not given.authentication_skip_lookup and not given.authentication_tolerate_lookup_failure:
        yield _CONFIGURATION


def promoting(settings: Settings) -> Iterator[Right]:
    """What it takes to run the Promotions of a shard."""
    shard, namespace = settings.argocd.shard, settings.argocd.lease_namespace
    if shard is None:
        return
    for verb, resource in (
        ("patch", "promotions/status"),
        ("patch", "stages/status"),
        ("patch", "freights/status"),
        ("patch", "stages"),
    ):
        yield Right(verb, resource, KARGO_GROUP)
    if settings.argocd.kubeconfig is None:
        yield from (
            Right(verb, "applications", ARGOCD_GROUP, settings.argocd.namespace[0]) for verb in ("get", "patch")
        )
    yield Right("list", "leases", _LEASES, name=heartbeat_name(shard))
    yield Right("create", "leases", _LEASES, namespace)
    yield from (Right(verb, "leases", _LEASES, namespace, lease_name(shard)) for verb in ("get", "update"))
