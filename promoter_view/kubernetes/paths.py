"""Which list paths a scope amounts to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from promoter_view.kubernetes.kinds import APPLICATION, PROMOTER_GROUP, Kind
from promoter_view.records import ListPath

#: How paths name the cluster in which Applications live, where it is another one.
ARGOCD_CLUSTER = "argocd"
INSTANCE_LABEL = "promoter.argoproj.io/instance-id"


def reflected_paths(
    kinds: Iterable[Kind],
    namespaces: Sequence[str],
    instance_id: str | None,
    argocd_namespaces: Sequence[str],
    *,
    argocd_elsewhere: bool = False,
) -> tuple[ListPath, ...]:
    """The paths of those kinds. Only the promoter knows instances; Applications do not live where their Stages do.

    ``argocd_namespaces`` count only where ``namespaces`` are given, for they are the program's whole reach then.
    ``argocd_elsewhere``: they are in another cluster.
    """
    applications = list_paths((APPLICATION,), argocd_namespaces if namespaces else (), None)
    if argocd_elsewhere:
        applications = tuple(replace(path, cluster=ARGOCD_CLUSTER) for path in applications)
    return tuple(
        path
        for kind in kinds
        for path in (
            applications
            if kind == APPLICATION
            else list_paths((kind,), namespaces, instance_id if kind.group == PROMOTER_GROUP else None)
        )
    )


def list_paths(kinds: Iterable[Kind], namespaces: Sequence[str], instance_id: str | None) -> tuple[ListPath, ...]:
    """One path a kind; one a kind and namespace where namespaces are given, and then none for cluster-scoped kinds.

    ``instance_id`` None: no selector; "": only objects without that label.
    """
    scopes = tuple(dict.fromkeys(namespaces)) or ("",)
    selector = instance_selector(instance_id)
    return tuple(
        ListPath(kind.kind, kind.group, kind.version, kind.plural, namespace, selector)
        for kind in kinds
        if kind.namespaced or not namespaces
        for namespace in scopes
    )


def instance_selector(instance_id: str | None) -> str:
    """The label selector that ``--instance-id`` stands for."""
    if instance_id is None:
        return ""
    return f"{INSTANCE_LABEL}={instance_id}" if instance_id else f"!{INSTANCE_LABEL}"
